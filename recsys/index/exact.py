"""Every vector is looked at: what other indexes are measured by, and fast enough for some ten thousand items."""

from __future__ import annotations

import numpy as np
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import Array
from recsys.index.nearest import Nearest, expect


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Exact:
    """Without settings."""

    def build(self, vectors: Array) -> ExactIndex:
        return ExactIndex(vectors)


class ExactIndex:
    """See `recsys.index.nearest.Index`; equal cosines are in the order of rows."""

    def __init__(self, vectors: Array) -> None:
        self._vectors = np.ascontiguousarray(vectors, np.float32)

    def __len__(self) -> int:
        return len(self._vectors)

    def add(self, vectors: Array) -> None:
        self._vectors = np.concatenate([self._vectors, vectors.astype(np.float32)])

    def search(self, queries: Array, k: int) -> Nearest:
        expect(queries, self._vectors.shape[1], k, len(self))
        items = np.empty((len(queries), k), np.int64)
        cosines = np.empty((len(queries), k), np.float32)
        for row, query in enumerate(queries.astype(np.float32)):
            cosine = self._vectors @ query  # a query at a time: its result does not depend on the others
            reach = np.flatnonzero(cosine >= np.partition(cosine, -k)[-k])
            best = reach[np.lexsort((reach, -cosine[reach]))][:k]
            items[row], cosines[row] = best, cosine[best]
        return Nearest(items, cosines)
