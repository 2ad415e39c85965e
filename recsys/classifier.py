"""What a model that finds a text's categories is: hyperparameters that, fitted to labelled texts, give a predictor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np

from recsys.dataset import Array, DataError
from recsys.texts import LabelledTexts, TrainSet

Labelled: TypeAlias = TrainSet[LabelledTexts]
Views: TypeAlias = Mapping[str, Sequence[str]]
"""Name of a view -> one text an example; '' where it is missing. A view that is not there is missing in all of them."""


@dataclass(frozen=True, slots=True)
class Predicted:
    """scores float (n, c), higher is likelier; labels bool (n, c): the categories that are predicted, one or more."""

    scores: Array
    labels: Array

    @classmethod
    def of(cls, scores: Array, several: bool, above: float) -> Predicted:
        """The category of the highest score, the first of equal ones; several: all those whose scores are above
        `above` as well."""
        labels = np.zeros(scores.shape, bool)
        labels[np.arange(len(scores)), scores.argmax(axis=1)] = True
        return cls(scores, labels | (scores > above) if several else labels)


@runtime_checkable
class CategoryPredictor(Protocol):
    """What was learned; immutable."""

    @property
    def categories(self) -> tuple[str, ...]:
        """The names of the columns of what `predict` gives."""
        ...

    @property
    def views(self) -> tuple[str, ...]:
        """Those that are read."""
        ...

    def predict(self, views: Views) -> Predicted:
        """A text's categories do not depend on the other texts."""
        ...


@runtime_checkable
class Classifier(Protocol):
    """A frozen dataclass of hyperparameters."""

    def fit(self, labelled: Labelled, seed: int) -> CategoryPredictor:
        """Learns from `labelled` alone; the same texts and seed give the same categories."""
        ...


def chosen(views: tuple[str, ...] | None, texts: LabelledTexts) -> tuple[str, ...]:
    """The views that a model reads; None: all that there are. Raises `DataError` on another name, on one named twice,
    and where no text of train has a word in any of them."""
    names = tuple(texts.views) if views is None else views
    if not names or len(set(names)) < len(names) or not set(names) <= set(texts.views):
        raise DataError(
            f"{texts.name}: expected model.views of {', '.join(texts.views)}, each once, got "
            f"{', '.join(names) or 'none'}; correct it"
        )
    if not any(text.strip() for name in names for text in texts.views[name]):
        raise DataError(
            f"{texts.name}: expected texts to learn from in {', '.join(names)}, got empty ones alone; choose other "
            "views"
        )
    return names


def columns(views: Views, names: Sequence[str]) -> list[Sequence[str]]:
    """The texts of each view; empty ones of a view that is not there. Raises `DataError` where none of them is."""
    if not set(names) & set(views):
        raise DataError(f"expected texts of {', '.join(names)}, got {', '.join(views) or 'none'}; rename the views")
    count = len(next(iter(views.values())))
    return [views.get(name, ("",) * count) for name in names]
