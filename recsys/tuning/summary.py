"""All studies of a folder in one table: README.md, from their JSON files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recsys import atomic
from recsys.comparison.formats import Table

NAME = "README.md"
HEAD = ("study", "trials", "setting before", "best", "gain", "adopted", "CPU s")


def write(folder: Path) -> None:
    """Of every NAME.json there."""
    studies = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json"))]
    hours = sum(study["cpu_seconds"] for study in studies) / 3600
    lines = [
        "# Studies",
        "",
        *Table("", HEAD, tuple(map(_row, studies))).markdown(),
        "",
        "Setting before, best, adopted: the objective of NAME.md, a mean over the inner splits; adopted: where it is "
        "not the best. How one is adopted, and what a gain on the splits that it was chosen by is worth: "
        f"[tuning.md](../../docs/tuning.md). All studies together: {hours:.1f} CPU hours.",
        "",
    ]
    atomic.write_text(folder / NAME, "\n".join(lines))


def _row(study: Mapping[str, Any]) -> tuple[str, ...]:
    name, best, before = study["study"], study["best"], study["present"]["value"]
    adopted = study.get("adopted", best["trial"])
    other = "" if adopted == best["trial"] else f"{study['all'][adopted]['value']:.4f}"
    gain = ("", "") if before is None else (f"{before:.4f}", f"{study['gain']:+.4f}")
    trials = f"{study['trials']['used']} of {study['trials']['budget']}"
    seconds = f"{study['cpu_seconds']:,.0f}"
    return (name, trials, gain[0], f"{best['value']:.4f}", gain[1], other, seconds)
