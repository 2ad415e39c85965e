"""Writes which numbers of results/*.json moved beyond their 95% interval since an older commit, and why.

    python -m benchmarks.results.moved                    # results/moved.md, against 6c76e98
    python -m benchmarks.results.moved --since HEAD~20

Both files' repeats are on the same splits, so that each difference is paired repeat by repeat, too.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

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
ROWS: Mapping[str, str] = MappingProxyType(
    {
        "blend": "stacking",
        "xdeepfm, no neighbours": "xdeepfm, no item-item models",
        "bert4rec_next_item, no neighbours": "bert4rec_next_item, no item-item models",
        "no neighbours": "no item-item models",
        "no encodings": "no target encoding",
        "all blanks placed": "all masks positioned",
        "no blank placed": "no mask positioned",
    }
)
"""A row's label before -> now."""
READING = (
    "A number moved where its present mean lies outside of the 95% interval that it had. Where the older file keeps no "
    "interval, its mean lies outside of the present one. ±: half of the interval. Differences are now minus before, "
    "paired repeat by repeat on the same splits, with the interval of the corrected resampled t-test; its p is not "
    f"adjusted (level {ALPHA}). Why: settings that differ between the two files; `study` where the "
    "[study](tuning/README.md) of a model found the present value. Settings that the older file does not name are left "
    "out."
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
    """What both files have of a row. why: what differs in settings and code."""

    label: str
    numbers: tuple[Number, ...]
    why: str


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        before = dict(stored_at(options.since, options.root))
    except Refused as error:
        print(error, file=sys.stderr)
        return 2
    lines = page(before, options.root / "results", options.since)
    atomic.write_text(options.root / "results" / "moved.md", "\n".join([*lines, ""]))
    return 0


def stored_at(revision: str, root: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name of an experiment's files -> its JSON at the revision; raises `Refused` where the clone does not have it."""
    if subprocess.run(
        _git(root, "cat-file", "-e", f"{revision}^{{commit}}"), capture_output=True, check=False
    ).returncode:
        raise Refused(
            f"expected commit {revision} in this clone, found none; a shallow clone gets it by `git fetch "
            "--unshallow`, and --since names another"
        )
    for path in _said(root, "ls-tree", "--name-only", revision, "results/").splitlines():
        if path.endswith(".json"):
            values = json.loads(_said(root, "show", f"{revision}:{path}"))
            if "stamp" in values:  # an experiment's
                yield Path(path).stem, values


def page(before: Mapping[str, Mapping[str, Any]], results: Path, since: str) -> list[str]:
    """Markdown."""
    lines = [f"# What moved since {since}", "", READING, ""]
    for name, values in before.items():
        lines += [f"## {name}", "", *_section(values, results / f"{name}.json", results / "tuning"), ""]
    new = sorted(
        file.stem
        for file in results.glob("*.json")
        if file.stem not in before and "stamp" in json.loads(file.read_text(encoding="utf-8"))
    )
    return [*lines, f"Not there at {since}: {', '.join(new) or 'nothing'}."]


def compared(then: Run, now: Run, studies: Path) -> Row:
    """Raises `Refused` where data, split, test rows or protocols differ; facts, which older stamps lack, may."""
    check([_without_facts(then), _without_facts(now)])
    names = [MetricName.parse(name) for name in now.summary["metrics"] if name in then.summary["metrics"]]
    pairs = [(name, then.metric(name), now.metric(name)) for name in names]
    numbers = [
        Number(name, old, new, _paired(old, new, now))
        for name, old, new in pairs
        if old is not None and new is not None
    ]
    return Row(now.label, tuple(numbers), why(then, now, studies))


def why(then: Run, now: Run, studies: Path) -> str:
    """Settings that differ, and which of them a study found; that none does; and the two commits."""
    settings = {_now(name, now): value for name, value in then.summary["parameters"].items()}
    current: Mapping[str, Any] = now.summary["parameters"]
    found = _found(studies, current)
    changed = [
        f"{name} {short(settings[name])} to {short(value)}"
        + (" (study)" if (name, seen.rounded(value)) in found else "")
        for name, value in current.items()
        if name in settings and settings[name] != value
    ]
    commits = f"commit {str(then.environment['commit'])[:7]} to {str(now.environment['commit'])[:7]}"
    return f"{', '.join(changed) or 'no setting differs: the code'}; {commits}"


def _section(before: Mapping[str, Any], file: Path, studies: Path) -> list[str]:
    if not file.exists():
        return [f"There is no results/{file.name} now."]
    current: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    try:
        now = {run.label: run for run in stored.read(file, own_splits=True)}
        then = {ROWS.get(run.label, run.label): run for run in _read(before, current)}
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
    head = ("row", "metric", "before", "now", "difference, paired", "why")
    return [*Table("", head, tuple(lines)).markdown(), ""] if lines else []


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


def _read(before: Mapping[str, Any], current: Mapping[str, Any]) -> list[Run]:
    """The older file's rows; the share of test rows, which it may lack, is that of the same split now."""
    ratios = {row["split"]: row.get("test_to_train") for row in current["rows"].values()}
    rows = {
        label: {**({"test_to_train": ratios[row["split"]]} if ratios.get(row["split"]) else {}), **row}
        for label, row in before["rows"].items()
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "before.json"
        file.write_text(json.dumps({**before, "rows": rows}), encoding="utf-8")
        try:
            return stored.read(file, own_splits=True)
        except Refused as error:
            raise Refused(str(error).removeprefix(f"{file}: ")) from error


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


def _now(name: str, run: Run) -> str:
    """An older setting by the name that it has in the run, whose label need not name its model."""
    current: Mapping[str, Any] = run.summary["parameters"]
    names = [name, *(renamed.option(name, model) for model in ("stacking", *renamed.OPTIONS))]
    return next((new for new in names if new in current), name)


def _found(studies: Path, settings: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """(path, value) of what studies of models with these settings found, of the members of a stack, too."""
    pairs: list[tuple[str, Any]] = []
    for file in studies.glob("*.json"):
        study: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        for above in ("", f"{renamed.MEMBER}{study['model']}."):
            values = {f"{above}{path}": seen.rounded(value) for path, value in seen.found(study).items()}
            pairs += values.items() if values.keys() <= settings.keys() else ()
    return pairs


def _without_facts(run: Run) -> Run:
    stamp = {part: value for part, value in run.stamp.items() if part != "facts"}
    return replace(run, summary={**run.summary, "stamp": stamp})


def _git(root: Path, *words: str) -> list[str]:
    return ["git", "-C", str(root), *words]


def _said(root: Path, *words: str) -> str:
    return subprocess.run(_git(root, *words), capture_output=True, text=True, check=True).stdout


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
