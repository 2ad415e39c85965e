"""One piece of the gate's work: a row on its set, or a golden output, as a process does it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.regression.golden import cases
from benchmarks.regression.golden.digest import Digest
from benchmarks.regression.measured import Row, measure
from benchmarks.regression.sets import Place


@dataclass(frozen=True, slots=True)
class Piece:
    """place: a row, or golden: the name of a case; shift: of the row's seeds, see `Reseeded`."""

    place: Place | None = None
    golden: str = ""
    shift: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """rows of a place, or digests of a golden output, and how long they took."""

    seconds: float
    rows: Mapping[str, Row]
    digests: Mapping[str, Digest]


def do(piece: Piece) -> Done:
    start = time.monotonic()
    rows = measure(piece.place, piece.shift) if piece.place else {}
    digests = cases.outputs(piece.golden) if piece.golden else {}
    return Done(time.monotonic() - start, rows, digests)
