"""BM25, which matches words, and another model, which matches what words mean, in one order.

    weighted   z_bm25(q, i) + w z_other(q, i), z: each query's scores less their mean, over their standard deviation
    rrf        1 / (k + rank_bm25(q, i)) + 1 / (k + rank_other(q, i)), reciprocal rank fusion, ranks from 1

Cormack, Clarke and Buettcher 2009, Reciprocal Rank Fusion outperforms Condorcet and Individual Rank Learning Methods,
SIGIR.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Gt, Le, MinLen
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked
from scipy.stats import rankdata

from recsys.dataset import Array
from recsys.retriever import Judged, Retriever, Searcher
from recsys.task import TaskName
from recsys.text.bm25 import K1, B, Bm25Index
from recsys.texts import Corpus

Fusion = Literal["weighted", "rrf"]
WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0)
DEPTH = 10
"""The K of the nDCG by which the weight is chosen."""
CHUNK = 256
"""Validation queries whose scores are held at a time."""


@checked(frozen=True, config=ConfigDict(extra="forbid", arbitrary_types_allowed=True))
class Hybrid:
    """retriever        the other model; what it learns, it learns from the same train and validation queries
    fusion           see above
    weights          of its scores: the one with the highest mean nDCG@10 over the validation queries is taken, the
                     first of equal ones
    k                of rrf
    k1, b, stemmer   as of `bm25_query`
    """

    tasks: ClassVar[tuple[TaskName, ...]] = ("retrieve",)
    retriever: Retriever
    fusion: Fusion = "weighted"
    weights: Annotated[tuple[Annotated[float, Ge(0)], ...], MinLen(1)] = WEIGHTS
    k: Annotated[float, Gt(0)] = 60
    k1: Annotated[float, Gt(0)] = K1
    b: Annotated[float, Ge(0), Le(1)] = B
    stemmer: str | None = "english"

    def fit(self, judged: Judged, seed: int) -> HybridSearch:
        words = Bm25Index.of(judged.train.documents, self.k1, self.b, self.stemmer)
        other = self.retriever.fit(judged, seed)
        searcher = HybridSearch(words, other, self.fusion, 1.0, self.k)
        if self.fusion == "rrf":
            return searcher
        return replace(searcher, weight=_best_weight(judged.validation, words, other, self.weights))


@dataclass(frozen=True, slots=True)
class HybridSearch:
    """weight: of the other model, where scores are added up; k: where ranks are."""

    words: Bm25Index
    other: Searcher
    fusion: Fusion
    weight: float
    k: float

    @property
    def learned(self) -> Mapping[str, float]:
        return {"weight": self.weight} if self.fusion == "weighted" else {}

    def scores(self, queries: Sequence[str]) -> Array:
        words, other = self.words.scores(queries), self.other.scores(queries)
        if self.fusion == "weighted":
            return (_standardised(words) + self.weight * _standardised(other)).astype(np.float32)
        # Equal scores share the mean of their ranks.
        ranks = [np.asarray(rankdata(-scores, axis=1)) for scores in (words, other)]
        return (1 / (self.k + ranks[0]) + 1 / (self.k + ranks[1])).astype(np.float32)

    def why(self, query: str, item: int) -> str:
        """The words that they share; what the other model finds cannot be told in words."""
        return self.words.why(query, item)


def _standardised(scores: Array) -> Array:
    """float64 (m, n_items): rows of mean 0 and standard deviation 1; of 0 where all scores are equal."""
    centred = scores.astype(np.float64) - scores.mean(axis=1, keepdims=True, dtype=np.float64)
    deviation = centred.std(axis=1, keepdims=True)
    return centred / np.where(deviation > 0, deviation, 1)


def _best_weight(validation: Corpus, words: Bm25Index, other: Searcher, weights: Sequence[float]) -> float:
    total = np.zeros(len(weights))
    for start in range(0, len(validation.queries), CHUNK):
        part = validation.of_queries(np.arange(start, min(start + CHUNK, len(validation.queries))))
        gains = np.zeros((len(part.queries), len(part.items)))
        gains[part.query, part.item] = np.exp2(part.grade) - 1
        parts = [_standardised(searcher.scores(part.query_texts)) for searcher in (words, other)]
        total += [_ndcg(parts[0] + weight * parts[1], gains).sum() for weight in weights]
    return weights[int(np.argmax(total.round(9)))]


def _ndcg(scores: Array, gains: Array) -> Array:
    """(m,): nDCG@10, equal scores in the order of the items."""
    discount = 1 / np.log2(np.arange(min(DEPTH, scores.shape[1])) + 2)
    order = np.argsort(-scores, axis=1, kind="stable")[:, : len(discount)]
    ideal = -np.sort(-gains, axis=1)[:, : len(discount)]
    return (np.take_along_axis(gains, order, axis=1) * discount).sum(axis=1) / (ideal * discount).sum(axis=1)
