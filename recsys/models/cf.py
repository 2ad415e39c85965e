"""Collaborative filtering by queries: what is relevant to the train queries that are most alike.

    score(q, i) = sum_{p in N(q)} cos(x_q, x_p) grade(p, i)

N(q): the `n_neighbors` train queries of the highest cosine of TF-IDF vectors, equal ones in their order.
An item that is relevant to none of them has the score 0. The items' own texts are not read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked
from scipy import sparse

from recsys.dataset import Array
from recsys.retriever import Judged
from recsys.task import TaskName
from recsys.text.tfidf import TfIdf


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Cf:
    """n_neighbors: train queries that a score is of."""

    tasks: ClassVar[tuple[TaskName, ...]] = ("retrieve",)
    n_neighbors: Annotated[int, Ge(1)] = 20

    def fit(self, judged: Judged, seed: int) -> CfSearch:
        train = judged.train
        words = TfIdf.fit(train.query_texts)
        shape = len(train.queries), len(train.items)
        grades = sparse.csr_matrix((train.grade, (train.query, train.item)), shape)
        return CfSearch(self.n_neighbors, words, words.vectors(train.query_texts), grades, train.query_texts)


@dataclass(frozen=True, slots=True)
class CfSearch:
    """Of the train queries: queries, sparse float32 (m, words); grades, sparse float32 (m, n_items); texts."""

    n_neighbors: int
    words: TfIdf
    queries: Any
    grades: Any
    texts: tuple[str, ...]

    def scores(self, queries: Sequence[str]) -> Array:
        return np.asarray((self._weights(queries) @ self.grades).toarray(), np.float32)

    def why(self, query: str, item: int) -> str:
        """The train query that counts most for the item."""
        counted = self._weights([query]).multiply(self.grades[:, [item]].T).toarray()[0]
        best = int(np.argmax(counted))
        return f"relevant to: {self.texts[best]}" if counted[best] > 0 else ""

    def _weights(self, queries: Sequence[str]) -> Any:
        """Sparse float32 (queries, train queries): the cosines of the nearest ones."""
        cosines = (self.words.vectors(queries) @ self.queries.T).toarray()
        count = min(self.n_neighbors, cosines.shape[1])
        nearest = np.sort(np.argsort(-cosines, axis=1, kind="stable")[:, :count], axis=1)
        row = np.repeat(np.arange(len(queries)), count)
        values = np.take_along_axis(cosines, nearest, axis=1).ravel()
        return sparse.csr_matrix((values, (row, nearest.ravel())), cosines.shape)
