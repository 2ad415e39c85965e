"""The results of a set, kept to compare later results with."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any, Literal, TypeAlias, cast

import pandas as pd

from benchmarks.regression.bands import EQUAL, Spread, band
from benchmarks.regression.measured import Row
from recsys.evaluation.metric_name import MetricName

WORST = 20  # lines of the table of differences
Level: TypeAlias = Literal["equal", "bands"]
"""equal: each repeat's number to EQUAL; bands: means over repeats within what luck would do."""
Stored: TypeAlias = Mapping[str, Any]
"""A reference, as JSON has it."""


class Refused(ValueError):
    """There is nothing to compare with, or nothing that may be compared; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One number in the reference and now.

    repeat   whose; None: the mean over repeats
    band     how far it may move
    """

    row: str
    metric: MetricName
    repeat: int | None
    reference: float
    now: float
    band: float

    @property
    def bands(self) -> float:
        """How many bands off, with the sign of the change."""
        return (self.now - self.reference) / self.band

    @property
    def inside(self) -> bool:
        both_undefined = math.isnan(self.reference) and math.isnan(self.now)
        return both_undefined or abs(self.bands) <= 1  # one NaN is not inside


def reference(
    rows: Mapping[str, Row], spreads: Mapping[str, Mapping[str, Spread]], why: str, machine: Mapping[str, Any]
) -> dict[str, Any]:
    """JSON; spreads: row -> number -> how luck moves it. Raises `Refused` where stamps within a group differ."""
    stamps: dict[str, Mapping[str, Any]] = {}
    stored: dict[str, Any] = {}
    for name, row in rows.items():
        stamp = stamps.setdefault(_group(name), row.stamp)
        for part in differences(stamp, row.stamp):
            raise Refused(f"{name}: expected the splits and protocols of the other rows, got another {part}")
        moving = {number: list(astuple(spread)) for number, spread in spreads[name].items() if spread.moves}
        stored[name] = {"parameters": row.parameters, "users": row.users, "values": row.values, "moves": moving}
    return {"why": why, "machine": machine, "stamps": stamps, "rows": stored}


def problems(stored: Stored, rows: Mapping[str, Row], expected: Sequence[str]) -> dict[str, list[str]]:
    """Row -> why it fails whatever its numbers; expected: the rows of the set."""
    found: dict[str, list[str]] = {
        name: ["in the reference and not in this set"] for name in stored["rows"] if name not in {*expected, *rows}
    }
    for name, row in rows.items():
        if name not in stored["rows"]:
            found[name] = ["in this set and not in the reference"]
            continue
        stamp = list(differences(stored["stamps"][_group(name)], row.stamp))
        settings = list(differences(stored["rows"][name]["parameters"], row.parameters))
        found[name] = [f"the stamp differs: {part}" for part in stamp]
        found[name] += [f"settings differ: {part}" for part in settings]
    return {name: parts for name, parts in found.items() if parts}


def compare(stored: Stored, rows: Mapping[str, Row], level: Level) -> list[Compared]:
    """The numbers of these rows, the one that is most bands off first."""
    moving = sum(len(row["moves"]) for row in stored["rows"].values())
    numbers: list[Compared] = []
    for name, row in rows.items():
        kept = stored["rows"][name]
        for metric, before in kept["values"].items():
            now = row.values.get(metric, [math.nan] * len(before))
            parsed = MetricName.parse(metric)
            if level == "equal":
                pairs = zip(before, now, strict=True)
                numbers += [Compared(name, parsed, repeat, *pair, EQUAL) for repeat, pair in enumerate(pairs, 1)]
            else:
                spread = Spread(*kept["moves"].get(metric, (_mean(before), 0.0, 1)))
                width = band(spread, len(before), kept["users"], moving)
                numbers.append(Compared(name, parsed, None, spread.mean, _mean(now), width))
    return sorted(numbers, key=lambda number: (number.inside, -_finite(number.bands)))


def differences(reference: Any, found: Any, path: str = "") -> Iterator[str]:
    """What differs between two values as JSON has them, a sentence for each part."""
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
                "repeat": str(number.repeat or "mean"),
                "reference": f"{number.reference:.6f}",
                "now": f"{number.now:.6f}",
                "change": f"{number.now - number.reference:+.6f}",
                "band": f"{number.band:.6f}",
                "bands off": f"{number.bands:+.1f}",
            }
        )
    more = len(compared) - WORST
    return pd.DataFrame(lines).to_string(index=False) + (f"\nand {more} more" if more > 0 else "")


def _group(name: str) -> str:
    return name.partition("/")[0]


def _finite(value: float) -> float:
    return math.inf if math.isnan(value) else abs(value)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
