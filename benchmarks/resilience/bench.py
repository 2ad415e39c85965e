"""What the scenarios share: a small run on made-up data, the same run undisturbed, and a row for the table."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.resilience import outcome, tracked
from benchmarks.resilience.commands import Ended, Unexpected, ended
from benchmarks.resilience.tracked import Tracked
from recsys.store.run_folder import RECORD, RunFolder


@dataclass(frozen=True, slots=True)
class Workload:
    """words: of run.py, all but where the files go and where the run is tracked."""

    words: tuple[str, ...]
    repeats: int

    def command(self, folder: Path, tracking: str = "tracking=none", executor: str = "local", *more: str) -> list[str]:
        where = [f"hydra.run.dir={folder}", tracking, f"executor={executor}"]
        return ["run.py", *self.words, f"split.repeats={self.repeats}", *where, *more]


MADE_UP = ("dataset=synthetic-100k", "dataset.users=200", "dataset.items=300", "dataset.ratings=10000")
SMALL = Workload(("model=svdpp", *MADE_UP), 12)
"""A repeat takes half a second or so."""
EASE = Workload(("model=ease", *MADE_UP), 2)
"""Over in no time."""
LONGER = Workload((*SMALL.words, "model.rating.steps=300", "model.implicit.steps=300"), 6)
"""Repeats of a second or two: time for MLflow to be told of them while the run goes on."""


@dataclass(frozen=True, slots=True)
class Row:
    """A scenario.

    done    what is done, in words
    times   how often
    must    what must hold
    found   what was found
    ok      whether all held; None: it could not be done here, and `found` says why
    """

    name: str
    done: str
    times: int
    must: str
    found: str
    ok: bool | None


@dataclass(frozen=True, slots=True)
class Unstopped:
    """A run that nothing happened to; seconds: from start to exit. tracked: None where it is sent nowhere."""

    folder: Path
    seconds: float
    tracked: Tracked | None


@dataclass(slots=True)
class Bench:
    """A place for the runs of all scenarios.

    folder      temporary, on a local disk
    executors   that the runs with kills and signals take in turn
    tell        says how far it has come
    """

    folder: Path
    kills: int
    seed: int
    executors: Sequence[str]
    tell: Callable[[str], None]
    workload: Workload = SMALL
    _unstopped: dict[tuple[object, ...], Unstopped] = field(default_factory=dict[tuple[object, ...], Unstopped])

    @property
    def logs(self) -> Path:
        logs = self.folder / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        return logs

    def place(self, name: str) -> Path:
        """A new folder."""
        place = self.folder / name
        place.mkdir(parents=True)
        return place

    def database(self, place: Path) -> Path:
        """A database with MLflow's tables and no run, in `place`; its making takes seconds, and is done once."""
        template, database = self.folder / "template.db", place / "mlflow.db"
        if not template.exists():
            words = f"from recsys.output import mlflow_store as s; s.connect('sqlite:///{template}')"
            made = self.finish(["-c", words])
            if made.code != 0:
                raise Unexpected(f"expected a database, got {made.last_words()}")
        shutil.copyfile(template, database)
        return database

    def finish(self, words: Sequence[str]) -> Ended:
        return ended(words, self.logs)

    def unstopped(self, workload: Workload | None = None, executor: str = "local", sent: bool = True) -> Unstopped:
        """Run once, and kept."""
        workload = workload or self.workload
        key = (workload, executor, sent)
        if key not in self._unstopped:
            place = self.place(f"unstopped-{len(self._unstopped)}")
            database = place / "mlflow.db"
            found = self.finish(
                workload.command(place / "run", sqlite(database) if sent else "tracking=none", executor)
            )
            if found.code != 0:
                raise Unexpected(f"expected an undisturbed run to end well, got {found.last_words()}")
            runs = tracked.tracked(database, RunFolder(place / "run").record.id)
            self._unstopped[key] = Unstopped(place / "run", found.seconds, runs[0] if sent else None)
            self.tell(f"an undisturbed run, executor={executor}: {found.seconds:.1f} s")
        return self._unstopped[key]


def sqlite(database: Path) -> str:
    return f"tracking.uri=sqlite:///{database}"


def kept(folder: Path) -> int:
    """Finished repeats."""
    return len(RunFolder(folder).numbers)


def differences(folder: Path, database: Path | None, expected: Unstopped) -> list[str]:
    """Of a run's files and, with a database, of what MLflow has of it; empty: none."""
    if not (folder / RECORD).exists():
        return ["there is no run.json"]
    found = [outcome.difference(folder, expected.folder)]
    if database is not None:
        assert expected.tracked is not None
        found.append(tracked.difference(database, RunFolder(folder).record.id, expected.tracked))
    return [words for words in found if words is not None]


def row(name: str, done: str, times: int, must: str, found: str, problems: Sequence[str]) -> Row:
    """Fails where there is a problem."""
    return Row(name, done, times, must, "; ".join([found, *dict.fromkeys(problems)]), not problems)
