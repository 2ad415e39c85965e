"""Repeats in this process."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest

from recsys.execution.local import Local
from tests.execution.models import acting, job, work


def test_repeats_run_here_in_the_order_asked_for():
    asked = work(job())
    found = list(Local(threads=2).run([asked[2], asked[0]]))
    assert [(place, shard.finished.number) for place, shard in found] == [(0, 3), (1, 1)]
    assert {shard.finished.learned["pid"] for _, shard in found} == {os.getpid()}
    assert {shard.finished.threads for _, shard in found} == {2}
    assert Local().describe(4) == "this process"


def test_an_error_comes_after_what_was_finished(tmp_path: Path):
    found: list[int] = []
    with pytest.raises(ZeroDivisionError, match="as expected"):
        found.extend(place for place, _ in Local().run(work(acting(tmp_path, "fail", repeat=3))))
    with pytest.raises(ZeroDivisionError), closing(Local().run(work(acting(tmp_path, "fail", repeat=3)))) as running:
        found.extend(place for place, _ in running)
    assert found[-2:] == [0, 1]
