"""One searcher on one split, in numbers: the only place where it meets the test queries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from scipy import sparse

from recsys.dataset import Array, read_only
from recsys.evaluation import graded_metrics
from recsys.evaluation.graded_metrics import GradedLists
from recsys.evaluation.query_pairs import Pairs, per_query, threshold
from recsys.evaluation.query_split import QuerySplit
from recsys.evaluation.ranking import ScoreError
from recsys.evaluation.retrieval_protocol import Retrieval
from recsys.features.top_k import top
from recsys.retriever import Searcher
from recsys.task import Block, Keep, Measurement
from recsys.texts import Corpus
from recsys.timing import Seconds, Stopwatch

CHUNK = 1 << 21
"""Scores held at a time."""


@dataclass(frozen=True, slots=True)
class Found:
    """The first items of each query, best first: items int (m, depth), scores float32 (m, depth)."""

    items: Array
    scores: Array


def measure(split: QuerySplit, protocol: Retrieval, searcher: Searcher, keep: Keep | None = None) -> Measurement:
    """Ranks all items for each test query, and classifies the pairs. Units are queries, predictions `Found`.

    keep   takes each block as it comes; None: all stay in the measurement

    Raises `ScoreError` on scores of the wrong shape or not a number.
    """
    timed = _Timed(searcher, len(split.test.items))
    limit = _threshold(split.train.validation, split.validation_pairs, timed)
    tie_order = np.random.default_rng(split.seed).permutation(len(split.test.items))
    cutoffs = np.array(protocol.cutoffs)
    sums: dict[str, Array] = {}
    counts: dict[str, Array] = {}
    blocks: list[Block] = []
    rank_s = Seconds(0.0, 0.0)
    for rows, scores in timed.blocks(split.test):
        watch = Stopwatch()
        values, found = _of_block(split.test, rows, scores, tie_order, cutoffs)
        values |= _of_pairs(split.test_pairs, rows, scores, limit)
        for name, value in values.items():
            sums[name] = sums.get(name, 0) + np.nansum(value, axis=0)
            counts[name] = counts.get(name, 0) + (~np.isnan(value)).sum(axis=0)
        rank_s += watch.read()
        (blocks.append if keep is None else keep)(Block(split.queries[rows], MappingProxyType(values), found))
    means = {name: total / counts[name] for name, total in sums.items()}
    return Measurement(
        protocol=protocol,
        curves=MappingProxyType({name: mean for name, mean in means.items() if mean.ndim}),
        numbers=MappingProxyType({name: float(mean) for name, mean in means.items() if not mean.ndim}),
        score_s=timed.seconds,
        rank_s=rank_s,
        blocks=tuple(blocks),
    )


def _of_block(
    test: Corpus, rows: Array, scores: Array, tie_order: Array, cutoffs: Array
) -> tuple[dict[str, Array], Found]:
    """scores: float (m, n_items), of the queries of these rows."""
    of_rows = np.isin(test.query, rows)
    shape = len(rows), len(test.items)
    columns = test.query[of_rows] - rows[0], test.item[of_rows]
    grades = sparse.csr_matrix((test.grade[of_rows], columns), shape).toarray()
    depth = int(cutoffs[-1])
    listed = min(depth, shape[1])
    items = top(scores, tie_order, listed)
    lists = GradedLists(
        _padded(np.take_along_axis(grades, items, axis=1), depth),
        _padded(-np.sort(-grades, axis=1)[:, :listed], depth),
        (grades > 0).sum(axis=1),
    )
    values = {
        "ndcg": graded_metrics.ndcg(lists, cutoffs),
        "recall": graded_metrics.recall(lists, cutoffs),
        "hit_rate": graded_metrics.hit_rate(lists, cutoffs),
        "mrr": graded_metrics.reciprocal_rank(scores, grades, tie_order),
    }
    best = np.take_along_axis(scores, items, axis=1).astype(np.float32)
    return values, Found(read_only(items.astype(np.int32)), read_only(best))


def _of_pairs(pairs: Pairs, rows: Array, scores: Array, limit: float) -> dict[str, Array]:
    of_block = pairs.of_queries(rows)
    return per_query(of_block, scores[of_block.query, of_block.item] >= limit, len(rows))


def _threshold(validation: Corpus, pairs: Pairs, timed: _Timed) -> float:
    found = np.empty(len(pairs.query), np.float64)
    for rows, scores in timed.blocks(validation):
        own = np.isin(pairs.query, rows)
        found[own] = scores[pairs.query[own] - rows[0], pairs.item[own]]
    return threshold(pairs, found)


def _padded(grades: Array, depth: int) -> Array:
    """To lists of `depth`, of fewer items."""
    return np.pad(grades.astype(np.float64), ((0, 0), (0, int(depth - grades.shape[1]))))


class _Timed:
    """A searcher that adds up how long it took, and whose scores are checked."""

    def __init__(self, searcher: Searcher, items: int) -> None:
        self.searcher, self.items, self.seconds = searcher, items, Seconds(0.0, 0.0)

    def blocks(self, corpus: Corpus) -> Iterator[tuple[Array, Array]]:
        """Row numbers of queries, and their scores; a block at a time."""
        step = max(1, CHUNK // self.items)
        for start in range(0, len(corpus.queries), step):
            yield (
                np.arange(start, min(start + step, len(corpus.queries))),
                self._scores(corpus.query_texts[start : start + step]),
            )

    def _scores(self, queries: Sequence[str]) -> Array:
        watch = Stopwatch()
        scores = self.searcher.scores(queries)
        self.seconds += watch.read()
        if scores.shape != (len(queries), self.items):
            raise ScoreError(f"expected scores of shape {(len(queries), self.items)}, got {scores.shape}")
        if not np.isfinite(scores).all():
            wrong = int((~np.isfinite(scores)).sum())
            raise ScoreError(f"expected finite scores, got {wrong} of {scores.size} that are not")
        return scores
