"""Repeats in this process."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from recsys.evaluation.protocols import Protocol
from recsys.evaluation.ranking_task import Rank
from recsys.evaluation.splits import Split
from recsys.execution.executor import Work
from recsys.execution.local import Local
from recsys.recommender import Scorer
from tests import jobs
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


@dataclass(frozen=True)
class Counting(Rank):
    asked: list[int] = field(default_factory=list, repr=False)

    def references(self, split: Split, protocols: Sequence[Protocol]) -> Mapping[str, Mapping[str, Scorer]]:
        self.asked.append(split.repeat)
        return super().references(split, protocols)


def test_models_on_the_same_splits_share_their_references():
    task, data = Counting(), jobs.World().load()
    first = replace(jobs.request().job(data), task=task)
    other = replace(first, name="other", model=jobs.Known(rate=0.1))
    stricter = replace(other, protocols=(replace(jobs.RATED, threshold=5.0),))
    reseeded = replace(other, splitter=replace(first.splitter, seed=4))
    asked = [Work(job, number) for job in (first, other, stricter, reseeded) for number in (1, 2)]
    shards = [shard for _, shard in Local().run(asked)]
    assert task.asked == [1, 2, 1, 2, 1, 2]  # of `other` none
    alone = [work.finish(1) for work in asked]
    for shared, own in zip(shards, alone, strict=True):
        assert repr(shared.finished.references) == repr(own.finished.references)
