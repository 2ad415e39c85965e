"""A hierarchical navigable small world graph by the package usearch: near in logarithmic time, not always the nearest.

Malkov and Yashunin 2018, Efficient and Robust Approximate Nearest Neighbor Search Using Hierarchical Navigable Small
World Graphs, IEEE TPAMI.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import Array
from recsys.index.nearest import Nearest, expect

Size = Annotated[int, Ge(1)]


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Hnsw:
    """Settings of the graph.

    connectivity       edges of a vector (M in the paper; the lowest layer has twice as many)
    expansion_add      candidates looked at when a vector is added (efConstruction)
    expansion_search   when a query is asked (ef); at least the k that is asked for
    dtype              f32, f16 or i8: what is kept of each number
    threads            of building; with more than 1, two builds differ
    """

    connectivity: Size = 32
    expansion_add: Size = 128
    expansion_search: Size = 256
    dtype: Literal["f32", "f16", "i8"] = "f16"
    threads: Size = 1

    def build(self, vectors: Array) -> HnswIndex:
        from usearch.index import Index

        graph = Index(
            ndim=vectors.shape[1],
            metric="cos",
            dtype=self.dtype,
            connectivity=self.connectivity,
            expansion_add=self.expansion_add,
            expansion_search=self.expansion_search,
        )
        index = HnswIndex(graph, vectors.shape[1], self.threads)
        index.add(vectors)
        return index


class HnswIndex:
    """See `recsys.index.nearest.Index`."""

    def __init__(self, graph: Any, dimensions: int, threads: int) -> None:
        self._graph, self._dimensions, self._threads = graph, dimensions, threads

    def __len__(self) -> int:
        return len(self._graph)

    def add(self, vectors: Array) -> None:
        rows = np.arange(len(self), len(self) + len(vectors), dtype=np.uint64)
        self._graph.add(rows, np.ascontiguousarray(vectors, np.float32), threads=self._threads)

    def search(self, queries: Array, k: int) -> Nearest:
        expect(queries, self._dimensions, k, len(self))
        found = self._graph.search(np.ascontiguousarray(queries, np.float32), k, threads=1)
        shape = (len(queries), k)
        return Nearest(found.keys.reshape(shape).astype(np.int64), 1 - found.distances.reshape(shape))
