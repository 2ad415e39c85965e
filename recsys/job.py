"""One run from end to end: load, check, run the pipeline, and hand what it yields to files, tracking and screen."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn
from typing import Protocol as Interface

from recsys import artifacts, console, experiment
from recsys.dataset import Dataset
from recsys.protocols import Protocol
from recsys.recommender import Recommender
from recsys.results import Finished, Results, Task
from recsys.splits import Splitter
from recsys.tracking import Record, Tracker


class Source(Interface):
    """A data set that can be had."""

    def load(self) -> Dataset: ...


def run(
    *,
    name: str,
    seed: int,
    source: Source,
    splitter: Splitter,
    protocols: Sequence[Protocol],
    model: Recommender,
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
    console.introduce(screen, data)
    task = Task(name, seed, data, splitter, tuple(protocols), model)
    with terminable(), tracker.track(task) as record:
        finished: list[Finished] = []
        try:
            _repeats(task, folder, record, screen, finished)
        except BaseException:
            if finished:
                _keep(task, folder, config, record, finished)
            raise
        results, files = _keep(task, folder, config, record, finished)
    console.tables(screen, task, results)
    console.point(screen, folder, files, tracker.look())
    return results


def _repeats(task: Task, folder: Path, record: Record, screen: console.Console, finished: list[Finished]) -> None:
    repeats = experiment.run(task.dataset, task.splitter, task.protocols, task.model)
    expected = len(task.splitter.numbers)
    with artifacts.streaming(folder, task.dataset) as files, console.progress(screen, task.name, expected) as tell:
        for repeat in repeats:
            files.add(repeat)
            done = Finished.of(task, repeat)
            del repeat  # its scorer and lists would stand in memory beside the next one's
            finished.append(done)
            record.repeat(done)
            tell(done)


def _keep(
    task: Task, folder: Path, config: str, record: Record, finished: Sequence[Finished]
) -> tuple[Results, Sequence[Path]]:
    results = Results.of(finished)
    files = artifacts.write(folder, task, results, config)
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
