"""Arrays in a few numbers, and whether two digests are of equal arrays.

Of floats: the shape, how many are undefined, SHOWN values spread evenly, and sums over all values with signs drawn from
the shape, divided by sqrt(n), so that rounding of each value by e moves a sum by about e, and one value by d by
d / sqrt(n). Of integers and truth values: the shape and a hash.

Equal: each number within TOLERANCE times the array's largest value, or times LEAST where that is smaller: what should
be 0, such as the gradient of BERT's biases of keys, is rounding alone. `update` makes sure on three kinds of processor.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

TOLERANCE = 1e-5
LEAST = 1e-3
SHOWN, SUMS = 8, 2
DIGITS = 10

Digest = Mapping[str, Any]
"""JSON."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One number of a digest that is not what it was; off: by how many tolerances, infinite where it is no number."""

    array: str
    part: str
    reference: Any
    now: Any
    off: float

    def __str__(self) -> str:
        return f"{self.array}, {self.part}: reference {self.reference}, now {self.now}"


def digest(values: Any) -> Digest:
    """Of a whole array, or of a number."""
    array = np.asarray(values)
    shape = list(array.shape)
    if array.dtype.kind in "biu":
        plain = np.ascontiguousarray(array, np.int64)
        return {"shape": shape, "sha256": hashlib.sha256(plain.tobytes()).hexdigest()[:16]}
    flat = array.astype(np.float64).ravel()
    shown = np.unique(np.linspace(0, max(len(flat) - 1, 0), SHOWN).astype(int)) if len(flat) else np.zeros(0, int)
    defined = ~np.isnan(flat)
    signs = np.random.default_rng([7, *shape]).integers(0, 2, (SUMS, len(flat))) * 2 - 1
    return {
        "shape": shape,
        "largest": _rounded(np.abs(flat[defined]).max(initial=0)),
        "undefined": int((~defined).sum()),
        "sums": [_rounded((row * flat)[defined].sum() / math.sqrt(max(len(flat), 1))) for row in signs],
        "values": {str(place): _rounded(flat[place]) for place in shown if defined[place]},
    }


def differences(reference: Mapping[str, Digest], now: Mapping[str, Digest]) -> Iterator[Difference]:
    """What differs between the arrays of a case, by name."""
    for name in dict.fromkeys([*reference, *now]):
        before, after = reference.get(name), now.get(name)
        if before is None or after is None:
            there = ["none" if part is None else "there" for part in (before, after)]
            yield Difference(name, "array", there[0], there[1], math.inf)
        else:
            yield from _of_array(name, before, after)


def _of_array(name: str, before: Digest, after: Digest) -> Iterator[Difference]:
    for part in ("shape", "sha256", "undefined"):
        if before.get(part) != after.get(part):
            yield Difference(name, part, before.get(part), after.get(part), math.inf)
            return
    if "largest" not in before:
        return
    tolerance = TOLERANCE * max(before["largest"], LEAST)
    for part, reference, now in _numbers(before, after):
        off = abs(now - reference) / tolerance
        if not off <= 1:  # infinite values are no equal numbers
            yield Difference(name, part, reference, now, off)


def _numbers(before: Digest, after: Digest) -> Iterator[tuple[str, float, float]]:
    yield "largest", before["largest"], after["largest"]
    for number, pair in enumerate(zip(before["sums"], after["sums"], strict=True), 1):
        yield f"sum {number}", *pair
    for place, value in before["values"].items():
        yield f"value {place}", value, after["values"].get(place, math.nan)


def _rounded(value: Any) -> float:
    return float(f"{float(value):.{DIGITS}g}")
