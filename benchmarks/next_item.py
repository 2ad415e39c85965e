"""Next-item prediction side by side: each user's last event, told from those before. Writes a table.

    python -m benchmarks.next_item [--runs DIR] [--out results/next_item.md]

Every row is a run of run.py; one whose folder has a summary is not run again. The split is the same in all repeats,
which differ in seeds alone: initialisation, sampling and the order of equal scores.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import leaderboard
from benchmarks.leaderboard import ROOT, folder

ROWS: Mapping[str, Sequence[str]] = {
    "popularity": (),
    "item_knn": (),
    "item_knn, last 5": ("model.implicit.recent=5", "model.implicit.decay=0.9"),
    "ease": (),
    "ease, last 5": ("model.implicit.recent=5", "model.implicit.decay=0.9"),
    "bert4rec_next_item": (),
    "bert4rec_next_item, no neighbours": ("model.neighbours=[]",),
}
"""Label -> options. The label's first word is the model."""
METRICS = {"HR@10": "hit_rate_at_10", "NDCG@10": "ndcg_at_10", "MRR@10": "mrr_at_10"}


def table(found: Mapping[str, Any]) -> list[str]:
    """Markdown: the mean over seeds, the least and the most of them, and CPU seconds of a fit."""
    lines = [f"| model | {' | '.join(METRICS)} | fit CPU s |", "|---" * (len(METRICS) + 2) + "|"]
    for label, one in found.items():
        cells = [_cell(one["metrics"][f"next_item/{metric}"]["repeats"]) for metric in METRICS.values()]
        spent = one["timings"]["fit_cpu_s"]
        lines.append(f"| {label} | {' | '.join(cells)} | {sum(spent) / len(spent):.1f} |")
    return lines


def text(found: Mapping[str, Any], commits: Sequence[str]) -> str:
    first = next(iter(found.values()))
    stamp = first["stamp"]
    return "\n".join(
        [
            "# Next-item prediction",
            "",
            f"Data: {stamp['dataset']['name']} (fingerprint {stamp['dataset']['fingerprint']}).",
            f"Split: {stamp['split']}:",
            "the test is each user's last event, whatever its rating; all items that the user has not rated compete.",
            f"Mean of {len(stamp['test_rows'])} seeds (least to most); the standard error over the users is about .012",
            "for HR@10. 'last 5': scores told from each user's 5 most recent events alone, weighted .9^age.",
            "",
            *table(found),
            "",
            f"Code: commit {', '.join(dict.fromkeys(commits))}. Written by `python -m benchmarks.next_item`.",
            "",
        ]
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=Path, default=ROOT / "outputs" / "next_item", help="where the runs lie")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "next_item.md", help="the file to write")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--dataset", default="ml-100k")
    chosen = parser.parse_args(arguments)
    fixed = [f"dataset={chosen.dataset}", "split=leave_one_out", f"split.repeats={chosen.seeds}"]
    for label, options in ROWS.items():
        if not (folder(chosen.runs, label) / "summary.json").exists():
            leaderboard.run(label, [*fixed, *options], folder(chosen.runs, label))
    found = leaderboard.read(chosen.runs, list(ROWS))
    files = [folder(chosen.runs, label) / "environment.json" for label in found]
    places = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    commits = [f"{one['commit'][:12]}{' with changes' if one['dirty'] == 'true' else ''}" for one in places]
    written = text(found, commits)
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(written, encoding="utf-8")
    print(written)


def _cell(values: Sequence[float]) -> str:
    mean = f"{sum(values) / len(values):.3f}"
    return mean if len(set(values)) == 1 else f"{mean} ({min(values):.3f} to {max(values):.3f})"


if __name__ == "__main__":
    main()
