"""Work that is asked for one by one, in the light of what came before; and what a setting that does not work gives."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from recsys.dataset import DataError
from recsys.execution import auto
from recsys.execution.auto import Auto
from recsys.execution.executor import Failure, Work
from recsys.execution.local import Local
from recsys.execution.process import Process
from recsys.store.shard import Shard
from tests.execution.models import Acting, Asked, acting, job
from tests.execution.shards import assert_equal


def test_this_process_asks_for_a_trial_when_the_one_before_was_handed_on():
    asked = Asked([job() for _ in range(3)])
    assert sorted(asked.outcomes(Local())) == [0, 1, 2]
    assert asked.before == [0, 1, 2]


def test_a_trial_that_does_not_work_is_a_failure_and_a_run_that_does_not_work_an_error(tmp_path: Path):
    outcomes = Asked([acting(tmp_path, "refuse"), job()]).outcomes(Local())
    assert outcomes[0] == Failure("expected another setting") and isinstance(outcomes[1], Shard)
    with pytest.raises(DataError, match="expected another setting"):
        list(Local().run([Work(acting(tmp_path, "refuse"), 1)]))


def test_a_bug_in_a_trial_is_an_error(tmp_path: Path):
    with pytest.raises(ZeroDivisionError):
        Asked([acting(tmp_path, "fail")]).outcomes(Local())


@pytest.mark.slow
def test_two_processes_go_on_from_trial_to_trial_and_ask_for_one_when_one_is_free(tmp_path: Path):
    asked = Asked([job(Acting(folder=str(number))) for number in range(5)] + [acting(tmp_path, "refuse")])
    outcomes = asked.outcomes(Process(workers=2))
    assert asked.before == [0, 0, 1, 2, 3, 4]
    assert outcomes.pop(5) == Failure("expected another setting")
    pids = {outcome.finished.learned["pid"] for outcome in outcomes.values() if isinstance(outcome, Shard)}
    assert len(outcomes) == 5 and len(pids) <= 2 and os.getpid() not in pids
    (here,) = (outcome for _, outcome in Local().run([Work(job(), 1, keep_model=False)]))
    assert isinstance(here, Shard)
    for outcome in outcomes.values():
        assert isinstance(outcome, Shard)
        assert_equal(here, outcome, but=("learned",))


@pytest.mark.slow
def test_a_trial_whose_process_is_killed_is_tried_again_when_the_others_are_done(tmp_path: Path):
    asked = Asked([acting(tmp_path, "kill once"), *(job() for _ in range(3))])
    outcomes = asked.outcomes(Process(workers=2))
    assert sorted(outcomes) == [0, 1, 2, 3] and list(outcomes)[-1] == 0


@pytest.mark.slow
def test_trials_run_in_processes_where_nobody_says_where(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(auto, "cores", lambda: 2)
    outcomes = Asked([job(), job()]).outcomes(Auto())
    assert all(isinstance(one, Shard) and one.finished.learned["pid"] != os.getpid() for one in outcomes.values())
