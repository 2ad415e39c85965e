"""One run from end to end: load, find what is kept of it, run what is missing, and show what it says."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from pathlib import Path

from recsys import driver
from recsys.dataset import DataError
from recsys.execution.executor import Executor
from recsys.output import artifacts, console
from recsys.request import Request
from recsys.results import Results
from recsys.store import search
from recsys.store.key import Key
from recsys.store.run_folder import RECORD, RunFolder


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
    pending = driver.Pending(request.name, request, job, key, older or RunFolder(folder))
    if older is not None:
        leave(folder, older.path)
    driver.carry_out([pending], executor, screen)
    results = pending.run.results()
    console.tables(screen, pending.run.record.description, results)
    console.point(screen, pending.run.path, artifacts.written(pending.run), request.tracker.look())
    return results


def leave(new: Path, older: Path) -> None:
    """The run goes on in an older folder: the log goes there, too, and the new folder, if empty, goes."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.FileHandler) and Path(handler.baseFilename).parent == new.absolute():
            handler.baseFilename = str(older.absolute() / Path(handler.baseFilename).name)
    if new.absolute() != older.absolute():
        for folder in (new, new.parent):
            with contextlib.suppress(OSError):
                folder.rmdir()
