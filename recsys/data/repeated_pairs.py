"""Repeated pairs of user and item become one interaction each, by a stated rule."""

from __future__ import annotations

from typing import Literal

import numpy as np

from recsys.dataset import Array, Interactions

Rule = Literal["error", "last", "mean", "count"]
"""What becomes of the rows of a pair.

error: they are refused; last: the latest one stays, of equal times the last in the file; mean: it stays with the mean
of their ratings; count: it stays with their number as its rating.
"""


def first_repeated(interactions: Interactions, items: int) -> tuple[int, int] | None:
    """The first row whose pair was there before, and the row where it was; None: no pair is there twice."""
    if not interactions.repeats_a_pair(items):
        return None
    _, first, inverse = np.unique(_pairs(interactions, items), return_index=True, return_inverse=True)
    row = int(np.argmax(first[inverse] != np.arange(len(interactions))))
    return row, int(first[inverse[row]])


def merged(interactions: Interactions, items: int, rule: Literal["last", "mean", "count"]) -> Interactions:
    """One row for each pair, in the order of the rows that stay.

    items   their number
    """
    in_time = np.argsort(interactions.time, kind="stable")
    pair = _pairs(interactions, items)[in_time]
    by_pair = np.argsort(pair, kind="stable")  # the rows of a pair side by side, the latest one last
    ends = np.flatnonzero(np.diff(pair[by_pair], append=-1))
    rows = in_time[by_pair]
    kept, starts = rows[ends], np.r_[0, ends[:-1] + 1]
    counts = ends - starts + 1
    rating = interactions.rating[kept].astype(np.float64)
    if rule == "mean":
        rating = np.add.reduceat(interactions.rating[rows].astype(np.float64), starts) / counts
    elif rule == "count":
        rating = counts.astype(np.float64)
    order = np.argsort(kept)
    kept, rating = kept[order], rating[order]
    return Interactions.of(
        interactions.user[kept], interactions.item[kept], rating, interactions.time[kept], interactions.fold[kept]
    )


def _pairs(interactions: Interactions, items: int) -> Array:
    return interactions.user.astype(np.int64) * items + interactions.item
