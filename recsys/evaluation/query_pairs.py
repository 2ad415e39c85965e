"""Pairs of a query and an item, to be classified as relevant or not: each query's relevant items and hard negatives."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from recsys.dataset import Array, read_only
from recsys.text.bm25 import K1, B, Bm25Index
from recsys.texts import Corpus

CHUNK = 1 << 21
"""Scores held at a time."""
HARD = 0.3
"""The share of the unrelated items, those most similar to the query, that hard negatives are of (Jin 2025)."""
WORDS = (
    f"of each query, its relevant items and as many hard negatives, spread evenly over the {HARD:.0%} of the unrelated "
    f"items with the highest BM25 (k1 {K1:g}, b {B:g}, no stemming) of title and text, "
    "equal ones in a fixed random order"
)
"""Which pairs these are, for stamps."""
LOW = "relevant pairs whose BM25 is not above that of a third of the relevant pairs of all test queries"
"""Which pairs are of low similarity, for stamps."""
THRESHOLD = "of the scores of the validation queries' pairs, the one of the highest pair_accuracy"


@dataclass(frozen=True, slots=True)
class Pairs:
    """query, item: int32 (n,), row numbers of a corpus, by query; positive, low: bool (n,), see WORDS and LOW."""

    query: Array
    item: Array
    positive: Array
    low: Array

    @classmethod
    def of(cls, corpus: Corpus, index: Bm25Index) -> Pairs:
        """See WORDS; fewer hard negatives where there are not as many unrelated items."""
        order = np.argsort(corpus.query, kind="stable")
        counts = np.bincount(corpus.query, minlength=len(corpus.queries))
        relevant = np.split(corpus.item[order], np.cumsum(counts)[:-1])
        places = np.random.default_rng(0).permutation(len(corpus.items))  # of equal scores; the same for all splits
        step = max(1, CHUNK // len(corpus.items))
        parts: list[tuple[Array, Array, Array, Array]] = []
        for start in range(0, len(relevant), step):
            scores = index.scores(corpus.query_texts[start : start + step])
            for row, own in enumerate(relevant[start : start + step]):
                negatives = _hard(scores[row], own, places)
                items = np.concatenate([own, negatives])
                positive = np.arange(len(items)) < len(own)
                parts.append((np.full(len(items), start + row), items, positive, scores[row][items]))
        query, item, positive, bm25 = (np.concatenate(column) for column in zip(*parts, strict=True))
        low = positive & (bm25 <= _third(bm25[positive]))
        return cls(*map(read_only, (query.astype(np.int32), item.astype(np.int32), positive, low)))

    def of_queries(self, rows: Array) -> Pairs:
        """Those of consecutive queries, which are numbered from 0 then."""
        own = np.isin(self.query, rows)
        return Pairs(self.query[own] - rows[0], self.item[own], self.positive[own], self.low[own])

    @property
    def digest(self) -> str:
        """SHA-256 of the pairs, 16 hexadecimal digits."""
        columns = np.stack([self.query.astype("<i8"), self.item.astype("<i8"), self.positive.astype("<i8")])
        return hashlib.sha256(columns.tobytes()).hexdigest()[:16]


def _third(values: Array) -> float:
    """The one that a third of the values, rounded up, are not above."""
    return float(np.sort(values)[(len(values) - 1) // 3])


def _hard(scores: Array, relevant: Array, places: Array) -> Array:
    """int (m,): see WORDS; scores: float (n_items,), places: int (n_items,), the order of equal ones."""
    order = np.lexsort((places, -scores))
    unrelated = order[~np.isin(order, relevant)]
    count = min(len(relevant), len(unrelated))
    similar = unrelated[: max(count, round(HARD * len(unrelated)))]
    return similar[((np.arange(count) + 0.5) * len(similar) / max(count, 1)).astype(int)]


def threshold(pairs: Pairs, scores: Array) -> float:
    """The t at which `s >= t` is right for most pairs, each query counting the same; the lowest one of equals.

    scores   float (n,), of the pairs. Between two scores t is half way; -inf and inf call all or none relevant.
    """
    order = np.argsort(scores, kind="stable")
    score, positive = scores[order].astype(np.float64), pairs.positive[order]
    weight = 1 / np.bincount(pairs.query)[pairs.query[order]]
    below = np.append(0, np.cumsum(np.where(positive, -weight, weight)))  # what is gained by calling the first k not so
    new = np.concatenate([[True], score[1:] > score[:-1], [True]])
    place = np.flatnonzero(new)[int(np.argmax(below[new].round(12)))]
    if place == 0:
        return -np.inf
    return np.inf if place == len(score) else float(score[place - 1] + score[place]) / 2


def per_query(pairs: Pairs, called: Array, queries: int) -> dict[str, Array]:
    """Name -> float (queries,); called: bool (n,), whether a pair was called relevant. Counted over a query's pairs,

        pair_accuracy = (TP + TN) / all    pair_precision = TP / (TP + FP)    pair_recall = TP / (TP + FN)
        pair_f1 = 2 TP / (2 TP + FP + FN)
        pair_recall_low_bm25: the recall over the pairs of low similarity; NaN where a query has none

    The precision of a query of which no pair was called relevant is 0, as its F1 is.
    """

    def count(mask: Array) -> Array:
        return np.bincount(pairs.query[mask], minlength=queries).astype(float)

    found, relevant, chosen = count(called & pairs.positive), count(pairs.positive), count(called)
    low = count(pairs.low)
    return {
        "pair_accuracy": count(called == pairs.positive) / np.bincount(pairs.query, minlength=queries),
        "pair_precision": found / np.maximum(chosen, 1),
        "pair_recall": found / relevant,
        "pair_f1": 2 * found / (relevant + chosen),
        "pair_recall_low_bm25": count(called & pairs.low) / np.where(low, low, np.nan),
    }
