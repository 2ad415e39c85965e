"""Writes which numbers of results/*.json moved beyond their 95% interval since an older commit, and why.

    python -m benchmarks.results.moved                    # results/moved.md, against 6c76e98
    python -m benchmarks.results.moved --since HEAD~20

Both files' repeats are on the same splits, so that each difference is paired repeat by repeat, too.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.results import older
from benchmarks.results.reasons import BY_STUDY, UNKNOWN
from recsys import atomic
from recsys.cli import renamed
from recsys.comparison.differences import ALPHA
from recsys.comparison.formats import Table, markdown
from recsys.comparison.runs import Refused, Run, check, short
from recsys.comparison.significance import Difference, corrected_t_test
from recsys.comparison.tables import counted, level
from recsys.environment import ROOT
from recsys.evaluation.intervals import Summary
from recsys.evaluation.metric_name import MetricName
from recsys.experiments import seen, stored

SINCE = "6c76e98"
READING = (
    "A number moved where its present mean lies outside of the 95% interval that it had. Where the older file keeps no "
    "interval, its mean lies outside of the present one. ±: half of the interval. Differences are now minus before, "
    "paired repeat by repeat on the same splits, with the interval of the corrected resampled t-test; its p is not "
    f"adjusted (level {ALPHA}). What differs: settings of the two files, but for those that the older one does not "
    "name; `study` where the [study](tuning/README.md) of a model found the present value. Why: the change, and the "
    f"commit that made it; {UNKNOWN} where no study found all settings that differ, or none differs. What that "
    "commit did not measure itself, its code can be run on later ([older/](older/README.md))."
)


@dataclass(frozen=True, slots=True)
class Number:
    """One metric of one row. moved: the mean of now lies outside the interval; None: neither file has one."""

    name: MetricName
    before: Summary
    now: Summary
    paired: Difference | None

    @property
    def moved(self) -> bool | None:
        if self.before.low is not None and self.before.high is not None:
            return not self.before.low <= self.now.mean <= self.before.high
        if self.now.low is not None and self.now.high is not None:
            return not self.now.low <= self.before.mean <= self.now.high
        return None

    @property
    def significant(self) -> bool:
        return self.paired is not None and self.paired.p is not None and self.paired.p < ALPHA


@dataclass(frozen=True, slots=True)
class Row:
    """What both files have of a row. why: what differs in settings and code; reason: what made them differ."""

    label: str
    numbers: tuple[Number, ...]
    why: str
    reason: str


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        results = options.root / "results"
        before = {**dict(older.stored_at(options.since, options.root)), **dict(older.run_later(options.since, results))}
    except Refused as error:
        print(error, file=sys.stderr)
        return 2
    lines = page(before, results, options.since)
    atomic.write_text(results / "moved.md", "\n".join([*lines, ""]))
    return 0


def page(before: Mapping[str, Mapping[str, Any]], results: Path, since: str) -> list[str]:
    """Markdown."""
    lines = [f"# What moved since {since}", "", READING, ""]
    studies = [json.loads(file.read_text(encoding="utf-8")) for file in sorted((results / "tuning").glob("*.json"))]
    for name, values in before.items():
        lines += [f"## {name}", "", *_section(values, results / f"{name}.json", studies), ""]
    new = sorted(
        file.stem
        for file in results.glob("*.json")
        if file.stem not in before and "stamp" in json.loads(file.read_text(encoding="utf-8"))
    )
    return [*lines, f"Not there at {since}: {', '.join(new) or 'nothing'}."]


def compared(then: Run, now: Run, studies: Sequence[Mapping[str, Any]]) -> Row:
    """Raises `Refused` where data, split, test rows or protocols differ; facts, which older stamps lack, may."""
    check([_without_facts(then), _without_facts(now)])
    names = [MetricName.parse(name) for name in now.summary["metrics"] if name in then.summary["metrics"]]
    pairs = [(name, then.metric(name), now.metric(name)) for name in names]
    numbers = [
        Number(name, old, new, _paired(old, new, now))
        for name, old, new in pairs
        if old is not None and new is not None
    ]
    return Row(now.label, tuple(numbers), *why(then, now, studies))


def why(then: Run, now: Run, studies: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """Settings that differ, which of them a study found, and the two commits; and the reason.

    The reason is that of the study that found the most of them, where studies found them all; `UNKNOWN` elsewhere.
    """
    before, current = older.settings(then, now), older.settings(now, now)
    changed = {name: value for name, value in current.items() if name in before and before[name] != value}
    found = {study["model"]: _found(study, changed, current) for study in studies}
    by_study = {name for names in found.values() for name in names}
    words = [
        f"{name} {short(before[name])} to {short(value)}" + " (study)" * (name in by_study)
        for name, value in changed.items()
    ]
    commits = f"commit {str(then.environment['commit'])[:7]} to {str(now.environment['commit'])[:7]}"
    reason = UNKNOWN
    if changed and by_study == changed.keys():
        most = max(found, key=lambda model: len([name for name in found[model] if not name.startswith(renamed.MEMBER)]))
        reason = BY_STUDY.get(most, UNKNOWN)
    return f"{', '.join(words) or 'no setting differs: the code'}; {commits}", reason


def _found(study: Mapping[str, Any], changed: Mapping[str, Any], settings: Mapping[str, Any]) -> set[str]:
    """The changed settings whose values the study found, for its model or for a member of a stack."""
    names: set[str] = set()
    for above in ("", f"{renamed.MEMBER}{study['model']}."):
        values = {f"{above}{path}": seen.rounded(value) for path, value in seen.found(study).items()}
        if values.keys() <= settings.keys():
            names |= {name for name, value in changed.items() if values.get(name) == seen.rounded(value)}
    return names


def _section(before: Mapping[str, Any], file: Path, studies: Sequence[Mapping[str, Any]]) -> list[str]:
    if not file.exists():
        return [f"There is no results/{file.name} now."]
    current: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    try:
        now = {run.label: run for run in stored.read(file, own_splits=True)}
        then = older.read(before, current)
    except Refused as error:
        return [f"Not compared: {markdown(str(error).removeprefix(f'{file}: '))}."]
    rows: list[Row] = []
    refused: list[str] = []
    for label in (label for label in now if label in then):
        try:
            rows.append(compared(replace(then[label], label=f"{label} before"), now[label], studies))
        except Refused as error:
            refused.append(f"{label}: not compared: {error}.")
    gone = (
        [f"Rows that are gone: {', '.join(label for label in then if label not in now)}."]
        if then.keys() - now.keys()
        else []
    )
    new = [f"New rows: {', '.join(label for label in now if label not in then)}."] if now.keys() - then.keys() else []
    said = [*_counts(rows), *refused, *gone, *new]
    return [*_table(rows), "\n\n".join(map(markdown, said))]


def _table(rows: Sequence[Row]) -> list[str]:
    lines: list[tuple[str, ...]] = []
    for row in rows:
        moved = [number for number in row.numbers if number.moved]
        for number in moved:
            first = number is moved[0]
            lines.append(
                (
                    row.label if first else "",
                    f"{number.name.protocol}: {number.name.heading}",
                    level(number.before),
                    level(number.now),
                    _signed(number),
                    row.why if first else "",
                )
            )
    if not lines:
        return []
    head = ("row", "metric", "before", "now", "difference, paired", "what differs")
    reasons = [f"- {markdown(row.label)}: {row.reason}." for row in rows if any(one.moved for one in row.numbers)]
    return [*Table("", head, tuple(lines)).markdown(), "", "Why:", "", *reasons, ""]


def _counts(rows: Sequence[Row]) -> list[str]:
    numbers = [number for row in rows for number in row.numbers]
    if not numbers:
        return []
    moved = sum(number.moved is True for number in numbers)
    unknown = [number for number in numbers if number.moved is None]
    equal = sum(number.before.repeats == number.now.repeats for number in numbers)
    within = sum(number.moved is False and number.significant for number in numbers)
    said = (
        f"{counted(len(numbers), 'number')} of {counted(len(rows), 'row')} compared: {moved} moved beyond their "
        f"interval, {within} more differ in the paired test alone, {equal} are equal in all repeats."
    )
    if unknown:
        other = sum(number.before.repeats != number.now.repeats for number in unknown)
        said += f" {len(unknown)} have no interval in either file; of these {other} are others now."
    return [said]


def _paired(before: Summary, now: Summary, run: Run) -> Difference | None:
    """Over repeats that draw their test rows anew; None elsewhere."""
    if not run.resamples or run.repeats < 2:
        return None
    differences = [new - old for old, new in zip(before.repeats, now.repeats, strict=True)]
    return corrected_t_test(differences, run.test_to_train)


def _signed(number: Number) -> str:
    paired = number.paired
    if paired is None or paired.low is None or paired.high is None:
        return f"{number.now.mean - number.before.mean:+.4f}"
    return f"{paired.mean:+.4f} ± {(paired.high - paired.low) / 2:.4f}"


def _without_facts(run: Run) -> Run:
    stamp = {part: value for part, value in run.stamp.items() if part != "facts"}
    return replace(run, summary={**run.summary, "stamp": stamp})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.results.moved",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--since", default=SINCE, metavar="COMMIT", help="that results/ is compared with")
    parser.add_argument("--root", type=Path, default=ROOT, help="the clone, with results/ in it")
    return parser


if __name__ == "__main__":
    sys.exit(main())
