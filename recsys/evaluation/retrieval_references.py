"""What every table of retrieval stands beside: chance, and the best that any order of the items could reach."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from recsys.dataset import Array
from recsys.evaluation.query_split import QuerySplit
from recsys.evaluation.retrieval_protocol import Retrieval
from recsys.retriever import Searcher


@dataclass(frozen=True, slots=True)
class RandomSearch:
    """Scores that are uniform and independent, drawn from a seed and the query's text."""

    items: int
    seed: int

    def scores(self, queries: Sequence[str]) -> Array:
        words = (int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") for text in queries)
        return np.stack([np.random.default_rng([self.seed, word]).random(self.items, np.float32) for word in words])


@dataclass(frozen=True, slots=True)
class OracleSearch:
    """Knows the test: the grade of each item for a query; no model, and never handed to one.

    Of two queries of the same text, for which one order has to serve, the higher grade.
    """

    row: Mapping[str, int]
    grades: Any  # sparse float32 (texts, n_items)

    @classmethod
    def of(cls, split: QuerySplit) -> OracleSearch:
        parts = (split.train.validation, split.test)
        texts = dict.fromkeys(text for part in parts for text in part.query_texts)
        row = {text: number for number, text in enumerate(texts)}
        items = len(split.test.items)
        rows = [np.array([row[text] for text in part.query_texts])[part.query] for part in parts]
        cell = np.concatenate([at * items + part.item for at, part in zip(rows, parts, strict=True)])
        cells, place = np.unique(cell, return_inverse=True)
        grades = np.zeros(len(cells), np.float32)
        np.maximum.at(grades, place, np.concatenate([part.grade for part in parts]))
        return cls(row, sparse.csr_matrix((grades, np.divmod(cells, items)), (len(row), items)))

    def scores(self, queries: Sequence[str]) -> Array:
        return self.grades[[self.row[text] for text in queries]].toarray()


def references(split: QuerySplit, protocols: Sequence[Retrieval]) -> Mapping[str, Mapping[str, Searcher]]:
    """Name -> protocol name -> searcher."""
    random, oracle = RandomSearch(len(split.test.items), split.seed), OracleSearch.of(split)
    return {
        "random": {protocol.name: random for protocol in protocols},
        "oracle": {protocol.name: oracle for protocol in protocols},
    }
