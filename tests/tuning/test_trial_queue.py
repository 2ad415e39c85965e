"""In which order the repeats of trials run, and who waits for whom."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from recsys.driver import Pending
from recsys.execution.executor import Failure
from recsys.results import Finished
from recsys.tuning.search import Search, Trial
from recsys.tuning.settings import StudySettings
from recsys.tuning.space import present
from recsys.tuning.trial_queue import TrialQueue
from tests.tuning.peaked import Peaked, study


def finished(repeat: int, value: float) -> Finished:
    values = {"rated/ndcg_at_10": value, "full/ndcg_at_10": value}
    timings = {"fit_cpu_s": 1.0, "score_cpu_s": 0.5, "rank_cpu_s": 0.25}
    return Finished(repeat, 8, 2, {}, values, {}, {}, timings, 0.0, 1, 0)


def queue(folder: Path, **changes: Any) -> TrialQueue:
    settings: StudySettings = study(folder, **{"trials": 2, "startup": 2, **changes})
    now = present(Peaked(), settings.space)
    search = Search(settings.space, now, repeats=3, seed=1, startup=settings.startup)
    return TrialQueue(settings, search, lambda trial: cast(Pending, Named(trial)))


class Named:
    """Stands for a trial's run."""

    def __init__(self, trial: Trial) -> None:
        self.number = trial.number


def asked(one: TrialQueue) -> tuple[int, int] | None:
    """Trial and repeat."""
    item = one.ask()
    return None if item is None else (cast(Named, item[0]).number, item[1])


def told(one: TrialQueue, trial: int, outcome: Finished | Failure) -> str | None:
    ended = one.tell(one.runs[trial], outcome)
    return None if ended is None else ended.status


def test_one_worker_runs_one_trial_after_the_other(tmp_path: Path):
    one = queue(tmp_path)
    order = []
    while (item := asked(one)) is not None:
        order.append(item)
        told(one, item[0], finished(item[1], 0.5 + 0.1 * item[0]))
    assert order == [(0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (1, 3)]
    assert [round(trial.value or 0, 9) for trial in one.search.trials] == [0.5, 0.6]
    assert [trial.seconds for trial in one.search.trials] == [5.25, 5.25]


def test_two_workers_run_two_trials_each_one_repeat_at_a_time(tmp_path: Path):
    one = queue(tmp_path, trials=3)
    assert (asked(one), asked(one)) == ((0, 1), (1, 1))
    told(one, 1, finished(1, 0.5))
    assert asked(one) == (1, 2)
    told(one, 0, finished(1, 0.5))
    assert asked(one) == (0, 2)


def test_where_no_trial_is_left_the_next_repeats_run_ahead_and_are_judged_in_order(tmp_path: Path):
    one = queue(tmp_path, trials=1)
    assert (asked(one), asked(one), asked(one), asked(one)) == ((0, 1), (0, 2), (0, 3), None)
    assert told(one, 0, finished(3, 0.9)) is None
    assert one.search.trial(0).by_repeat == ()
    assert told(one, 0, finished(1, 0.3)) is None
    assert one.search.trial(0).by_repeat == (0.3,)
    assert told(one, 0, finished(2, 0.6)) == "finished"
    assert one.search.trial(0).by_repeat == (0.3, 0.6, 0.9)


def test_a_failure_ends_a_trial_and_what_still_runs_of_it_is_passed_over(tmp_path: Path):
    one = queue(tmp_path, trials=1)
    assert (asked(one), asked(one)) == ((0, 1), (0, 2))
    assert told(one, 0, Failure("the loss is not finite")) == "failed"
    assert told(one, 0, finished(2, 0.9)) is None
    assert (one.search.trial(0).reason, asked(one)) == ("the loss is not finite", None)


def test_the_hint_counts_what_may_come(tmp_path: Path):
    one = queue(tmp_path, trials=4)
    assert one.__length_hint__() == 12
    asked(one)
    told(one, 0, finished(1, 0.5))
    assert one.__length_hint__() == 11
