"""Random scores: the lower bound of every table."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import Array, Dataset
from recsys.recommender import Objective, pairs_from_grid


@dataclass(frozen=True, slots=True)
class RandomScorer:
    """Scores drawn anew from (seed, user), so that a user's scores do not depend on who else is scored."""

    seed: int
    n_items: int
    probabilities: Collection[Objective] = ()

    def grid(self, users: Array, objective: Objective) -> Array:
        return np.stack([np.random.default_rng([self.seed, user]).random(self.n_items, np.float32) for user in users])

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        return pairs_from_grid(lambda distinct: self.grid(distinct, objective), users, items)


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Random:
    """Uniform scores."""

    def fit(self, train: Dataset, seed: int) -> RandomScorer:
        return RandomScorer(seed, len(train.items))
