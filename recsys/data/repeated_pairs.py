"""Pairs of user and item that are there twice: found, refused, or made one interaction by a stated rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, TypeAlias

import numpy as np

from recsys.dataset import Array, DataError, Interactions, Vocabulary, read_only

Where: TypeAlias = Callable[[int], str]
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


def expect_distinct_pairs(interactions: Interactions, users: Vocabulary, items: Vocabulary, where: Where) -> None:
    """Raises `DataError` where a user has an item twice; where: the place of a row, for the message."""
    found = first_repeated(interactions, len(items))
    if found is not None:
        row, earlier = found
        user, item = users.ids[interactions.user[row]], items.ids[interactions.item[row]]
        raise DataError(
            f"{where(row)}: expected each item once for a user, got user {user} and item {item} again after "
            f"{where(earlier)}; keep one of the two"
        )


def merged(interactions: Interactions, items: int, rule: Literal["last", "mean", "count"]) -> Interactions:
    """One row for each pair, in the order of the rows that stay.

    items   their number
    """
    pair = _pairs(interactions, items)
    rows = _repeated(pair)
    rows = rows[np.lexsort((interactions.time[rows], pair[rows]))]  # those of a pair side by side, the latest one last
    ends = np.flatnonzero(np.diff(pair[rows], append=-1))
    counts, latest = np.diff(ends, prepend=-1), rows[ends]
    rating = np.ones(len(pair)) if rule == "count" else interactions.rating.astype(np.float64)
    if rule == "count":
        rating[latest] = counts
    elif rule == "mean":
        rating[latest] = np.bincount(np.repeat(np.arange(len(ends)), counts), rating[rows]) / counts
    stays = np.ones(len(pair), bool)
    stays[rows] = False
    stays[latest] = True
    return replace(interactions, rating=read_only(rating.astype(np.float32))).take(stays)


def _repeated(pair: Array) -> Array:
    """The rows of pairs that have several, ascending."""
    ordered = np.sort(pair)
    several = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if not len(several):
        return np.zeros(0, np.int64)
    nearest = np.minimum(np.searchsorted(several, pair), len(several) - 1)
    return np.flatnonzero(several[nearest] == pair)


def _pairs(interactions: Interactions, items: int) -> Array:
    return interactions.user.astype(np.int64) * items + interactions.item
