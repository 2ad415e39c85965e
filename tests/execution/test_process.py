"""Processes give what this process gives, whatever happens to them, and never outlive the run."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from recsys.dataset import DataError
from recsys.environment import ROOT
from recsys.execution import crew, process
from recsys.execution.executor import Work
from recsys.execution.local import Local
from recsys.execution.process import Process, WorkerDied
from recsys.models.biased_mf import BiasedMf
from recsys.models.ease import Ease
from recsys.progress import watched
from recsys.store.shard import Shard
from tests.execution import models
from tests.execution.models import acting, job, work
from tests.execution.shards import assert_equal

slow = pytest.mark.slow
PATIENCE_S = 120


def numbers(found: list[tuple[int, Shard]]) -> list[int]:
    return sorted(shard.finished.number for _, shard in found)


def wait_for(folder: Path, pattern: str, count: int) -> list[int]:
    """The process ids in names of files such as working-123, once there are that many."""
    deadline = time.monotonic() + PATIENCE_S
    while len(files := list(folder.glob(pattern))) < count:
        assert time.monotonic() < deadline, f"{len(files)} of {count} {pattern}"
        time.sleep(0.05)
    return [int(file.name.partition("-")[2]) for file in files]


def alive(pid: int) -> bool:
    """A zombie is not."""
    if Path("/proc/self/stat").exists():
        stat = Path(f"/proc/{pid}/stat")
        try:
            return stat.read_text().rpartition(")")[2].split()[0] not in "ZX"
        except (FileNotFoundError, ProcessLookupError):
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def assert_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while any(map(alive, pids)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@slow
@pytest.mark.parametrize("model", [models.Acting(), Ease(), BiasedMf()], ids=["random", "ease", "biased_mf"])
def test_processes_give_what_this_process_gives_to_the_bit(model: models.Acting | Ease | BiasedMf):
    keep = not isinstance(model, models.Acting)
    asked = [Work(job(model), number, keep) for number in (1, 2, 3, 4)]
    asked = [replace(item, job=asked[0].job) for item in asked]
    here, there = dict(Local().run(asked)), dict(Process(workers=2).run(asked))
    assert sorted(here) == sorted(there) == [0, 1, 2, 3]
    for place, shard in here.items():
        assert shard.finished.number == place + 1
        assert_equal(shard, there[place], but=("learned",))  # which names the process


@slow
def test_a_process_runs_the_repeats_of_one_job_only():
    first, second = job(repeats=2), job(repeats=2)
    asked = work(first) + work(second)
    pids: dict[int, set[float]] = {0: set(), 1: set()}
    for place, shard in Process(workers=1).run(asked):
        pids[place // 2].add(shard.finished.learned["pid"])
    assert [len(found) for found in pids.values()] == [1, 1]
    assert pids[0] != pids[1]
    assert os.getpid() not in pids[0] | pids[1]


@slow
def test_one_repeat_a_process_where_that_is_asked_for():
    found = list(Process(workers=2, repeats_per_worker=1).run(work(job())))
    assert numbers(found) == [1, 2, 3, 4]
    assert len({shard.finished.learned["pid"] for _, shard in found}) == 4


@slow
def test_a_process_that_is_killed_is_replaced_and_its_repeat_done(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    found = list(Process(workers=2).run(work(acting(tmp_path, "kill once", repeat=2))))
    assert numbers(found) == [1, 2, 3, 4]
    assert found[-1][1].finished.number == 2  # when the others are done
    assert caplog.messages == ["repeat 2 ended its process (signal 9): tried once more when the others are done"]


@slow
@pytest.mark.parametrize(("act", "end"), [("kill", "signal 9"), ("exit", "exit code 3")])
def test_a_repeat_that_ends_its_process_twice_is_an_error_after_the_others_were_handed_on(
    act: str, end: str, tmp_path: Path
):
    found: list[int] = []
    with pytest.raises(WorkerDied, match=rf"repeat 1 ended its process twice \({end}\).*executor=local"):
        for _, shard in Process(workers=2).run(work(acting(tmp_path, act, repeat=1))):
            found.append(shard.finished.number)
    assert sorted(found) == [2, 3, 4]
    assert len(list(tmp_path.glob("attempt-*"))) == 2
    assert not multiprocessing.active_children()


@slow
def test_an_error_comes_back_in_its_own_type_with_the_traceback_of_the_process(tmp_path: Path):
    with pytest.raises(ZeroDivisionError) as caught:
        list(Process(workers=2).run(work(acting(tmp_path, "fail", repeat=3))))
    assert str(caught.value) == "as expected"
    (note,) = caught.value.__notes__
    assert note.startswith("in a worker process:\n")
    assert "_fail" in note and "KeyError: 'below'" in note
    assert not multiprocessing.active_children()


@slow
def test_an_error_that_cannot_be_sent_comes_back_in_words(tmp_path: Path):
    with pytest.raises(RuntimeError) as caught:
        list(Process(workers=1).run(work(acting(tmp_path, "fail oddly"))))
    assert str(caught.value) == "Odd: odd since it is"
    assert "_fail_oddly" in caught.value.__notes__[0]


def test_a_job_that_cannot_be_sent_is_an_error_before_a_process_starts():
    class Local:
        pass

    unknown = replace(job(), model=Local())
    with pytest.raises(DataError, match=r"can be sent to another process, got: .*executor=local"):
        list(Process(workers=1).run(work(unknown)))
    assert not multiprocessing.active_children()


@slow
def test_a_process_that_cannot_start_is_an_error(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(crew, "serve", sys.exit)  # with the pipe as its exit code: 1
    with pytest.raises(WorkerDied, match=r"ended as it started \(exit code 1\)"):
        list(Process(workers=2).run(work(job())))
    assert not multiprocessing.active_children()


@slow
def test_closing_the_generator_ends_processes_in_the_middle_of_a_fit_and_of_their_start(tmp_path: Path):
    # While the second process works, the first one has finished and is replaced, for the work of another job.
    asked = work(acting(tmp_path, "follow"))[:1] + work(acting(tmp_path, "work"))
    with closing(Process(workers=2).run(asked)) as running:
        assert next(running)[0] == 0
        (working,) = wait_for(tmp_path, "working-*", 1)
        pids = [child.pid for child in multiprocessing.active_children() if child.pid is not None]
        assert len(pids) == 2 and working in pids
    assert not any(map(alive, pids))
    assert not multiprocessing.active_children()


@slow
def test_nothing_is_left_of_the_progress_bars_of_libraries():
    code = (
        "from recsys.execution.process import Process; from recsys.models.ials import Ials; "
        "from tests.execution.models import job, work; print(len(list(Process(workers=2).run(work(job(Ials()))))))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("4\n", "")


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A run in a process group of its own."""
    run = subprocess.Popen(
        [sys.executable, "-m", "tests.execution.driver", str(tmp_path)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    yield run
    run.kill()
    run.communicate()


@slow
def test_processes_end_with_a_run_that_is_killed(driver: subprocess.Popen[str], tmp_path: Path):
    pids = wait_for(tmp_path, "working-*", 2)
    driver.kill()
    driver.wait(PATIENCE_S)
    assert_gone(pids)


@slow
def test_ctrl_c_ends_all_and_only_the_run_speaks_of_it(driver: subprocess.Popen[str], tmp_path: Path):
    pids = wait_for(tmp_path, "working-*", 2)
    os.killpg(driver.pid, signal.SIGINT)
    _, said = driver.communicate(timeout=PATIENCE_S)
    assert not any(map(alive, pids))
    assert said.count("Traceback") == said.count("KeyboardInterrupt") == 1, said


@slow
def test_warnings_and_progress_are_those_of_the_run(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    told: list[tuple[str, int, int]] = []
    with watched(lambda *report: told.append(report)), caplog.at_level(logging.WARNING):
        list(Process(workers=1).run(work(acting(tmp_path, "speak", repeat=1))))
    assert [record.getMessage() for record in caplog.records if record.name == "tests.models"] == [
        "a word in each repeat"
    ]
    assert any(record.name == "py.warnings" and "with care" in record.getMessage() for record in caplog.records)
    assert told[0] == ("acting: step", 0, 1000)
    assert told[-1] == ("acting: step", 1000, 1000)
    assert len(told) < 100


@pytest.mark.parametrize(
    ("settings", "cores", "free_mb", "repeats", "expected"),
    [
        (Process(), 8, 100_000, 10, "8 processes"),
        (Process(), 8, 100_000, 3, "3 processes"),
        (Process(), 8, None, 10, "8 processes"),
        (Process(), 8, 6_500, 10, "3 processes"),
        (Process(), 8, 500, 10, "1 process"),
        (Process(threads=3), 8, 100_000, 10, "2 processes"),
        (Process(threads=9), 8, 100_000, 10, "1 process"),
        (Process(workers=5), 2, 500, 10, "5 processes"),
        (Process(workers=5), 2, 500, 4, "4 processes"),
    ],
)
def test_there_are_as_many_as_repeats_cores_and_memory_allow(
    settings: Process, cores: int, free_mb: int | None, repeats: int, expected: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(process, "cores", lambda: cores)
    monkeypatch.setattr(process, "available_mb", lambda: free_mb)
    assert settings.describe(repeats) == expected


def test_fewer_for_want_of_memory_is_said(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture):
    monkeypatch.setattr(process, "cores", lambda: 8)
    monkeypatch.setattr(process, "available_mb", lambda: 4_100)
    next(Process().run([]), None)
    assert not caplog.messages
    monkeypatch.setattr(process.Crew, "run", lambda crew: iter(()))
    assert list(Process().run(work(job()))) == []
    assert caplog.messages == [
        "2 of 4 processes: each may need 2,000 MB, and 4,100 MB are free; executor.workers=4 starts them all"
    ]


@pytest.mark.parametrize("wrong", [{"workers": 0}, {"repeats_per_worker": 0}, {"threads": 0}, {"worker": 2}])
def test_a_wrong_setting_is_refused(wrong: dict[str, int]):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Process(**wrong)
