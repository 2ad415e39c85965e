"""One run from end to end: load, check, run what is missing, and derive all outputs from what is kept."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import threading
import time
import uuid
from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, Protocol

from rich.text import Text

from recsys.dataset import DataError
from recsys.environment import environment
from recsys.execution.executor import Executor, Work
from recsys.output import artifacts, console
from recsys.output.tracking import Follower, Tracker
from recsys.results import Description, Job, Results
from recsys.store import lock, search
from recsys.store.key import Key, differences
from recsys.store.run_folder import RECORD, KeepModels, Record, RunFolder, Status
from recsys.store.shard import Shard
from recsys.task import Data, MeasurementProtocol, Model, Splitter, Task

logger = logging.getLogger(__name__)


class Source(Protocol):
    """A data set that can be had."""

    def load(self) -> Data: ...


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for.

    name     the model's, as on the command line
    config   all settings, YAML, kept with the run as it is
    """

    name: str
    seed: int
    task: Task
    source: Source
    splitter: Splitter
    protocols: Sequence[MeasurementProtocol]
    model: Model
    tracker: Tracker
    config: str
    keep_models: KeepModels = "last"

    def load(self) -> Data:
        """The data; raises `DataError` where they are of another task."""
        data = self.source.load()
        if not isinstance(data, self.task.data_type):
            raise DataError(
                f"task={self.task.name} expects data of the type {self.task.data_type.__name__}, {data.name} is "
                f"{type(data).__name__}; choose another dataset= or task="
            )
        return data

    def job(self, data: Data) -> Job:
        return Job(self.name, self.seed, self.task, data, self.splitter, tuple(self.protocols), self.model)


@dataclass(frozen=True, slots=True)
class Pending:
    """A run whose missing repeats are to be run; label: what the screen calls it."""

    label: str
    request: Request
    job: Job
    key: Key
    run: RunFolder

    @property
    def asked(self) -> Sequence[int]:
        return self.job.splitter.numbers


def run(
    request: Request, executor: Executor, folder: Path, *, resume: bool = True, places: Sequence[Path] = ()
) -> Results:
    """Runs the repeats that are asked for and missing, and derives the files of the run from all that are kept.

    folder   of a new run
    resume   takes the newest run of the same key in `folder` or below `places` that lacks some of these repeats

    Stopped or failing halfway, it keeps what was finished; the error's notes say where, and how many.
    Raises `DataError` where `folder` holds another run, or a finished one: nothing is overwritten.
    """
    screen = console.screen()
    request.tracker.check()
    data = request.load()
    console.introduce(screen, data)
    job = request.job(data)
    key = Key.of(job, request.source)
    if not resume and (folder / RECORD).exists():
        raise DataError(f"{folder} holds a run, and resume=false starts anew: choose another folder with hydra.run.dir")
    older = search.unfinished([folder, *places], key.digest, job.splitter.numbers) if resume else None
    pending = Pending(request.name, request, job, key, older or RunFolder(folder))
    if older is not None:
        _leave(folder, older.path)
    carry_out([pending], executor, screen)
    results = Results.of(pending.run.finished())
    console.tables(screen, pending.run.record.description, results)
    console.point(screen, pending.run.path, artifacts.written(pending.run), request.tracker.look())
    return results


def carry_out(pending: Sequence[Pending], executor: Executor, screen: console.Console) -> None:
    """Runs all missing repeats of all runs through one queue. A run is complete when its last repeat is kept."""
    with terminable(), ExitStack() as opened:
        runs = [opened.enter_context(_writing(item, screen)) for item in pending]
        queue = [(run, number) for run in runs for number in run.missing]
        if queue:
            queue[0][0].follow()
        work = [Work(run.pending.job, number, run.pending.request.keep_models != "none") for run, number in queue]
        names = dict.fromkeys(run.pending.label for run in runs)
        tell = opened.enter_context(console.progress(screen, ", ".join(names), len(work)))
        if len(work) > 1:
            screen.print(f"{len(work)} repeats, in {executor.describe(len(work))}", style="dim", markup=False)
        try:
            for place, shard in opened.enter_context(closing(executor.run(work))):
                run, _ = queue[place]
                run.keep(shard)
                label = f"{run.pending.label}, " if len(runs) > 1 else ""
                tell(f"{label}{console.line(shard.finished, run.pending.job.task.headline, len(run.asked))}")
        except BaseException as error:
            kept, asked = sum(len(run.run.numbers) for run in runs), sum(len(run.asked) for run in runs)
            where = Path(os.path.commonpath([run.run.path.absolute() for run in runs]))
            error.add_note(f"{kept} of {asked} repeats are kept in {console.shown(where)}")
            raise


