"""Fills the model cards of docs/models/ with what a person should not copy by hand: settings, results, costs.

    python -m benchmarks.model_cards            # writes the marked sections anew
    python -m benchmarks.model_cards --check    # exit 1 where one is out of date, or a model has no card

Settings come from conf/model/NAME.yaml, results and costs from the rows NAME and `NAME, ...` of the first of TABLES
that has such rows. The prose is written by hand; a new card needs the headings of SECTIONS and the two pairs of marks.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import yaml

from recsys import atomic
from recsys.cli import renamed
from recsys.comparison import runs
from recsys.comparison.tables import Metrics, heading, metrics
from recsys.evaluation import references
from recsys.evaluation.metric_name import MetricName

ROOT = Path(__file__).resolve().parents[1]
LEADERBOARD = "ml-100k"
TABLES = (
    *(LEADERBOARD, "next_item", "review_graph", "demand", "item_texts", "two_stage", "dual_tower", "text_views"),
    "tagger",
)
"""Of results/: the leaderboard, and the main table of what is not in it."""
SECTIONS = ("Formula", "Source", "Inputs", "Settings", "Results and cost", "Limits")
SHOWN = metrics("precision@1", "precision@5", "precision@10", "precision@20", "ndcg@10", "gauc")
STAGES = {"fit": "fit_cpu_s", "scoring": "score_cpu_s"}


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
    words = (root / "conf" / "model" / f"{name}.yaml").read_text("utf-8")
    text = _between(text, name, "settings", settings(words))
    return _between(text, name, "results", measured(root, name, words))


def settings(words: str) -> list[str]:
    return ["```yaml", *words.rstrip().splitlines(), "```"]


def measured(root: Path, name: str, words: str) -> list[str]:
    """Of the model whose configuration has these words: see `results` and `other_settings`."""
    if name in references.NAMES:
        return [f"`{name}` is a reference in every run, and so in {_link(LEADERBOARD)}."]
    for table in TABLES:
        file = root / "results" / f"{table}.json"
        numbers: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {"rows": {}}
        rows = {label: row for label, row in numbers["rows"].items() if label.partition(",")[0] == name}
        if rows:
            shown = SHOWN if table == LEADERBOARD else metrics(*chain.from_iterable(numbers["read_by"].values()))
            return [*results(table, rows, shown), *other_settings(name, words, rows.get(name))]
    return [f"No table of [results](../results.md) has `{name}` yet."]


def results(table: str, rows: Mapping[str, Any], shown: Metrics) -> list[str]:
    """A line for each row and protocol, the mean over repeats and, in brackets, the standard deviation; then costs."""
    repeats = len(next(iter(rows.values()))["timings"]["fit_s"])
    lines = [f"| row | protocol | {' | '.join(map(heading, shown))} |", "|---" * (len(shown) + 2) + "|"]
    for label, row in rows.items():
        for protocol in dict.fromkeys(MetricName.parse(metric).protocol for metric in row["metrics"]):
            cells = [_cell(row["metrics"].get(str(name.under(protocol)))) for name in shown]
            lines.append(f"| {label} | `{protocol}` | {' | '.join(cells)} |")
    lines += ["", f"Mean over {repeats} repeats (standard deviation); with intervals: {_link(table)}.", ""]
    for label, row in rows.items():
        seconds = ", ".join(f"{stage} {fmean(row['timings'][key]):.1f}" for stage, key in STAGES.items())
        lines.append(f"- CPU seconds of a repeat, {label}: {seconds}")
    return lines


def _link(table: str) -> str:
    return f"[{table}.md](../../results/{table}.md)"


def other_settings(name: str, words: str, row: Mapping[str, Any] | None) -> list[str]:
    """A line that names those settings of the row NAME that are not the file's; none where all are."""
    if row is None:
        return []
    now = dict(_leaves(yaml.safe_load(words)))
    then = renamed.renamed(row["parameters"], name)
    changed = [f"`{path}` {runs.short(then[path])}" for path, value in now.items() if _other(value, then.get(path))]
    return ["", f"The row `{name}` is of other settings than those above: {', '.join(changed)}."] if changed else []


def _other(now: Any, then: Any) -> bool:
    """Whether both are there and differ; YAML takes 2e-3, without a point, for a word."""
    if isinstance(then, float) and isinstance(now, str):
        now = float(now)
    return then is not None and now != then


def _leaves(tree: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    """Settings by path; without references to other settings."""
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{above}{name}.")
        elif "${" not in str(value):
            yield f"{above}{name}", value


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, say what is out of date")
    parser.add_argument("--root", type=Path, default=ROOT, help="the folder with conf/, docs/ and results/")
    options = parser.parse_args(arguments)
    wrong: list[str] = []
    for name in models(options.root):
        try:
            text = filled(options.root, name)
        except Unfit as error:
            wrong.append(str(error))
            continue
        file = card(options.root, name)
        if not options.check:
            atomic.write_text(file, text)
        elif file.read_text(encoding="utf-8") != text:
            wrong.append(f"docs/models/{name}.md is out of date: run `python -m benchmarks.model_cards`")
    print("\n".join(wrong), end="\n" if wrong else "")
    return int(bool(wrong))


def _between(text: str, name: str, section: str, lines: Sequence[str]) -> str:
    begin, end = f"<!-- {section}: written by `python -m benchmarks.model_cards` -->", f"<!-- end of {section} -->"
    before, opened, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not opened or not closed:
        raise Unfit(f"docs/models/{name}.md: expected the lines {begin!r} and {end!r}")
    return "\n".join([before + begin, "", *lines, "", end + after])


def _cell(repeats: Sequence[float] | None) -> str:
    if repeats is None or None in repeats:
        return ""
    spread = f" ({stdev(repeats):.3f})" if len(repeats) > 1 else ""
    return f"{fmean(repeats):.3f}{spread}"


if __name__ == "__main__":
    sys.exit(main())
