"""What results/gate.md says: which planted errors the gate finds, and how small a change its bands see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.regression.bands import Spread, band
from benchmarks.regression.reference import Stored

SHOWN = ("rated/precision_at_10", "rated/gauc", "full/ndcg_at_10", "full/recall_at_10", "next_item/ndcg_at_10")
"""Numbers whose bands the page shows."""


@dataclass(frozen=True, slots=True)
class Caught:
    """Where one planted error showed first, at each level; empty: it did not.

    stamp               splits, data, protocols or settings that differ
    golden_s, rows_s    seconds that the golden outputs took until the first difference, and the rows
    """

    name: str
    area: str
    golden: str
    stamp: str
    equal: str
    bands: str
    golden_s: float
    rows_s: float

    @property
    def anywhere(self) -> bool:
        return bool(self.golden or self.stamp or self.equal or self.bands)

    @property
    def elsewhere(self) -> bool:
        """Whether it is caught on a machine that is not the reference's."""
        return bool(self.golden or self.stamp or self.bands)

    @property
    def first(self) -> tuple[str, str]:
        """The first level that caught it, and what showed there."""
        levels = (("golden", self.golden), ("stamp", self.stamp), ("1e-6", self.equal), ("bands", self.bands))
        return next(((level, number) for level, number in levels if number), ("none", ""))


@dataclass(frozen=True, slots=True)
class Control:
    """A run without an error.

    failures    golden outputs, stamps and settings that differ
    unequal     numbers of a repeat that differ by more than 1e-6; outside: means outside of their bands
    """

    kind: str
    failures: Sequence[str]
    numbers: int
    unequal: int
    outside: int
    furthest: str
    seconds: float

    @property
    def failed(self) -> bool:
        """On this processor all numbers are to be equal, on others inside their bands."""
        return bool(self.failures or self.outside or (self.kind == "this processor" and self.unequal))


def report(found: Sequence[Caught], controls: Sequence[Control], stored: Stored, machine: Mapping[str, Any]) -> str:
    """The page, Markdown."""
    elsewhere = sum(one.elsewhere for one in found)
    networks = sum(one.area == "network" for one in found)
    by_level = {
        "golden outputs": sum(bool(one.golden) for one in found),
        "stamp or settings": sum(bool(one.stamp) for one in found),
        "numbers equal to 1e-6": sum(bool(one.equal) for one in found),
        "bands": sum(bool(one.bands) for one in found),
    }
    processor = machine["processor"]
    lines = [
        "# The regression gate",
        "",
        "Written by `python -m benchmarks.regression.damage`, which plants errors one at a time and asks the gate. How",
        "the gate works: [runs.md](../docs/runs.md#the-regression-gate).",
        "",
        f"{len(found)} errors were planted, {networks} of them in networks; "
        f"{sum(one.anywhere for one in found)} were caught. With the 1e-6 level off, as on a machine that is not the "
        f"reference's, {elsewhere} were. Each level by itself: "
        + ", ".join(f"{level} {count}" for level, count in by_level.items())
        + ".",
        "",
        f"Machine: {processor['vendor']}, family {processor['family']}, "
        f"{'with' if any(flag.startswith('avx512') for flag in processor['flags']) else 'no'} AVX-512; two processes "
        "of one thread each, beside other work. `golden s` is the time to the first difference, `rows s` that of the",
        "rows. `stamp`: splits, data, protocols or settings differ.",
        "",
        *_table(
            ("error", "in", "caught first by", "where", "golden", "stamp", "1e-6", "bands", "golden s", "rows s"),
            [
                (
                    *(one.name, one.area, *one.first),
                    *("yes" if level else "no" for level in (one.golden, one.stamp, one.equal, one.bands)),
                    *(f"{one.golden_s:.0f}", f"{one.rows_s:.0f}"),
                )
                for one in found
            ],
        ),
        "",
        "## Without an error",
        "",
        "All rows of synthetic-100k and all golden outputs. Kinds are what libraries take the processor for; the",
        "reference's bands were measured on the same kinds.",
        "",
        *_table(
            ("processor", "numbers", "not equal to 1e-6", "outside bands", "furthest", "other failures", "s"),
            [
                (
                    *(one.kind, str(one.numbers), str(one.unequal), str(one.outside), one.furthest),
                    *(str(len(one.failures)), f"{one.seconds:.0f}"),
                )
                for one in controls
            ],
        ),
        "",
        "## How small a change the bands see",
        "",
        "Half the width of the band around a mean over two repeats of synthetic-100k: a larger change is seen.",
        "",
        *_table(("row", *SHOWN), [(name, *_widths(stored, name)) for name in stored["rows"]]),
    ]
    return "\n".join(lines) + "\n"


def _widths(stored: Stored, name: str) -> list[str]:
    row = stored["rows"][name]
    moving = sum(len(each["moves"]) for each in stored["rows"].values())
    widths: list[str] = []
    for number in SHOWN:
        repeats = len(row["values"].get(number, ()))
        spread = Spread(*row["moves"].get(number, (0.0, 0.0, 1)))
        widths.append(f"{band(spread, repeats, row['users'], moving):.4f}" if repeats else "")
    return widths


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]
