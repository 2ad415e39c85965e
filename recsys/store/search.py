"""Runs on disk: those below some folders, those of a key, and the one that goes on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from recsys.dataset import DataError
from recsys.store import lock
from recsys.store.run_folder import RECORD, RunFolder

DEPTHS = ("", "*/", "*/*/", "*/*/*/")
"""Of a run's folder below outputs/ or multirun/."""


def runs(places: Sequence[Path]) -> Iterator[RunFolder]:
    """All folders with a run.json in or below the places, in the order of their paths, each once."""
    files = {file.resolve() for place in places for depth in DEPTHS for file in place.glob(f"{depth}{RECORD}")}
    return (RunFolder(file.parent) for file in sorted(files))


def of_key(places: Sequence[Path], key: str) -> list[RunFolder]:
    """The runs of this key, the newest first. Folders whose run.json cannot be read are passed over."""
    matching: list[tuple[float, RunFolder]] = []
    for run in runs(places):
        try:
            record = run.record
        except DataError:
            continue
        if record.key == key:
            matching.append((record.started, run))
    return [run for _, run in sorted(matching, key=lambda pair: pair[0], reverse=True)]


def unfinished(places: Sequence[Path], key: str, asked: Sequence[int]) -> RunFolder | None:
    """The newest run of this key that can go on: it lacks repeats which are asked for, or has just these and is not
    finished otherwise. One that another process writes to is passed over."""
    return next((run for run in of_key(places, key) if _goes_on(run, asked) and not lock.is_held(run.path)), None)


def _goes_on(run: RunFolder, asked: Sequence[int]) -> bool:
    return bool(run.missing(asked)) or (run.record.status != "finished" and set(run.numbers) == set(asked))


def size(folder: Path) -> int:
    """Bytes; a file with several names counts once."""
    stats = {(stat.st_dev, stat.st_ino): stat.st_size for file in folder.rglob("*") if (stat := file.lstat())}
    return sum(stats.values())


def remove(run: RunFolder) -> None:
    """Deletes the run; raises `InUse` where another process writes to it."""
    with lock.held(run.path):
        shutil.rmtree(run.path)
