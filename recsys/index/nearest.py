"""What an index is: built from items' vectors, asked with queries', and added to without being built anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from recsys.dataset import Array, DataError


@dataclass(frozen=True, slots=True)
class Nearest:
    """items: int64 (n, k), rows of the vectors, the nearest first; cosines: float32 (n, k)."""

    items: Array
    cosines: Array


class Index(Protocol):
    """Holds vectors of length 1; the row of a vector is its place in the order in which they came."""

    def __len__(self) -> int: ...

    def add(self, vectors: Array) -> None:
        """float32 (m, d): their rows follow those that are there."""
        ...

    def search(self, queries: Array, k: int) -> Nearest:
        """The k nearest of each query, float32 (n, d) of length 1."""
        ...


@runtime_checkable
class IndexSettings(Protocol):
    """Hyperparameters of an index."""

    def build(self, vectors: Array) -> Index:
        """float32 (n, d), of length 1."""
        ...


def expect(queries: Array, dimensions: int, k: int, size: int) -> None:
    """Raises `DataError` on queries of another dimension, and where the index holds fewer than k vectors."""
    if queries.ndim != 2 or queries.shape[1] != dimensions:
        raise DataError(f"expected queries of {dimensions} numbers each, got an array of shape {queries.shape}")
    if not 1 <= k <= size:
        raise DataError(f"expected to be asked for 1 to {size} of the {size} vectors of the index, got {k}")
