"""A disk that fills up while a run writes to it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.resilience.bench import Bench, Row, differences, kept, row, sqlite
from recsys.store import search
from recsys.store.run_folder import REPEATS, RunFolder

NO_SPACE = "no space left on the disk"
SHARE = 0.6
"""Of what the repeats need: the disk is full after half of them or so."""


class CannotMount(RuntimeError):
    """No small disk can be had here; the message says why."""


def full_disk(bench: Bench) -> list[Row]:
    place, expected = bench.place("disk"), bench.unstopped()
    name = "a full disk"
    done = "the run's folder on a tmpfs with room for about half of the repeats; then more room and the same command"
    must = (
        f"exit code 1, '{NO_SPACE}' in one sentence, no traceback, every finished repeat readable; then all as in an "
        "undisturbed run"
    )
    try:
        with small_disk(place / "mounted", room(expected.folder)) as mounted:
            folder, database = mounted / "run", place / "mlflow.db"
            words = bench.workload.command(folder, sqlite(database))
            full = bench.finish(words)
            run, at_full = RunFolder(folder), kept(folder)
            problems = [] if full.code == 1 else [full.last_words()]
            problems += ["a traceback"] if full.traceback else []
            problems += [] if full.err.count(NO_SPACE) == 1 else [f"said: {full.err.strip()[:500]}"]
            problems += [] if not run.damaged() else [f"damaged: {dict(run.damaged())}"]
            problems += [] if 0 < at_full < bench.workload.repeats else ["the disk was not full at the right time"]
            grow(mounted)
            again = bench.finish(words)
            problems += [] if again.code == 0 and not again.traceback else [f"then {again.last_words()}"]
            problems += differences(folder, database, expected)
    except CannotMount as error:
        return [Row(name, done, 0, must, f"not done: {error}", None)]
    found = f"exit code {full.code}, {at_full} of {bench.workload.repeats} repeats kept; {full.err.strip()}"
    return [row(name, done, 1, must, found.replace(str(mounted), "DISK"), problems)]


def room(folder: Path) -> int:
    """Bytes for about half of the repeats of a run like the one in the folder."""
    return int(search.size(folder / REPEATS) * SHARE)


@contextmanager
def small_disk(place: Path, size: int) -> Generator[Path]:
    """A tmpfs of so many bytes. Raises `CannotMount`."""
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        raise CannotMount("mounting a tmpfs takes root on Linux")
    place.mkdir(parents=True)
    mounted = subprocess.run(
        [mount, "-t", "tmpfs", "-o", f"size={size}", "none", place], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        raise CannotMount(f"mount: {mounted.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def grow(place: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=256m", place], check=True)
