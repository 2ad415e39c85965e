"""The driver: has the missing repeats of runs run, and keeps what comes back. It alone writes and talks to MLflow."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
import uuid
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, Protocol

from rich.text import Text

from recsys.dataset import DataError
from recsys.environment import environment
from recsys.execution.executor import Executor, Failure, Work
from recsys.output import artifacts, console
from recsys.output.tracking import Follower
from recsys.request import Request
from recsys.results import Description, Finished, Job
from recsys.store import lock
from recsys.store.key import Key, differences
from recsys.store.run_folder import RECORD, Record, RunFolder, Status
from recsys.store.shard import Shard

logger = logging.getLogger(__name__)


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
                assert isinstance(shard, Shard)  # failures are of trials
                run.keep(shard)
                label = f"{run.pending.label}, " if len(runs) > 1 else ""
                tell(f"{label}{console.line(shard.finished, run.pending.job.protocols, len(run.asked))}")
        except BaseException as error:
            kept, asked = sum(len(run.run.numbers) for run in runs), sum(len(run.asked) for run in runs)
            where = Path(os.path.commonpath([run.run.path.absolute() for run in runs]))
            error.add_note(f"{kept} of {asked} repeats are kept in {console.shown(where)}")
            raise


@dataclass(frozen=True, slots=True)
class Ended:
    """How a trial's run ends, and what its tags say of that; words: for the screen."""

    status: Status
    tags: Mapping[str, str]
    words: str


class Trials(Protocol):
    """Runs whose repeats are asked for one by one, in the light of what came of those before."""

    def ask(self) -> tuple[Pending, int] | None:
        """The next repeat to run; None: there is no more."""
        ...

    def tell(self, pending: Pending, outcome: Finished | Failure) -> Ended | None:
        """What came of a repeat that was asked for; the run's end, or None where it goes on."""
        ...

    def __length_hint__(self) -> int:
        """How many repeats may be asked for, at most."""
        ...


def carry_out_trials(trials: Trials, executor: Executor, screen: console.Console) -> None:
    """Runs what is asked for as there is room; repeats that are kept already are told at once."""
    asked: list[_Writing] = []
    with terminable(), ExitStack() as opened:
        runs: dict[Path, _Writing] = {}
        tell = opened.enter_context(console.progress(screen, "trials", trials.__length_hint__()))

        def end(run: _Writing, ended: Ended | None) -> None:
            if ended is not None:
                run.run.update(tags={**run.run.record.tags, **ended.tags})
                run.end(ended.status, picture=False)  # of hundreds of trials nobody looks at, and a second each
                screen.print(Text(f"{run.pending.label}: {ended.words}"), soft_wrap=True)

        def work() -> Iterator[Work]:
            while (item := trials.ask()) is not None:
                pending, number = item
                if pending.run.path not in runs:
                    runs[pending.run.path] = opened.enter_context(_writing(pending, screen))
                    runs[pending.run.path].follow()
                run = runs[pending.run.path]
                if number in run.run.numbers:
                    (finished,) = (repeat for repeat in run.run.finished() if repeat.number == number)
                    end(run, trials.tell(pending, finished))
                else:
                    asked.append(run)
                    yield Work(pending.job, number, keep_model=pending.request.keep_models != "none", trial=True)

        screen.print(f"In {executor.describe(trials.__length_hint__())}", style="dim", markup=False)
        for place, outcome in opened.enter_context(closing(executor.run(_Hinted(work(), trials.__length_hint__)))):
            run = asked[place]
            if isinstance(outcome, Shard) and not run.ended:  # a trial may end while another of its repeats runs
                run.keep(outcome, last=False)
                line = console.line(outcome.finished, run.pending.job.protocols, len(run.asked))
                tell(f"{run.pending.label}, {line}")
            end(run, trials.tell(run.pending, outcome.finished if isinstance(outcome, Shard) else outcome))


class _Hinted:
    """An iterator that says how much may come."""

    def __init__(self, items: Iterator[Work], hint: Callable[[], int]) -> None:
        self.items, self.hint = items, hint

    def __iter__(self) -> Iterator[Work]:
        return self

    def __next__(self) -> Work:
        return next(self.items)

    def __length_hint__(self) -> int:
        return self.hint()


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
            tags=pending.request.tags,
        )
        run.write(record)

    def follow(self) -> Follower:
        """Sends the run to where it is tracked, from now on."""
        if self._follower is None:
            self._follower = self.pending.request.tracker.follow(self.run)
        return self._follower

    def keep(self, shard: Shard, *, last: bool = True) -> None:
        """last: the run ends with the last of the repeats that are asked for, and with nothing else."""
        self.run.keep(shard, self.pending.request.keep_models)
        self.follow().repeat()
        if last and not self.run.missing(self.asked):
            self.end("finished")

    def end(self, status: Status, *, picture: bool = True) -> None:
        """Derives the files, says how the run ended, and lets tracking catch up."""
        self.ended = True
        if status == "finished":
            self.follow()
        files = artifacts.write(self.run, status, picture=picture)
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
