"""Each user's events in the order of time: what a sequence model reads."""

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
    """Events user by user, oldest first; equal times keep the log's order.

    item     int32 (n,)
    rating   int32 (n,)            1 + the rating's place among the levels; 0 is kept for 'not known'
    time     int64 (n,)
    start    int64 (n_users + 1,)  where each user's events begin
    levels   float32 (r,)          the ratings there are, ascending
    items    of the data set
    """

    item: Array
    rating: Array
    time: Array
    start: Array
    levels: Array
    items: int

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
        """The same with a user's events of one time in a drawn order: it is not known which came first."""
        user = np.repeat(np.arange(len(self.start) - 1), self.lengths)
        order = np.lexsort((rng.random(len(user)), self.time, user))
        return Sequences(self.item[order], self.rating[order], self.time, self.start, self.levels, self.items)

    def rows(self, end: Array, size: Array, length: int) -> tuple[Array, Array, Array]:
        """item, rating, there: (b, length), the `size` events before each place `end`, oldest first, then padding."""
        column = np.arange(length)
        there = column < size[:, None]
        place = np.where(there, (end - size)[:, None] + column, 0)
        return np.where(there, self.item[place], 0), np.where(there, self.rating[place], 0), there

    def profiles(self, item: Array, rating: Array, seen: Array) -> Any:
        """Sparse float32 (b, items): the ratings of the events that are seen, of rows as `rows` gives them."""
        row, column = np.nonzero(seen)
        values = self.levels[rating[row, column] - 1].astype(np.float32)
        return sparse.csr_matrix((values, (row, item[row, column])), (len(item), self.items))


def padded(sizes: Array, most: int) -> Array:
    """Of each size the least of SHORTEST, twice that, four times that, ... that holds it, and `most` at most."""
    doublings = np.ceil(np.log2(np.maximum(sizes, SHORTEST) / SHORTEST)).astype(np.int64)
    return np.minimum(SHORTEST << doublings, most)
