"""Do pictures help newcomers? xDeepFM with and without them, on films and on users without a train rating.

    python -m benchmarks.cold_start                                       # ten repeats of each row of ROWS
    python -m benchmarks.cold_start --repeats 1 --runs /tmp/runs --out /tmp/cold_start.md

A row whose run folder has a summary is not run again, so that a stopped benchmark goes on where it was.
`rated` alone: with `full`, new films would have to beat old ones of which none can be right.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from recsys.dataset import DataError
from recsys.significance import corrected_t_test, holm

ROOT = Path(__file__).resolve().parents[1]
ROWS: Mapping[str, Sequence[str]] = {
    "xdeepfm, no pictures": ("model.sift=off",),
    "xdeepfm, dense": ("model.sift=dense",),
    "xdeepfm, field": ("model.sift=field",),
    "xdeepfm, both": ("model.sift=both",),
    "xdeepfm, genres alone": ("model.sift=off", "model.item_fields=[genres]"),
    "xdeepfm, pictures alone": ("model.sift=both", "model.item_fields=[]"),
}
"""Label, whose first word is the model, -> options; the first row is what the others are compared with."""
SPLITS: Mapping[str, str] = {
    "cold_items": "new films: a fifth of the films have no train rating",
    "cold_users": "new users: a fifth of the users have no train rating",
}
OBJECTIVE = "model.objective=rating"
"""What `rated` asks for: the other network is not trained."""
SHOWN: Mapping[str, str] = {
    "GAUC": "rated/gauc",
    "P@5": "rated/precision_at_5",
    "P@10": "rated/precision_at_10",
    "NDCG@10": "rated/ndcg_at_10",
}
TESTED = "GAUC"
"""The metric that is tested, one alone: it looks at a user's whole list, and few users have ten new films."""


def table(found: Mapping[str, Any]) -> list[str]:
    """Markdown: a row a run and reference; differences from the first row are paired, repeat by repeat.

    p is of the corrected paired t-test, by Holm's rule for all rows of the table; empty where there is one repeat.
    """
    first, *others = found
    name = SHOWN[TESTED]
    base = found[first]["metrics"][name]["repeats"]
    tests = {
        label: corrected_t_test(
            [one - other for one, other in zip(found[label]["metrics"][name]["repeats"], base, strict=True)],
            found[first]["test_to_train"],
        )
        for label in others
    }
    adjusted = holm([test.p for test in tests.values() if test.p is not None])  # none where there is one repeat
    p = dict(zip(tests, adjusted, strict=False))
    head = ["inputs", *SHOWN, f"{TESTED} less first row's", "p (Holm)"]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    rows = [(label.partition(", ")[2], one["metrics"], label) for label, one in found.items()]
    rows += [(name, found[first]["references"][name], "") for name in ("popularity", "random", "oracle")]
    for words, metrics, label in rows:
        cells = [_cell(metrics[metric]) for metric in SHOWN.values()]
        more = ["", ""]
        if label in tests:
            test = tests[label]
            spread = "" if test.low is None or test.high is None else f" ± {(test.high - test.low) / 2:.4f}"
            more = [f"{test.mean:+.4f}{spread}", f"{p[label]:.3f}" if label in p else ""]
        lines.append(f"| {' | '.join([words, *cells, *more])} |")
    return lines


def text(split: str, found: Mapping[str, Any]) -> list[str]:
    """One split's table under its heading, and how it was made."""
    first = next(iter(found.values()))
    stamp, fits = first["stamp"], [sum(one["timings"]["fit_cpu_s"]) for one in found.values()]
    repeats = len(stamp["test_rows"])
    return [
        f"## {split}: {SPLITS[split]}",
        "",
        *table(found),
        "",
        f"Data: {stamp['dataset']['name']} (fingerprint {stamp['dataset']['fingerprint']}). Split: {stamp['split']};",
        f"{repeats} repeat{'s' if repeats > 1 else ''}; {sum(fits):,.0f} CPU seconds of fitting.",
        "",
    ]


def folder(runs: Path, label: str) -> Path:
    """Where a row's run lies: its label without commas and spaces."""
    return runs / label.replace(",", "").replace(" ", "-")


def run(label: str, options: Sequence[str], target: Path) -> None:
    """One run of run.py, output as it comes."""
    command = [sys.executable, str(ROOT / "run.py"), f"model={label.partition(',')[0]}", "protocol=rated", *options]
    subprocess.run([*command, "tracking=none", "dataset.fallback=null", f"hydra.run.dir={target}"], check=True)


def run_rows(runs: Path, rows: Mapping[str, Sequence[str]], options: Sequence[str]) -> None:
    """Runs those of the rows that have no summary yet."""
    for label, own in rows.items():
        if not (folder(runs, label) / "summary.json").exists():
            run(label, [*options, *own], folder(runs, label))


def read(runs: Path, labels: Sequence[str], but: Sequence[str] = ()) -> dict[str, Any]:
    """Label -> summary; raises `DataError` where stamps differ in a part that is not in `but`."""
    found = {label: json.loads((folder(runs, label) / "summary.json").read_text("utf-8")) for label in labels}
    first, *others = found
    for label in others:
        for part, value in found[first]["stamp"].items():
            other = found[label]["stamp"].get(part)
            if other != value and part not in but:
                raise DataError(f"{first} and {label} differ in {part}, so they stand in no table: {value} and {other}")
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=Path, default=ROOT / "outputs" / "cold_start", help="where the runs lie")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "cold_start.md", help="the file to write")
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--dataset", default="ml-100k")
    chosen = parser.parse_args(arguments)
    lines: list[str] = []
    for split in SPLITS:
        options = [f"dataset={chosen.dataset}", f"split={split}", f"split.repeats={chosen.repeats}", OBJECTIVE]
        run_rows(chosen.runs / split, ROWS, options)
        lines += text(split, read(chosen.runs / split, list(ROWS)))
    chosen.out.write_text("\n".join([*INTRODUCTION, *lines, *_source(chosen.runs)]), "utf-8")
    print("\n".join(lines))


INTRODUCTION = (
    "# Newcomers",
    "",
    "xDeepFM without the pictures' SIFT vectors and with them: as an input of the linear part and the DNN (dense), as",
    "a field of the CIN and the DNN (field), or as both. Rows have ids, demographics, year and genres; films of those",
    "that say `alone` have nothing else beside their id. Protocol `rated`: a user's held-out items compete; relevant:",
    "rating >= 4. ±: half of the 95% interval, corrected for the overlap of the training sets (Nadeau and Bengio",
    "2003); p: of the paired t-test with the same correction, adjusted by Holm's rule within the table.",
    "",
)


def _source(runs: Path) -> list[str]:
    place = json.loads((folder(runs / next(iter(SPLITS)), next(iter(ROWS))) / "environment.json").read_text("utf-8"))
    return [
        f"Written by `python -m benchmarks.cold_start`; code: commit {place['commit'][:12]}"
        f"{' with changes' if place['dirty'] == 'true' else ''}; {place['cpus']} cores, {place['processor']}.",
        "",
    ]


def _cell(metric: Mapping[str, Any]) -> str:
    if metric["mean"] is None:
        return ""
    if metric["low"] is None:
        return f"{metric['mean']:.3f}"
    return f"{metric['mean']:.3f} ± {(metric['high'] - metric['low']) / 2:.3f}"


if __name__ == "__main__":
    main()
