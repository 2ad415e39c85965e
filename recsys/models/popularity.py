"""Recommends what most users rated, the same to everybody."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import Array, Dataset, read_only
from recsys.recommender import Objective


@dataclass(frozen=True, slots=True)
class ItemScorer:
    """One score an item, whoever asks; float32 (n_items,)."""

    scores: Array
    probabilities: Collection[Objective] = ()

    def grid(self, users: Array, objective: Objective) -> Array:
        return np.broadcast_to(self.scores, (len(users), len(self.scores)))

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        return self.scores[items]


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Popularity:
    """score(i) = the number of ratings of i in train, good or bad."""

    def fit(self, train: Dataset, seed: int) -> ItemScorer:
        return ItemScorer(
            read_only(np.bincount(train.interactions.item, minlength=len(train.items)).astype(np.float32))
        )
