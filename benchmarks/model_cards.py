"""Fills the model cards of docs/models/ with what a person should not copy by hand: settings, results, costs.

    python -m benchmarks.model_cards            # writes the marked sections anew
    python -m benchmarks.model_cards --check    # exit 1 where one is out of date, or a model has no card

Settings come from conf/model/NAME.yaml, results and costs from the rows NAME and `NAME, ...` of results/ml-100k.json.
The prose is written by hand; a new card needs the headings of SECTIONS and the two pairs of marks.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from recsys.comparison.runs import REFERENCES

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path("results/ml-100k.json")
TABLE = "[ml-100k.md](../../results/ml-100k.md)"
SECTIONS = ("Formula", "Source", "Inputs", "Settings", "Results and cost", "Limits")
SHOWN = {**{f"P@{k}": f"precision_at_{k}" for k in (1, 5, 10, 20)}, "NDCG@10": "ndcg_at_10", "GAUC": "gauc"}
SPENT = {"fit": "fit_cpu_s", "scoring": "score_cpu_s"}


class Unfit(ValueError):
    """A card cannot be filled; the message says what it lacks."""


def models(root: Path) -> list[str]:
    """Every model that `model=` takes."""
    return sorted(file.stem for file in (root / "conf" / "model").glob("*.yaml"))


def card(root: Path, name: str) -> Path:
    return root / "docs" / "models" / f"{name}.md"


def filled(root: Path, name: str) -> str:
    """The card with its marked sections as they should be; raises `Unfit` where it, a heading or a mark is missing."""
    file = card(root, name)
    if not file.exists():
        raise Unfit(
            f"model {name} has no card: write docs/models/{name}.md like docs/models/ease.md, then run this again"
        )
    text = file.read_text(encoding="utf-8")
    headings = [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]
    if headings != list(SECTIONS):
        raise Unfit(f"docs/models/{name}.md: expected the headings {', '.join(SECTIONS)}, got {', '.join(headings)}")
    rows = json.loads((root / RESULTS).read_text(encoding="utf-8"))["rows"]
    mine = {label: row for label, row in rows.items() if label.partition(",")[0] == name}
    text = _between(text, name, "settings", settings((root / "conf" / "model" / f"{name}.yaml").read_text("utf-8")))
    return _between(text, name, "results", results(name, mine))


def settings(yaml: str) -> list[str]:
    return ["```yaml", *yaml.rstrip().splitlines(), "```"]


def results(name: str, rows: Mapping[str, Any]) -> list[str]:
    """A line for each row and protocol, the mean over repeats and, in brackets, the standard deviation; then costs."""
    if not rows:
        where = "stands beside every run as a reference, and so in" if name in REFERENCES else "is not in"
        return [f"`{name}` {where} {TABLE}."]
    repeats = len(next(iter(rows.values()))["timings"]["fit_s"])
    lines = [f"| row | protocol | {' | '.join(SHOWN)} |", "|---" * (len(SHOWN) + 2) + "|"]
    for label, row in rows.items():
        for protocol in dict.fromkeys(metric.partition("/")[0] for metric in row["metrics"]):
            cells = [_cell(row["metrics"].get(f"{protocol}/{metric}")) for metric in SHOWN.values()]
            lines.append(f"| {label} | `{protocol}` | {' | '.join(cells)} |")
    lines += ["", f"Mean over {repeats} repeats (standard deviation); with intervals: {TABLE}.", ""]
    for label, row in rows.items():
        spent = ", ".join(f"{what} {fmean(row['timings'][key]):.1f}" for what, key in SPENT.items())
        lines.append(f"- CPU seconds of a repeat, {label}: {spent}")
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, say what is out of date")
    parser.add_argument("--root", type=Path, default=ROOT, help="the folder with conf/, docs/ and results/")
    chosen = parser.parse_args(arguments)
    wrong: list[str] = []
    for name in models(chosen.root):
        try:
            text = filled(chosen.root, name)
        except Unfit as error:
            wrong.append(str(error))
            continue
        file = card(chosen.root, name)
        if not chosen.check:
            file.write_text(text, encoding="utf-8")
        elif file.read_text(encoding="utf-8") != text:
            wrong.append(f"docs/models/{name}.md is out of date: run `python -m benchmarks.model_cards`")
    print("\n".join(wrong), end="\n" if wrong else "")
    return int(bool(wrong))


def _between(text: str, name: str, section: str, lines: Sequence[str]) -> str:
    begin, end = f"<!-- {section}: written by `python -m benchmarks.model_cards` -->", f"<!-- end of {section} -->"
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise Unfit(f"docs/models/{name}.md: expected the lines {begin!r} and {end!r}")
    return "\n".join([before + begin, "", *lines, "", end + after])


def _cell(repeats: Sequence[float] | None) -> str:
    if repeats is None or None in repeats:
        return ""
    spread = f" ({stdev(repeats):.3f})" if len(repeats) > 1 else ""
    return f"{fmean(repeats):.3f}{spread}"


if __name__ == "__main__":
    sys.exit(main())
