"""Random scores: the lower bound of every table."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import Array, Dataset
from recsys.recommender import Objective


@dataclass(frozen=True, slots=True)
class RandomScorer:
    """Scores drawn anew from (seed, user), so that a user's scores do not depend on who else is scored."""

    seed: int
    n_items: int
    probabilities: Collection[Objective] = ()

    def grid(self, users: Array, objective: Objective) -> Array:
        return np.stack([self._of_user(user) for user in users])

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        scores = np.empty(len(users), np.float32)
        order = np.argsort(users, kind="stable")
        distinct, start = np.unique(users[order], return_index=True)
        for user, rows in zip(distinct, np.split(order, start[1:]), strict=False):
            scores[rows] = self._of_user(user)[items[rows]]  # one user's at a time: all would be users x items
        return scores

    def _of_user(self, user: int) -> Array:
        """float32 (n_items,)."""
        return np.random.default_rng([self.seed, user]).random(self.n_items, np.float32)


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Random:
    """Uniform scores."""

    def fit(self, train: Dataset, seed: int) -> RandomScorer:
        return RandomScorer(seed, len(train.items))
