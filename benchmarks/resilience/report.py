"""The table, for people and for programs."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.resilience.bench import LONGER, Bench, Row
from recsys import atomic
from recsys.environment import processor, revision

VERDICTS = {True: "ok", False: "**failed**", None: "not done"}


def write(file: Path, bench: Bench, rows: Sequence[Row], minutes: float) -> None:
    """FILE and, beside it, the same as JSON."""
    file.parent.mkdir(parents=True, exist_ok=True)
    commit, dirty = revision()
    about = {
        "commit": commit,
        "dirty": dirty,
        "python": platform.python_version(),
        "processor": processor(),
        "cpus": os.cpu_count(),
        "seed": bench.seed,
        "minutes": round(minutes, 1),
        "workload": " ".join(bench.workload.command(Path("FOLDER"), "")[:-3]),
        "workload_of_servers": " ".join(LONGER.command(Path("FOLDER"), "")[:-3]),
    }
    atomic.write_text(file, table(bench, rows, minutes))
    atomic.write_json(file.with_suffix(".json"), {"about": about, "rows": [asdict(row) for row in rows]})


def table(bench: Bench, rows: Sequence[Row], minutes: float) -> str:
    failed, left_out = sum(row.ok is False for row in rows), sum(row.ok is None for row in rows)
    lines = [
        "# Runs that cannot be lost",
        "",
        "Real processes (`python run.py ...`) are killed, stopped, cut off from their server and denied their disk;",
        "what is left is compared with a run that nothing happened to.",
        "",
        f"- {len(rows)} scenarios, {failed} failed, {left_out} not done; {minutes:.0f} minutes",
        f"- the run: `{' '.join(bench.workload.words)} split.repeats={bench.workload.repeats}`",
        f"- machine: {processor()}, {os.cpu_count()} cores; Python {platform.python_version()}",
        "",
        "| scenario | what is done | times | what must hold | what was found | |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        cells = (row.name, row.done, str(row.times), row.must, row.found, VERDICTS[row.ok])
        lines.append(f"| {' | '.join(_cell(words) for words in cells)} |")
    return "\n".join([*lines, "", "Written by `python -m benchmarks.resilience`.", ""])


def _cell(words: str) -> str:
    return " ".join(words.replace("|", "\\|").split())
