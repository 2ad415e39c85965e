"""What every table of categories stands beside: the most frequent category, and categories drawn by their shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recsys.classifier import CategoryPredictor, Predicted, Views
from recsys.dataset import Array
from recsys.evaluation.classify_protocol import CategoryMatch
from recsys.evaluation.parted_split import TextSplit


@dataclass(frozen=True, slots=True)
class Shares:
    """Knows how large a share of the training texts has each category, and reads nothing.

    several   whether texts have several categories each
    seed      of the draw of one category, or, where there are several, of each by itself; None: the most frequent one
    """

    categories: tuple[str, ...]
    views: tuple[str, ...]
    shares: Array
    several: bool = False
    seed: int | None = None

    def predict(self, views: Views) -> Predicted:
        shape = len(next(iter(views.values()))), len(self.shares)
        if self.seed is None:
            return Predicted.of(np.broadcast_to(self.shares, shape), several=False, above=1)
        chance = np.random.default_rng(self.seed).random(shape)
        if self.several:
            return Predicted.of(self.shares - chance, several=True, above=0)
        with np.errstate(divide="ignore"):  # a category that train does not have
            return Predicted.of(np.log(self.shares) - np.log(-np.log(chance)), several=False, above=0)  # Gumbel's trick


def references(split: TextSplit, protocols: Sequence[CategoryMatch]) -> Mapping[str, Mapping[str, CategoryPredictor]]:
    """Name -> protocol name -> predictor."""
    train = split.train.train
    known = train.categories, tuple(train.views), train.labels.mean(axis=0), train.several
    predictors = {"majority": Shares(*known), "random_by_share": Shares(*known, split.seed)}
    return {name: {part.name: predictor for part in protocols} for name, predictor in predictors.items()}
