"""Indexes of vectors that stay the same: what was learned is vectors, and an index is made of them when it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from recsys.dataset import Array
from recsys.index.nearest import Index, IndexSettings

INDEXES = 4
"""Kept at a time."""


def index_of(settings: IndexSettings, vectors: Array) -> Index:
    """The index of these very vectors, which must not change; built once while it is among the latest."""
    return _built(settings, _Same(vectors))


@dataclass(frozen=True, slots=True, eq=False)
class _Same:
    """vectors, equal to themselves alone."""

    vectors: Array

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.vectors is self.vectors

    def __hash__(self) -> int:
        return id(self.vectors)


@lru_cache(maxsize=INDEXES)
def _built(settings: IndexSettings, same: _Same) -> Index:
    return settings.build(same.vectors)
