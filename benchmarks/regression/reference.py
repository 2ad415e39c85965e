"""The results of a set of models, kept to compare later results with."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pandas as pd

from benchmarks.regression.bands import band, degrees, spread
from recsys.evaluation import references
from recsys.evaluation.metric_name import MetricName

CUTOFFS = (1, 5, 10, 20)
KEPT = frozenset({("gauc", 0), *((metric, k) for metric in ("precision", "ndcg") for k in CUTOFFS)})
WORST = 20  # lines of the table of differences


class Refused(ValueError):
    """There is nothing to compare with, or nothing that may be compared; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """The results of one model, or of popularity, random or oracle.

    stamp    the run's, and `test_to_train`, which changes as soon as one row more is in train
    values   metric name -> one value a repeat, NaN where undefined
    """

    stamp: Mapping[str, Any]
    parameters: Mapping[str, Any]
    values: Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class Compared:
    """One number's mean over repeats, in the reference and now."""

    row: str
    metric: MetricName
    reference: float
    now: float
    band: float

    @property
    def bands(self) -> float:
        """How many bands off, with the sign of the change."""
        return (self.now - self.reference) / self.band

    @property
    def inside(self) -> bool:
        return abs(self.bands) <= 1  # NaN is not inside


def reference(rows: Mapping[str, Row], why: str, environment: Mapping[str, object]) -> dict[str, Any]:
    """JSON, with the stamp of the row of most repeats; raises `Refused` where a row's stamp differs from it."""
    stamp = max((row.stamp for row in rows.values()), key=lambda stamp: len(stamp["test_rows"]))
    for label, row in rows.items():
        for part in differences(_first(stamp, row), row.stamp):
            raise Refused(f"{label}: expected the splits and protocols of the other rows, got another {part}")
    stored = {label: {"parameters": row.parameters, "values": row.values} for label, row in rows.items()}
    return {"why": why, "environment": environment, "stamp": stamp, "rows": stored}


def problems(reference: Mapping[str, Any], rows: Mapping[str, Row]) -> dict[str, str]:
    """Row -> why its numbers cannot be compared with the reference's."""
    stored: Mapping[str, Any] = reference["rows"]
    reasons = {label: "in the reference and not in this set" for label in stored if label not in rows}
    for label, row in rows.items():
        if label not in stored:
            reasons[label] = "in this set and not in the reference"
        elif parts := list(differences(_first(reference["stamp"], row), row.stamp)):
            reasons[label] = f"the stamp differs in {'; '.join(parts)}"
    return reasons


def compare(reference: Mapping[str, Any], rows: Mapping[str, Row]) -> list[Compared]:
    """The numbers of the reference's rows, the one that is most bands off first."""
    stored: Mapping[str, Any] = {label: reference["rows"][label]["values"] for label in rows}
    repeats = len(reference["stamp"]["test_rows"])
    count = sum(map(len, stored.values()))
    numbers: list[Compared] = []
    for label, values in stored.items():
        for name, before in values.items():
            models = [row["values"][name] for model, row in reference["rows"].items() if model not in references.NAMES]
            pool = [model for model in models if len(model) == repeats]
            width = band(spread(pool), degrees(len(pool), repeats), len(before), count)
            now = rows[label].values.get(name, (math.nan,))
            numbers.append(Compared(label, MetricName.parse(name), _mean(before), _mean(now), width))
    return sorted(numbers, key=lambda number: (number.inside, -abs(number.bands)))


def differences(reference: Any, found: Any, path: str = "") -> Iterator[str]:
    """What differs between two stamps, a sentence for each part."""
    if isinstance(reference, Mapping) and isinstance(found, Mapping):
        before, now = cast(Mapping[str, Any], reference), cast(Mapping[str, Any], found)
        for part in dict.fromkeys([*before, *now]):
            yield from differences(before.get(part), now.get(part), f"{path}.{part}".lstrip("."))
    elif reference != found:
        yield f"{path}: reference {reference}, found {found}"


def explain(compared: Sequence[Compared]) -> str:
    """A table of the first numbers."""
    lines: list[dict[str, str]] = []
    for number in compared[:WORST]:
        lines.append(
            {
                "row": number.row,
                "metric": number.metric.curve,
                "K": str(number.metric.k or ""),
                "reference": f"{number.reference:.4f}",
                "now": f"{number.now:.4f}",
                "change": f"{number.now - number.reference:+.4f}",
                "band": f"{number.band:.4f}",
                "bands off": f"{number.bands:+.1f}",
            }
        )
    more = len(compared) - WORST
    return pd.DataFrame(lines).to_string(index=False) + (f"\nand {more} more" if more > 0 else "")


def values(metrics: Mapping[str, Any]) -> dict[str, list[float]]:
    """Of precision and NDCG at the cutoffs that tables show, and GAUC: one a repeat."""
    names = [name for name in metrics if (MetricName.parse(name).metric, MetricName.parse(name).k) in KEPT]
    return {name: [math.nan if value is None else value for value in metrics[name]["repeats"]] for name in names}


def _first(stamp: Mapping[str, Any], row: Row) -> dict[str, Any]:
    """The stamp of as many repeats as the row has."""
    count = len(row.stamp["test_rows"])
    return {**stamp, "test_rows": dict(list(stamp["test_rows"].items())[:count])}


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
