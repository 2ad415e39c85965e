"""What a set of models found, kept to compare later findings with."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pandas as pd

from benchmarks.regression.bands import band, degrees, spread

BESIDE = ("random", "popularity", "oracle")
CUTOFFS = (1, 5, 10, 20)
WORST = 20  # lines of a diff


class Refused(ValueError):
    """There is nothing to compare with, or nothing that may be compared; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one model, or one of the references beside it, found.

    stamp    the run's, and `test_to_train`, which changes as soon as one row more is in train
    values   metric name -> one value a repeat, NaN where undefined
    """

    stamp: Mapping[str, Any]
    parameters: Mapping[str, Any]
    values: Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class Compared:
    """The means over repeats, then and now."""

    row: str
    metric: str
    reference: float
    found: float
    band: float

    @property
    def bands(self) -> float:
        """How many bands off, with the sign of the change."""
        return (self.found - self.reference) / self.band

    @property
    def inside(self) -> bool:
        return abs(self.bands) <= 1  # NaN is not inside


def reference(rows: Mapping[str, Row], why: str, place: Mapping[str, object]) -> dict[str, Any]:
    """JSON; the stamp of the most repeats stands for all, and raises `Refused` where a row's is another."""
    stamp = max((row.stamp for row in rows.values()), key=lambda one: len(one["test_rows"]))
    for label, row in rows.items():
        for part in differences(_first(stamp, row), row.stamp):
            raise Refused(f"{label}: expected the splits and protocols of the other rows, got another {part}")
    kept = {label: {"parameters": row.parameters, "values": row.values} for label, row in rows.items()}
    return {"why": why, "environment": place, "stamp": stamp, "rows": kept}


def problems(reference: Mapping[str, Any], rows: Mapping[str, Row]) -> dict[str, str]:
    """Row -> why its numbers cannot be compared with the reference's."""
    known: Mapping[str, Any] = reference["rows"]
    found = {label: "in the reference and not in this set" for label in known if label not in rows}
    for label, row in rows.items():
        if label not in known:
            found[label] = "in this set and not in the reference"
        elif parts := list(differences(_first(reference["stamp"], row), row.stamp)):
            found[label] = f"the stamp differs in {'; '.join(parts)}"
    return found


def compare(reference: Mapping[str, Any], rows: Mapping[str, Row]) -> list[Compared]:
    """The numbers of the reference's rows, the one that is most bands off first."""
    known: Mapping[str, Any] = {label: reference["rows"][label]["values"] for label in rows}
    repeats = len(reference["stamp"]["test_rows"])
    count = sum(map(len, known.values()))
    found: list[Compared] = []
    for label, values in known.items():
        for name, before in values.items():
            models = [one["values"][name] for row, one in reference["rows"].items() if row not in BESIDE]
            pool = [one for one in models if len(one) == repeats]
            width = band(spread(pool), degrees(len(pool), repeats), len(before), count)
            now = rows[label].values.get(name, (math.nan,))
            found.append(Compared(label, name, _mean(before), _mean(now), width))
    return sorted(found, key=lambda one: (one.inside, -abs(one.bands)))


def differences(reference: Any, found: Any, path: str = "") -> Iterator[str]:
    """What differs between two stamps, part by part, in words."""
    if isinstance(reference, Mapping) and isinstance(found, Mapping):
        before, now = cast(Mapping[str, Any], reference), cast(Mapping[str, Any], found)
        for key in dict.fromkeys([*before, *now]):
            yield from differences(before.get(key), now.get(key), f"{path}.{key}".lstrip("."))
    elif reference != found:
        yield f"{path}: reference {reference}, found {found}"


def explain(compared: Sequence[Compared]) -> str:
    """A table of the first numbers."""
    lines: list[dict[str, str]] = []
    for one in compared[:WORST]:
        metric, _, k = one.metric.partition("_at_")
        change = one.found - one.reference
        lines.append(
            {
                "row": one.row,
                "metric": metric,
                "K": k,
                "reference": f"{one.reference:.4f}",
                "found": f"{one.found:.4f}",
                "change": f"{change:+.4f}",
                "band": f"{one.band:.4f}",
                "bands off": f"{one.bands:+.1f}",
            }
        )
    more = len(compared) - WORST
    return pd.DataFrame(lines).to_string(index=False) + (f"\nand {more} more" if more > 0 else "")


def values(metrics: Mapping[str, Any]) -> dict[str, list[float]]:
    """Of precision and NDCG at the cutoffs that tables show, and GAUC: one a repeat."""
    shown = [f"{metric}_at_{k}" for metric in ("precision", "ndcg") for k in CUTOFFS]
    names = [name for name in metrics if name.partition("/")[2] in (*shown, "gauc")]
    return {name: [math.nan if one is None else one for one in metrics[name]["repeats"]] for name in names}


def _first(stamp: Mapping[str, Any], row: Row) -> dict[str, Any]:
    """The stamp of as many repeats as the row has."""
    count = len(row.stamp["test_rows"])
    return {**stamp, "test_rows": dict(list(stamp["test_rows"].items())[:count])}


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
