"""What classifiers on TF-IDF share: the vectors, the targets, and scores that are linear in the vectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeAlias

import numpy as np
from annotated_types import Ge
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.classifier import Labelled, Predicted, Views, chosen
from recsys.dataset import Array, DataError, Vocabulary, read_only
from recsys.text.view_tfidf import ViewTfIdf
from recsys.texts import LabelledTexts

Linear: TypeAlias = Callable[[Any, Array], tuple[Array, Array]]
"""Vectors (n, V) and the numbers of their classes (n,), 0 to c - 1 -> weights (c, V) and bias (c,); for two classes
(1, V) and (1,), of the second one."""


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Features:
    """views        those that are read; None: all
    joined       false: a TF-IDF of each view by itself
    words        of each TF-IDF
    validation   learn from the validation texts, too, by which networks choose when to stop
    """

    views: tuple[str, ...] | None = None
    joined: bool = True
    words: Annotated[int, Ge(1)] = 6000
    validation: bool = False

    def learned(self, labelled: Labelled) -> LabelledTexts:
        """The texts to learn from."""
        train, more = labelled.train, labelled.validation
        if not self.validation:
            return train
        return replace(
            train,
            ids=Vocabulary.of(np.concatenate([train.ids.ids, more.ids.ids])),
            views={view: (*texts, *more.views[view]) for view, texts in train.views.items()},
            labels=read_only(np.concatenate([train.labels, more.labels])),
        )

    def of(self, train: LabelledTexts) -> ViewTfIdf:
        return ViewTfIdf.fit(train.views, chosen(self.views, train), self.joined, self.words)


@dataclass(frozen=True, slots=True)
class LinearCategories:
    """score_k = w_k x + b_k, of a category that train does not have -inf. Texts with several categories have those
    whose scores are above 0, or the highest."""

    vectors: ViewTfIdf
    categories: tuple[str, ...]
    weights: Array
    bias: Array
    several: bool

    @property
    def views(self) -> tuple[str, ...]:
        return self.vectors.views

    def predict(self, views: Views) -> Predicted:
        scores = np.asarray(self.vectors.vectors(views) @ self.weights.T + self.bias)
        return Predicted.of(scores, self.several, above=0)


def fit_linear(features: Features, labelled: Labelled, solve: Linear) -> LinearCategories:
    """One model of all categories, or, where texts have several, one of each against the others."""
    train = features.learned(labelled)
    vectors = features.of(train)
    found: Any = vectors.vectors(train.views)
    there = trained(train)
    weights = np.zeros((len(train.categories), found.shape[1]), np.float32)
    bias = np.full(len(train.categories), -np.inf, np.float32)
    if train.several:
        for category in there[~train.labels[:, there].all(axis=0)].tolist():
            weights[[category]], bias[[category]] = solve(found, train.labels[:, category].astype(int))
        bias[train.labels.all(axis=0)] = np.inf
    else:
        own, offset = solve(found, train.labels[:, there].argmax(axis=1))
        if len(there) == 2:
            own, offset = np.concatenate([-own, own]), np.concatenate([-offset, offset])
        weights[there], bias[there] = own, offset
    return LinearCategories(vectors, train.categories, read_only(weights), read_only(bias), train.several)


def trained(train: LabelledTexts) -> Array:
    """int: the categories that train has; raises `DataError` where it is one."""
    there = np.flatnonzero(train.labels.any(axis=0))
    if len(there) < 2:
        raise DataError(f"{train.name}: expected texts of two categories or more to learn from, got one")
    return there
