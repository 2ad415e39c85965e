"""Sets of runs: each row of conf/experiment/NAME.yaml is a run, and together they make a table and a figure.

    python run.py experiment=figure6
    python run.py experiment=figure6 split.repeats=2 hydra.run.dir=/tmp/rows experiment.results=/tmp/results

A row is done when there is a finished run of its key: of the same settings, data and code. So an experiment which was
stopped goes on where it was, and a new caption costs nothing; a row whose settings, data or code have changed is stale
and runs again, into a folder of its own. All missing repeats of all rows go through one queue.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from rich.text import Text

from recsys import driver
from recsys.comparison.runs import Refused, Run
from recsys.execution.executor import Executor
from recsys.experiments import report, seen
from recsys.experiments.definition import Experiment, options_by_row
from recsys.output import console
from recsys.request import Request
from recsys.results import Job
from recsys.store import search
from recsys.store.key import Key, differences
from recsys.store.run_folder import RunFolder
from recsys.task import Data

DIGITS = 8  # of a row's key, in the name of its folder


@dataclass(frozen=True, slots=True)
class Row:
    """One row and its run. done: its run is finished, with the repeats that are asked for and no others."""

    pending: driver.Pending
    done: bool

    @property
    def run(self) -> RunFolder:
        return self.pending.run


def run(
    experiment: Experiment,
    overrides: Sequence[str],
    executor: Executor,
    folder: Path,
    places: Sequence[Path],
    requested: Callable[[Sequence[str]], Request],
) -> None:
    """Runs the rows that are not done, and writes the report.

    overrides   the command line's; those about experiments are left out
    folder      of new runs, one folder in it for each
    places      where finished runs may be, too
    requested   makes the request that some overrides ask for
    """
    words = options_by_row(experiment.options, experiment.rows, overrides)
    # All before the first run: a misspelt option in the last row is reported now.
    requests = {label: _request(requested, row) for label, row in words.items()}
    names = {label: re.sub(r"[^\w.]+", "-", label).strip("-") for label in words}
    if len(set(names.values())) < len(names):
        raise Refused(f"{experiment.name}: expected labels that differ in letters or digits, got {', '.join(names)}")
    screen, data, by_key, rows = console.screen(), dict[str, Data](), dict[str, Row](), dict[str, Row]()
    for label, request in requests.items():
        work = _job(request, data, screen)
        key = Key.of(work, request.source)
        if key.digest not in by_key:  # rows of equal settings share a run
            by_key[key.digest] = _row(label, request, work, key, folder / names[label], [folder, *places], screen)
        rows[label] = by_key[key.digest]
    missing = [row.pending for row in by_key.values() if not row.done]
    if missing:
        labels = ", ".join(item.label for item in missing)
        screen.print(Text(f"\n{experiment.name}: {len(missing)} of {len(rows)} rows to run: {labels}"), soft_wrap=True)
        driver.carry_out(missing, executor, screen)
    runs = [Run.read(row.run.path, label) for label, row in rows.items()]
    report.write(experiment, runs, seen.notes(runs, experiment.results / "tuning", [folder, *places]))
    screen.print(f"\nFiles: {experiment.results}/{experiment.name}.*", markup=False)


def _request(requested: Callable[[Sequence[str]], Request], words: Sequence[str]) -> Request:
    """Of real data, or none: a row on made-up data among others on real ones would say nothing."""
    request = requested(words)
    fallback = getattr(request.source, "fallback", None)
    return request if fallback is None else requested([*words, "dataset.fallback=null"])


def _job(request: Request, loaded: dict[str, Data], screen: console.Console) -> Job:
    """loaded: data by what they were loaded with, which rows share."""
    request.tracker.check()
    source = repr(request.source)
    if source not in loaded:
        loaded[source] = request.load()
        console.introduce(screen, loaded[source])
    return request.job(loaded[source])


def _row(
    label: str,
    request: Request,
    work: Job,
    key: Key,
    folder: Path,
    places: Sequence[Path],
    screen: console.Console,
) -> Row:
    """folder: of a new run, without the digits of its key."""
    asked = tuple(work.splitter.numbers)
    for run in search.of_key(places, key.digest):
        if run.record.status != "finished" or run.numbers != asked:
            continue
        damaged = run.damaged()
        if not damaged:
            return Row(driver.Pending(label, request, work, key, run), done=True)
        reason = next(iter(damaged.values()))
        screen.print(Text(f"{label}: {console.shown(run.path)} is damaged: {reason}"), soft_wrap=True)
    older = search.unfinished(places, key.digest, asked)
    if older is not None and set(older.numbers) <= set(asked):
        return Row(driver.Pending(label, request, work, key, older), done=False)
    stale = _newest(folder)
    if stale is not None and stale.record.key != key.digest:
        reason = differences(stale.record.parts, key.parts)
        screen.print(Text(f"{label}: {console.shown(stale.path)} is stale: {reason}"), soft_wrap=True)
    new = folder.with_name(f"{folder.name}-{key.digest[:DIGITS]}")
    return Row(driver.Pending(label, request, work, key, _free(new)), done=False)


def _newest(folder: Path) -> RunFolder | None:
    """The newest run of this row, whatever its key."""
    pattern = re.compile(re.escape(folder.name) + rf"-[0-9a-f]{{{DIGITS}}}(-\d+)?")
    runs = [run for run in search.runs([folder.parent]) if pattern.fullmatch(run.path.name)]
    return max(runs, key=lambda run: run.record.started, default=None)


def _free(folder: Path) -> RunFolder:
    """The folder, or with a number where it holds a run that cannot be used, of other repeats or damaged."""
    numbered = (folder if number == 0 else folder.with_name(f"{folder.name}-{number}") for number in count())
    return RunFolder(next(place for place in numbered if not place.exists()))
