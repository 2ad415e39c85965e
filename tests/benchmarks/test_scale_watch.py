"""Processes that need too much memory or time, or end by themselves; what a process tells of its phases."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks.scale.phases import Recorder
from benchmarks.scale.watch import Limits, run

pytestmark = pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux's /proc")
HUNG = "import time; time.sleep(600)"


def test_a_process_above_the_limit_of_memory_is_killed(tmp_path: Path):
    greedy = f"held = b'x' * 400_000_000; {HUNG}"
    ended = run([sys.executable, "-c", greedy], Limits(0.3, 600), tmp_path / "log")
    assert (ended.beyond, ended.code) == ("memory", -9)


def test_address_space_that_is_not_used_does_not_count(tmp_path: Path):
    reserved = "import mmap; held = mmap.mmap(-1, 4 * 10**9); print('reserved')"
    ended = run([sys.executable, "-c", reserved], Limits(0.3, 600), tmp_path / "log")
    assert (ended.beyond, ended.code, ended.last_words) == (None, 0, "reserved")


def test_a_process_that_takes_too_long_is_killed(tmp_path: Path):
    ended = run([sys.executable, "-c", HUNG], Limits(1, 0.1), tmp_path / "log")
    assert (ended.beyond, ended.code) == ("time", -9)


def test_of_a_process_that_fails_the_last_line_is_kept(tmp_path: Path):
    ended = run([sys.executable, "-c", "raise SystemExit('no such data')"], Limits(1, 600), tmp_path / "log")
    assert (ended.beyond, ended.code, ended.last_words) == (None, 1, "no such data")


def test_the_peak_of_a_phase_is_its_own_and_not_that_of_the_one_before(tmp_path: Path):
    recorder = Recorder(tmp_path / "phases.json")
    with recorder.phase("large"):
        held = b"x" * 300_000_000
        del held
    with recorder.phase("small"):
        pass
    large, small = recorder.phases
    assert large.peak_mb - small.peak_mb > 250
    assert [phase["name"] for phase in json.loads(recorder.file.read_text())["phases"]] == ["large", "small"]


def test_a_phase_that_did_not_end_is_named_beside_those_that_did(tmp_path: Path):
    recorder = Recorder(tmp_path / "phases.json", facts={"sizes": {"users": 3}})
    with recorder.phase("load"):
        pass
    with pytest.raises(ValueError, match="diverged"), recorder.phase("fit"):
        raise ValueError("diverged")
    told = json.loads(recorder.file.read_text())
    assert ([phase["name"] for phase in told["phases"]], told["now"]) == (["load"], "fit")
    assert told["sizes"] == {"users": 3}
