"""Where repeats run when nobody says where."""

from __future__ import annotations

import os

import pytest

from recsys.execution import auto, process
from recsys.execution.auto import Auto
from recsys.models.ease import Ease
from recsys.models.xdeepfm import XDeepFM
from recsys.store import code
from tests.execution.models import job, work


@pytest.mark.parametrize(
    ("settings", "cores", "repeats", "expected"),
    [
        (Auto(), 2, 10, "up to 2 processes"),
        (Auto(), 2, 1, "this process"),
        (Auto(), 1, 10, "this process"),
        (Auto(threads=2), 4, 10, "up to 2 processes"),
        (Auto(workers=3), 1, 10, "3 processes"),
        (Auto(workers=3), 4, 1, "this process"),
        (Auto(workers=1), 1, 10, "this process"),
        (Auto(repeats_per_worker=1), 1, 10, "1 process"),
    ],
)
def test_processes_where_they_save_time_or_are_asked_for(
    settings: Auto, cores: int, repeats: int, expected: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(auto, "cores", lambda: cores)
    monkeypatch.setattr(process, "cores", lambda: cores)
    monkeypatch.setattr(process, "available_mb", lambda: 100_000)
    assert settings.describe(repeats) == expected


def test_one_repeat_runs_in_this_process():
    ((place, shard),) = Auto().run(work(job(repeats=1)))
    assert (place, shard.finished.learned["pid"]) == (0, os.getpid())


@pytest.mark.slow
@pytest.mark.parametrize(("worth_s", "here"), [(1e9, 4), (0, 1)], ids=["short", "long"])
def test_short_repeats_stay_here_and_of_long_ones_the_first(worth_s: float, here: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(auto, "cores", lambda: 2)
    monkeypatch.setattr(auto, "WORTH_S", worth_s)
    found = dict(Auto().run(work(job())))
    assert [found[place].finished.number for place in sorted(found)] == [1, 2, 3, 4]
    pids = [found[place].finished.learned["pid"] for place in range(4)]
    assert [pid == os.getpid() for pid in pids].count(True) == here
    assert pids[0] == os.getpid()


@pytest.mark.slow
@pytest.mark.parametrize("why", ["network", "data", "jobs"])
def test_networks_large_data_and_several_jobs_run_in_others_at_once(why: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(auto, "cores", lambda: 2)
    monkeypatch.setattr(auto, "WORTH_S", 1e9)
    asked = work(job(repeats=2))
    if why == "network":
        monkeypatch.setattr(code, "closure", lambda modules: {"recsys.nn.bert": ""})
    elif why == "data":
        monkeypatch.setattr(auto, "SMALL", 100)
    else:
        asked += work(job(repeats=2))
    pids = {shard.finished.learned["pid"] for _, shard in Auto().run(asked)}
    assert os.getpid() not in pids


def test_a_network_is_known_by_what_its_model_imports():
    assert not auto._small(work(job(XDeepFM())))
    assert auto._small(work(job(Ease())))


@pytest.mark.slow
def test_several_repeats_run_in_others():
    found = dict(Auto(workers=2, threads=1).run(work(job(repeats=2))))
    assert sorted(found) == [0, 1]
    assert os.getpid() not in {shard.finished.learned["pid"] for shard in found.values()}
