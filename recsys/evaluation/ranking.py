"""From scores to lists: candidates, items already seen, ties, top K. The only place that removes seen items."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from recsys import thread_pool
from recsys.dataset import Array, DataError, Dataset, read_only
from recsys.evaluation import sampled_negatives
from recsys.evaluation.protocols import Protocol
from recsys.evaluation.splits import Split, distinct
from recsys.features.top_k import top
from recsys.recommender import Objective, Scorer

BLOCK = 8192
"""Users whose lists are held at a time: what is measured of them goes on before the next ones are ranked."""
CHUNK = 1 << 21
"""Scores held at a time: the grid of all users and items never stands in memory whole."""
AT_LEAST = 48
"""Users whose scores are asked for at a time, also where a catalogue is so large that they are more than CHUNK: factor
models pad to this many, see `recsys.features.factors`."""
PARTS = 4
"""Parts of the users for each of several threads, at least: these end at about the same time."""


@dataclass(frozen=True, slots=True)
class Rankings:
    """The best items of some of the evaluated users, best first.

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


def rank(split: Split, protocol: Protocol, scorer: Scorer) -> Iterator[Rankings]:
    """The lists that `scorer` gives the users who have a held-out rating and a candidate, BLOCK users at a time.

    Equal scores are ordered by a permutation drawn from the split's seed, never by item id, which MovieLens gave out in
    an order that tells popularity. Whole catalogues are ranked in the threads of `recsys.thread_pool`, which call
    `scorer.grid` side by side. Raises `ScoreError` on scores of the wrong shape or not a number.
    """
    items = len(split.train.items)
    tie_order = np.random.default_rng(split.seed).permutation(items)  # of each item in the tie order
    if protocol.candidates == "held_out":
        return _held_out(split.test, protocol, scorer, tie_order)
    if protocol.negatives is not None:
        return _sampled(split, protocol, protocol.negatives, scorer, tie_order)
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


def _held_out(test: Dataset, protocol: Protocol, scorer: Scorer, tie_order: Array) -> Iterator[Rankings]:
    scores = held_out_scores(test, protocol.objective, scorer)
    return _of_pairs(test.interactions.user, test.interactions.item, scores, protocol, tie_order)


def _sampled(split: Split, protocol: Protocol, negatives: int, scorer: Scorer, tie_order: Array) -> Iterator[Rankings]:
    users, step = distinct(split.test.interactions.user), max(1, CHUNK // (negatives + 1))
    competing = sampled_negatives.Candidates.of(split, negatives)
    for at in range(0, len(users), step):
        user, item = competing.pairs(users[at : at + step])
        scores = _checked(scorer.pairs(user, item, protocol.objective), (len(user),))
        yield from _of_pairs(user, item, scores, protocol, tie_order)


def _of_pairs(user: Array, item: Array, scores: Array, protocol: Protocol, tie_order: Array) -> Iterator[Rankings]:
    """user, item, scores (n,): the candidates of some users, in any order."""
    order = np.lexsort((tie_order[item], -scores, user))
    everyone, first, counts = np.unique(user[order], return_index=True, return_counts=True)
    for at in range(0, len(everyone), BLOCK):
        users, start, candidates = (part[at : at + BLOCK] for part in (everyone, first, counts))
        rows = order[start[0] : start[-1] + candidates[-1]]
        rank = np.arange(len(rows)) - np.repeat(start - start[0], candidates)
        row = np.repeat(np.arange(len(users)), candidates)
        kept = rank < protocol.depth
        lists, values = _empty(len(users), protocol.depth)
        lists[row[kept], rank[kept]] = item[rows][kept]
        values[row[kept], rank[kept]] = scores[rows][kept]
        yield Rankings(read_only(users), read_only(lists), read_only(values), read_only(candidates.astype(np.int32)))


def held_out_scores(test: Dataset, objective: Objective, scorer: Scorer) -> Array:
    """float (n,): the scores of the test rows, checked."""
    return _checked(scorer.pairs(test.interactions.user, test.interactions.item, objective), (len(test.interactions),))


def _unseen(split: Split, protocol: Protocol, scorer: Scorer, tie_order: Array) -> Iterator[Rankings]:
    train = split.train
    shape = (len(train.users), len(train.items))
    seen = sparse.csr_matrix(
        (np.ones(len(train.interactions), bool), (train.interactions.user, train.interactions.item)), shape
    )
    users = distinct(split.test.interactions.user)
    candidates = (shape[1] - np.diff(seen.indptr)[users]).astype(np.int32)
    users, candidates = users[candidates > 0], candidates[candidates > 0]
    depth, step = min(protocol.depth, shape[1]), _step(len(users), shape[1])

    def best_of(chunk: Array) -> tuple[Array, Array]:
        given = _checked(scorer.grid(chunk, protocol.objective), (len(chunk), shape[1]))
        scores = np.array(given, np.result_type(given.dtype, np.float32))  # a copy, and no integers
        rated = seen[chunk]
        scores[np.repeat(np.arange(len(chunk)), np.diff(rated.indptr)), rated.indices] = -np.inf
        best = top(scores, tie_order, depth)
        return best, np.take_along_axis(scores, best, axis=1)

    with thread_pool.pool() as in_threads:
        for at in range(0, max(1, len(users)), BLOCK):
            block, competing = users[at : at + BLOCK], candidates[at : at + BLOCK]
            lists, values = _empty(len(block), protocol.depth)
            chunks = [slice(start, start + step) for start in range(0, len(block), step)]
            for rows, best in zip(chunks, in_threads(best_of, [block[rows] for rows in chunks]), strict=True):
                lists[rows, :depth], values[rows, :depth] = best
            beyond = np.arange(protocol.depth) >= competing[:, None]
            lists[beyond], values[beyond] = -1, -np.inf
            yield Rankings(*(read_only(part) for part in (block, lists, values, competing)))


def _step(n_users: int, n_items: int) -> int:
    """Users whose scores are asked for at a time: fewer where threads would else have none."""
    step, threads = CHUNK // n_items, thread_pool.allowed()
    return max(AT_LEAST, step if threads == 1 else min(step, n_users // (PARTS * threads)))


def _empty(users: int, depth: int) -> tuple[Array, Array]:
    """Lists without an item, and their scores."""
    return np.full((users, depth), -1, np.int32), np.full((users, depth), -np.inf, np.float32)


def _checked(scores: Array, shape: tuple[int, ...]) -> Array:
    if scores.shape != shape:
        raise ScoreError(f"expected scores of shape {shape}, got {scores.shape}")
    if not np.isfinite(scores).all():
        raise ScoreError(f"expected finite scores, got {(~np.isfinite(scores)).sum()} of {scores.size} that are not")
    return scores
