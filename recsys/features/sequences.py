"""Each user's events in chronological order: the input of a sequence model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from recsys.dataset import Array, Interactions

SHORTEST = 16
"""The shortest padded length."""


@dataclass(frozen=True, slots=True)
class Sequences:
    """Events user by user, oldest first; events of the same time keep the log's order.

    item      int32 (n,)
    rating    int32 (n,)            1 + the rating's index among the levels; 0 stands for an unknown rating
    time      int64 (n,)
    start     int64 (n_users + 1,)  index of each user's first event
    levels    float32 (r,)          the distinct ratings, ascending
    n_items   of the data set
    """

    item: Array
    rating: Array
    time: Array
    start: Array
    levels: Array
    n_items: int

    @classmethod
    def of(cls, interactions: Interactions, n_users: int, n_items: int, levels: Array) -> Sequences:
        order = np.lexsort((interactions.time, interactions.user))
        start = np.concatenate([[0], np.cumsum(np.bincount(interactions.user, minlength=n_users))])
        rating = 1 + np.searchsorted(levels, interactions.rating[order])
        return cls(interactions.item[order], rating.astype(np.int32), interactions.time[order], start, levels, n_items)

    @property
    def lengths(self) -> Array:
        """int64 (n_users,)."""
        return np.diff(self.start)

    def shuffled(self, rng: np.random.Generator) -> Sequences:
        """The same, with each user's events of the same time in random order: which came first is not known."""
        user = np.repeat(np.arange(len(self.start) - 1), self.lengths)
        order = np.lexsort((rng.random(len(user)), self.time, user))
        return Sequences(self.item[order], self.rating[order], self.time, self.start, self.levels, self.n_items)

    def windows(self, end: Array, size: Array, length: int) -> tuple[Array, Array, Array]:
        """item, rating, event_mask: (b, length), the `size` events before each index `end`, oldest first, then padding.

        event_mask   bool, False at padding
        """
        column = np.arange(length)
        event_mask = column < size[:, None]
        index = np.where(event_mask, (end - size)[:, None] + column, 0)
        return np.where(event_mask, self.item[index], 0), np.where(event_mask, self.rating[index], 0), event_mask

    def profiles(self, item: Array, rating: Array, mask: Array) -> Any:
        """Sparse float32 (b, n_items): the ratings of the events where `mask` is True, of rows as from `windows`."""
        row, column = np.nonzero(mask)
        values = self.levels[rating[row, column] - 1].astype(np.float32)
        return sparse.csr_matrix((values, (row, item[row, column])), (len(item), self.n_items))


def padded_lengths(sizes: Array, max_length: int) -> Array:
    """For each size, the least of SHORTEST, twice that, four times that, ... that holds it; at most `max_length`."""
    doublings = np.ceil(np.log2(np.maximum(sizes, SHORTEST) / SHORTEST)).astype(np.int64)
    return np.minimum(SHORTEST << doublings, max_length)
