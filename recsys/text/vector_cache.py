"""Vectors that were paid for, kept on disk: one SQLite file that several processes can use."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recsys.dataset import Array, DataError

FILE = "embeddings.sqlite"
WAIT_S = 60.0
"""For another process that writes."""
AT_ONCE = 500
"""Keys of a query; SQLite allows 999 in its oldest versions."""


@dataclass(frozen=True, slots=True)
class VectorCache:
    """folder: made where it is not there. A text is kept as a hash alone, see `key`."""

    folder: Path

    def found(self, keys: Sequence[str]) -> dict[str, Array]:
        """float32 (d,) of each key that was kept."""
        vectors: dict[str, Array] = {}
        with self._opened() as opened:
            for start in range(0, len(keys), AT_ONCE):
                some = keys[start : start + AT_ONCE]
                marks = ",".join("?" * len(some))
                rows = opened.execute(f"SELECT key, vector FROM vectors WHERE key IN ({marks})", some)
                vectors |= {key: np.frombuffer(vector, "<f4") for key, vector in rows}
        return vectors

    def keep(self, vectors: Mapping[str, Array]) -> None:
        rows = [(key, vector.astype("<f4").tobytes()) for key, vector in vectors.items()]
        with self._opened() as opened, opened:
            opened.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)

    @contextmanager
    def _opened(self) -> Generator[sqlite3.Connection]:
        file = self.folder / FILE
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(file, timeout=WAIT_S)) as opened:
                opened.execute("CREATE TABLE IF NOT EXISTS vectors (key TEXT PRIMARY KEY, vector BLOB NOT NULL)")
                yield opened
        except (sqlite3.Error, OSError) as error:
            raise DataError(
                f"{file}: expected a file of embeddings that can be read and written, got: {error}; delete it, or set "
                "embedder.cache to another folder"
            ) from error


def key(*parts: str) -> str:
    """A hash of all parts; no part can be read from it."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
