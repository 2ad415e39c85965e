"""One run from end to end: load, check, run the pipeline, and hand what it yields to files, tracking and screen."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn, Protocol

from recsys import pipeline
from recsys.dataset import DataError
from recsys.output import artifacts, console
from recsys.output.tracking import Record, Tracker
from recsys.results import Finished, Job, Results
from recsys.task import Data, MeasurementProtocol, Model, Splitter, Task


class Source(Protocol):
    """A data set that can be had."""

    def load(self) -> Data: ...


def run(
    *,
    name: str,
    seed: int,
    task: Task,
    source: Source,
    splitter: Splitter,
    protocols: Sequence[MeasurementProtocol],
    model: Model,
    tracker: Tracker,
    folder: Path,
    config: str,
) -> Results:
    """Runs every repeat of `splitter`; files go to `folder`, `config` among them as it is.

    Stopped or failing halfway, it keeps what was finished: files and tracked run speak of those repeats.
    """
    screen = console.screen()
    tracker.check()
    data = source.load()
    if not isinstance(data, task.data_type):
        raise DataError(
            f"task={task.name} expects data of the type {task.data_type.__name__}, {data.name} is "
            f"{type(data).__name__}; choose another dataset= or task="
        )
    console.introduce(screen, data)
    job = Job(name, seed, task, data, splitter, tuple(protocols), model)
    with terminable(), tracker.track(job) as record:
        finished: list[Finished] = []
        try:
            _repeats(job, folder, record, screen, finished)
        except BaseException:
            if finished:
                _keep(job, folder, config, record, finished)
            raise
        results, files = _keep(job, folder, config, record, finished)
    console.tables(screen, job, results)
    console.point(screen, folder, files, tracker.look())
    return results


def _repeats(job: Job, folder: Path, record: Record, screen: console.Console, finished: list[Finished]) -> None:
    repeats = pipeline.run(job.task, job.data, job.splitter, job.protocols, job.model)
    expected = len(job.splitter.numbers)
    with (
        artifacts.streaming(folder, job.task, job.data) as files,
        console.progress(screen, job.name, job.task.headline, expected) as tell,
    ):
        for repeat in repeats:
            files.add(repeat)
            done = Finished.of(job, repeat)
            del repeat  # its model and predictions would stand in memory beside the next one's
            finished.append(done)
            record.repeat(done)
            tell(done)


def _keep(
    job: Job, folder: Path, config: str, record: Record, finished: Sequence[Finished]
) -> tuple[Results, Sequence[Path]]:
    results = Results.of(finished)
    files = artifacts.write(folder, job, results, config)
    record.results(results, folder, files)
    return results, files


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
