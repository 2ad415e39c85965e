"""From scores to lists: candidates, items already seen, ties, top K. The only place that removes seen items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from recsys.dataset import Array, DataError, Dataset, read_only
from recsys.evaluation.protocols import Protocol
from recsys.evaluation.splits import Split
from recsys.recommender import Objective, Scorer

CHUNK = 1 << 21
"""Scores held at a time: the grid of all users and items never stands in memory whole."""


@dataclass(frozen=True, slots=True)
class Rankings:
    """The best items of each evaluated user, best first.

    users        int32 (m,)        ascending row numbers
    items        int32 (m, depth)  -1 where the user has fewer candidates than depth
    scores       float32 (m, depth)
    candidates   int32 (m,)        how many items competed
    """

    users: Array
    items: Array
    scores: Array
    candidates: Array


class ScoreError(ValueError):
    """A scorer gave something that cannot be ranked."""


def rank(split: Split, protocol: Protocol, scorer: Scorer) -> Rankings:
    """The lists that `scorer` gives the users who have a held-out rating and a candidate.

    Equal scores are ordered by a permutation drawn from the split's seed, never by item id, which MovieLens gave out in
    an order that tells popularity. Raises `ScoreError` on scores of the wrong shape or not a number.
    """
    items = len(split.train.items)
    tie_order = np.random.default_rng(split.seed).permutation(items)  # of each item in the tie order
    if protocol.candidates == "held_out":
        return _held_out(split.test, protocol, scorer, tie_order)
    return _unseen(split, protocol, scorer, tie_order)


def recommend(train: Dataset, scorer: Scorer, user: Any, k: int = 10, objective: Objective = "implicit") -> Array:
    """(k,) ids of the items that the user has not rated in train, best first; fewer where fewer are left.

    user   an id of the data set; raises `DataError` on an unknown one. Equal scores keep the catalogue's order.
    """
    (row,) = train.users.rows([user])
    if row < 0:
        raise DataError(f"{train.name}: expected the id of a user, such as {train.users.ids[0]}, got {user!r}")
    interactions = train.interactions
    scores = _checked(scorer.grid(np.array([row]), objective), (1, len(train.items)))[0].astype(np.float64)
    scores[interactions.item[interactions.user == row]] = -np.inf
    best = np.argsort(-scores, kind="stable")[:k]
    return train.items.ids[best[np.isfinite(scores[best])]]


def _held_out(test: Dataset, protocol: Protocol, scorer: Scorer, tie_order: Array) -> Rankings:
    user, item = test.interactions.user, test.interactions.item
    scores = held_out_scores(test, protocol.objective, scorer)
    order = np.lexsort((tie_order[item], -scores, user))
    users, start, candidates = np.unique(user[order], return_index=True, return_counts=True)
    rank = np.arange(len(order)) - np.repeat(start, candidates)
    row = np.repeat(np.arange(len(users)), candidates)
    kept = rank < protocol.depth
    lists = np.full((len(users), protocol.depth), -1, np.int32)
    values = np.full(lists.shape, -np.inf, np.float32)
    lists[row[kept], rank[kept]] = item[order][kept]
    values[row[kept], rank[kept]] = scores[order][kept]
    return Rankings(read_only(users), read_only(lists), read_only(values), read_only(candidates.astype(np.int32)))


def held_out_scores(test: Dataset, objective: Objective, scorer: Scorer) -> Array:
    """float (n,): the scores of the test rows, checked."""
    return _checked(scorer.pairs(test.interactions.user, test.interactions.item, objective), (len(test.interactions),))


def _unseen(split: Split, protocol: Protocol, scorer: Scorer, tie_order: Array) -> Rankings:
    train = split.train
    shape = (len(train.users), len(train.items))
    seen = sparse.csr_matrix(
        (np.ones(len(train.interactions), bool), (train.interactions.user, train.interactions.item)), shape
    )
    users = np.unique(split.test.interactions.user)
    candidates = (shape[1] - np.diff(seen.indptr)[users]).astype(np.int32)
    users, candidates = users[candidates > 0], candidates[candidates > 0]
    item_at = np.argsort(tie_order)  # the item at each place of the tie order
    depth = min(protocol.depth, shape[1])
    lists = np.full((len(users), protocol.depth), -1, np.int32)
    values = np.full(lists.shape, -np.inf, np.float32)
    step = max(1, CHUNK // shape[1])
    for start in range(0, len(users), step):
        chunk = slice(start, start + step)
        scores = _checked(scorer.grid(users[chunk], protocol.objective), (len(users[chunk]), shape[1]))
        masked = np.where(seen[users[chunk]].toarray(), -np.inf, scores)[:, item_at]
        best = _top(masked, depth)
        lists[chunk, :depth] = item_at[best]
        values[chunk, :depth] = np.take_along_axis(masked, best, axis=1)
    beyond = np.arange(protocol.depth) >= candidates[:, None]
    lists[beyond] = -1
    values[beyond] = -np.inf
    return Rankings(read_only(users), read_only(lists), read_only(values), read_only(candidates))


def _top(scores: Array, depth: int) -> Array:
    """int (m, depth): columns of each row's highest scores, highest first, equal ones in the order of the columns.

    Sorts only the scores that reach the depth-th highest of their row.
    """
    lowest = np.partition(scores, -depth, axis=1)[:, -depth, None]
    reach = scores >= lowest
    tied = np.flatnonzero(reach.sum(axis=1) > depth)
    if len(tied):  # of those that equal the lowest, the first ones
        equal = scores[tied] == lowest[tied]
        above = reach[tied] & ~equal
        room = depth - above.sum(axis=1, keepdims=True)
        reach[tied] = above | (equal & (np.cumsum(equal, axis=1) <= room))
    columns = np.nonzero(reach)[1].reshape(len(scores), depth)
    order = np.argsort(-np.take_along_axis(scores, columns, axis=1), axis=1, kind="stable")
    return np.take_along_axis(columns, order, axis=1)


def _checked(scores: Array, shape: tuple[int, ...]) -> Array:
    if scores.shape != shape:
        raise ScoreError(f"expected scores of shape {shape}, got {scores.shape}")
    if not np.isfinite(scores).all():
        raise ScoreError(f"expected finite scores, got {(~np.isfinite(scores)).sum()} of {scores.size} that are not")
    return scores
