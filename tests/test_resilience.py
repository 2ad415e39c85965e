"""Real runs that are killed, stopped, or denied their place, and the same command after that.

`python -m benchmarks.resilience` does the same more often and with more, MLflow among it.
"""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.resilience.bench import MADE_UP, Bench, Workload, differences, kept
from benchmarks.resilience.commands import Running, ended, started
from benchmarks.resilience.disk import NO_SPACE, CannotMount, grow, room, small_disk
from benchmarks.resilience.folders import refused
from benchmarks.resilience.kills import kill_and_go_on
from recsys.store.run_folder import RECORD, RunFolder

pytestmark = pytest.mark.slow
REPEATS = 4
WORKLOAD = Workload((*MADE_UP, "model=svdpp", "dataset.users=60", "dataset.items=80", "dataset.ratings=2000"), REPEATS)
FULL = """
import errno, os
really, full = os.fsync, []
def fsync(descriptor):
    if full or "/repeats/0003" in os.readlink(f"/proc/self/fd/{descriptor}"):
        full.append(True)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    really(descriptor)
os.fsync = fsync
"""
"""Python reads it at its start. From the third repeat on, nothing reaches the disk any more."""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("resilience"), 3, 1, ("local",), print, WORKLOAD)


def command(folder: Path, executor: str = "local") -> list[str]:
    return WORKLOAD.command(folder, executor=executor)


def when_kept(folder: Path, repeats: int) -> Callable[[Running], None]:
    """The moment when so many repeats are kept."""
    return lambda running: running.until(
        lambda: (folder / RECORD).exists() and kept(folder) >= repeats, f"{repeats} repeats"
    )


@pytest.mark.parametrize(
    ("share", "executor"), [(0.0, "local"), (0.25, "process"), (1.0, "local")], ids=["begun", "a quarter", "all kept"]
)
def test_a_killed_run_ends_as_if_it_had_never_been_stopped(
    share: float, executor: str, bench: Bench, tmp_path: Path
) -> None:
    folder, repeats = tmp_path / "run", round(share * REPEATS)
    killed = kill_and_go_on(
        command(folder, executor), folder, None, bench.unstopped(sent=False), when_kept(folder, repeats), bench.logs
    )
    assert killed.problems == ()
    assert killed.hit
    assert killed.kept >= repeats


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_ends_a_run_with_its_exit_code_and_the_line_that_goes_on(
    name: str, code: int, bench: Bench, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    with started(command(folder), bench.logs) as running:
        when_kept(folder, 1)(running)
        if name == "SIGINT":
            running.interrupt()
        else:
            running.process.terminate()
        stopped = running.wait()
    run = RunFolder(folder)
    assert (stopped.code, run.record.status, run.damaged()) == (code, "stopped", {})
    line = shlex.join(["python", *command(folder)])
    assert stopped.err.strip() == f"Stopped; {kept(folder)} of {REPEATS} repeats are kept in {folder}. To go on: {line}"


def test_the_second_of_two_runs_into_one_folder_is_refused_and_the_first_ends_as_if_alone(
    bench: Bench, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    with started(command(folder), bench.logs) as first:
        # Stopped meanwhile, so that it cannot end before the second has come.
        first.until(lambda: kept(folder) >= 1, "a repeat")
        with first.paused():
            second = ended(command(folder), bench.logs)
        assert first.wait().code == 0
    assert refused(second, str(folder), f"process {first.process.pid} ") == []
    assert differences(folder, None, bench.unstopped(sent=False)) == []


def test_a_folder_that_cannot_be_made_is_one_sentence(bench: Bench, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder", encoding="utf-8")
    for target in (file, file / "run"):
        assert refused(ended(command(target), bench.logs), str(target), "hydra.run.dir") == []
    assert file.read_text(encoding="utf-8") == "not a folder"


def test_a_full_disk_costs_no_finished_repeat_and_the_command_goes_on_when_there_is_room(
    bench: Bench, tmp_path: Path
) -> None:
    with full_after_some_repeats(tmp_path, room(bench.unstopped(sent=False).folder)) as (folder, variables, make_room):
        full, run = ended(command(folder), bench.logs, variables), RunFolder(folder)
        assert 0 < kept(folder) < REPEATS
        assert (full.code, full.traceback, run.damaged()) == (1, False, {})
        said = full.err.strip().splitlines()[-1]
        assert said.startswith(NO_SPACE)
        assert said.endswith(f"; {kept(folder)} of {REPEATS} repeats are kept in {folder}")
        make_room()
        assert ended(command(folder), bench.logs).code == 0
        assert differences(folder, None, bench.unstopped(sent=False)) == []


@contextmanager
def full_after_some_repeats(place: Path, size: int) -> Generator[tuple[Path, dict[str, str], Callable[[], None]]]:
    """A folder for a run, variables for its command, and what makes room: a disk of so many bytes, or, where none can
    be mounted, a Python that is told that the disk is full."""
    try:
        with small_disk(place / "mounted", size) as mounted:
            yield mounted / "run", {}, lambda: grow(mounted)
    except CannotMount:
        (place / "sitecustomize.py").write_text(FULL, encoding="utf-8")
        paths = [str(place), *filter(None, [os.environ.get("PYTHONPATH")])]
        yield place / "run", {"PYTHONPATH": os.pathsep.join(paths)}, lambda: None


def test_no_process_of_a_killed_command_is_left(bench: Bench) -> None:
    """What the others rely on: the mark finds what a command started, also after the command has gone."""
    child = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']).wait()"
    with started(["-c", child], bench.logs) as running:
        while len(running.alive()) < 2:
            time.sleep(0.02)
        running.process.kill()
        running.process.wait()
        assert running.gone(limit_s=0.2) is None
    assert running.alive() == []
