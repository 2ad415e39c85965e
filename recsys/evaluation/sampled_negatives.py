"""The candidates of `protocol=sampled`: a user's held-out items, and items drawn from those that are not rated.

All models, and all scorers of one split, see the same ones: a user's are drawn from the split's seed and the user's row
alone, whoever else is measured. They are drawn uniformly and without replacement from the items that the user rated
neither in train nor in test; where there are no more than are asked for, all of them compete.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from recsys.dataset import Array
from recsys.evaluation.splits import Split

STREAM = 1
"""The seeds drawn here are no other's: 0 is that of `recsys.evaluation.splits.of_some_users`."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """held_out, rated: bool sparse (n_users, n_items), of test, and of train or test; n: negatives of each user."""

    held_out: Any
    rated: Any
    seed: int
    n: int

    @classmethod
    def of(cls, split: Split, negatives: int) -> Candidates:
        shape = (len(split.train.users), len(split.train.items))
        held_out, train = (
            sparse.csr_matrix((np.ones(len(rows), bool), (rows.user, rows.item)), shape)
            for rows in (split.test.interactions, split.train.interactions)
        )
        rated = held_out + train
        rated.sort_indices()
        return cls(held_out, rated, split.seed, negatives)

    def pairs(self, users: Array) -> tuple[Array, Array]:
        """user, item: int32 (n,), one for each candidate of each of these users."""
        items = [np.concatenate([self._row(self.held_out, user), self.negatives(user)]) for user in users.tolist()]
        return np.repeat(users, [len(row) for row in items]), np.concatenate(items).astype(np.int32)

    def negatives(self, user: int) -> Array:
        """int64 (at most n,), distinct."""
        rated = self._row(self.rated, user)
        left = self.rated.shape[1] - len(rated)
        if left <= self.n:
            drawn = np.arange(left)
        else:
            rng = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(STREAM, user)))
            drawn = rng.choice(left, self.n, replace=False, shuffle=False)
        # Unrated item number d stands behind as many rated ones as have at most d unrated ones before them.
        return drawn + np.searchsorted(rated - np.arange(len(rated)), drawn, side="right")

    @staticmethod
    def _row(matrix: Any, user: int) -> Array:
        return matrix.indices[matrix.indptr[user] : matrix.indptr[user + 1]]
