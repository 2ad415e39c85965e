"""A run's folder beside that of a run that was never stopped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from recsys.store.run_folder import RunFolder

OF_THE_MOMENT = ("timings", "peak_rss_mb")
"""Of summary.json: what no two runs share."""
SAME_BYTES = ("rankings.parquet", "per_user.parquet", "splits.parquet", "precision.png")


def difference(folder: Path, expected: Path) -> str | None:
    """In what they differ, in words; None: the same bytes, and a summary that differs in seconds and memory alone."""
    run = RunFolder(folder)
    if run.record.status != "finished":
        return f"run.json says {run.record.status}"
    damaged = run.damaged()
    if damaged:
        return f"damaged repeats: {dict(damaged)}"
    models = sorted(f"model/{file.name}" for file in (expected / "model").iterdir())
    for name in (*SAME_BYTES, *models):
        if not (folder / name).exists():
            return f"{name} is missing"
        if (folder / name).read_bytes() != (expected / name).read_bytes():
            return f"{name} has other bytes"
    summary, expected_summary = _summary(folder), _summary(expected)
    names = [name for name in {**summary, **expected_summary} if summary.get(name) != expected_summary.get(name)]
    return f"summary.json has another {', '.join(names)}" if names else None


def ends(folder: Path) -> dict[int, int]:
    """When each finished repeat ended, in milliseconds: one that was run again would tell another time."""
    return {finished.number: finished.ended for finished in RunFolder(folder).finished()}


def _summary(folder: Path) -> dict[str, Any]:
    summary: dict[str, Any] = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return {name: value for name, value in summary.items() if name not in OF_THE_MOMENT}