class _Writing:
    """A run whose folder this process alone writes to, while its repeats come in."""

    def __init__(self, pending: Pending, screen: console.Console) -> None:
        self.pending, self.run, self.ended = pending, pending.run, False
        self.missing = self._begin(screen)
        self.asked = sorted({*pending.asked, *self.run.numbers})
        self._record()
        self._follower: Follower | None = None

    def _begin(self, screen: console.Console) -> list[int]:
        """The repeats to run. Raises `DataError` where the folder is not for them."""
        run, asked = self.run, self.pending.asked
        if not (run.path / RECORD).exists():
            if (run.path / artifacts.SUMMARY).exists():
                raise DataError(
                    f"{run.path}: expected an empty folder or a run that can go on, found a run of an older version; "
                    "delete the folder, or choose another with hydra.run.dir=FOLDER"
                )
            return run.missing(asked)
        before = run.record
        if before.key != self.pending.key.digest:
            raise DataError(
                f"{run.path} holds another run, of key {before.key}: they differ in "
                f"{differences(before.parts, self.pending.key.parts)}; delete it, or choose another folder with "
                "hydra.run.dir=FOLDER"
            )
        run.tidy()
        for number, reason in run.damaged().items():
            aside = run.set_aside(number)
            logger.warning("repeat %s is damaged (%s): moved to %s, and run again", number, reason, aside)
        missing = run.missing(asked)
        if not missing and before.status == "finished":
            raise DataError(
                f"{run.path} holds this run, finished: its files are as they were (`python -m recsys sync {run.path}` "
                "sends what tracking lacks); delete it to run anew, or choose another folder with hydra.run.dir=FOLDER"
            )
        kept = len(run.numbers)
        words = f"Goes on with {console.shown(run.path)}: {kept} of {kept + len(missing)} repeats are there"
        screen.print(Text(words), soft_wrap=True)
        return missing

    def _record(self) -> None:
        run, pending = self.run, self.pending
        before = run.record if (run.path / RECORD).exists() else None
        record = Record(
            id=before.id if before else uuid.uuid4().hex,
            key=pending.key.digest,
            parts=pending.key.parts,
            status="running",
            started=before.started if before else time.time(),
            repeats=tuple(self.asked),
            description=Description.of(pending.job),
            tracking=pending.request.tracker.store,
            config=pending.request.config,
            environment=environment(),
        )
        run.write(record)

    def follow(self) -> Follower:
        """Sends the run to where it is tracked, from now on."""
        if self._follower is None:
            self._follower = self.pending.request.tracker.follow(self.run)
        return self._follower

    def keep(self, shard: Shard) -> None:
        self.run.keep(shard, self.pending.request.keep_models)
        self.follow().repeat()
        if not self.run.missing(self.asked):
            self.end("finished")

    def end(self, status: Status) -> None:
        """Derives the files, says how the run ended, and lets tracking catch up."""
        self.ended = True
        if status == "finished":
            self.follow()
        files = artifacts.write(self.run, status)
        self.run.update(status=status)  # last: a run whose files could not be written is not finished
        if self._follower is not None:
            unsent = self._follower.close(files, interrupted=status == "stopped")
            if unsent is not None:
                logger.warning(unsent)


@contextmanager
def _writing(pending: Pending, screen: console.Console) -> Generator[_Writing]:
    """Holds the folder's lock; whatever ends the block, the run's files and status tell of what is kept."""
    with lock.held(pending.run.path):
        writing = _Writing(pending, screen)
        try:
            yield writing
            if not writing.ended:
                writing.end("finished")
        except BaseException as error:
            if not writing.ended:
                stopped = isinstance(error, (KeyboardInterrupt, SystemExit))
                try:
                    writing.end("stopped" if stopped else "failed")
                except OSError as second:
                    if getattr(error, "errno", None) != second.errno:  # of a full disk `error` tells already
                        logger.warning("%s: the files of the run could not be written: %s", pending.run.path, second)
            raise


def _leave(new: Path, older: Path) -> None:
    """The run goes on in an older folder: the log goes there, too, and the new folder, if empty, goes."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.FileHandler) and Path(handler.baseFilename).parent == new.absolute():
            handler.baseFilename = str(older.absolute() / Path(handler.baseFilename).name)
    if new.absolute() != older.absolute():
        for folder in (new, new.parent):
            with contextlib.suppress(OSError):
                folder.rmdir()


@contextmanager
def terminable() -> Generator[None]:
    """SIGTERM, which schedulers send, unwinds like Ctrl-C instead of ending the process on the spot."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, _: object) -> NoReturn:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
