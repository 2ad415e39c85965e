"""What is tried next, and what came of it; a search that was stopped is the search that was not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from recsys.dataset import DataError
from recsys.tuning.search import Search, Trial, best
from recsys.tuning.space import space

SPACE = space({"x": {"low": -5.0, "high": 5.0}, "n": {"low": 1, "high": 8}})
PRESENT = {"x": 0.0, "n": 4}


def search(file: Path | None = None, *, repeats: int = 2, startup: int = 5) -> Search:
    return Search(SPACE, PRESENT, repeats=repeats, seed=3, startup=startup, file=file)


def height(values: Mapping[str, Any], repeat: int = 1) -> float:
    """Highest at x = 2; repeat 2 is one lower for all."""
    return -((values["x"] - 2) ** 2) - (repeat - 1)


def tried(one: Search, trials: int) -> list[Trial]:
    for _ in range(trials):
        trial = one.ask()
        for repeat in range(1, one.repeats + 1):
            if one.trial(trial.number).state == "running":
                one.tell(trial.number, repeat, height(trial.parameters, repeat), 2.0)
    return one.trials


def test_the_first_trial_is_the_present_setting():
    assert search().ask() == Trial(0, PRESENT, "running", (), None, 0.0)


def test_a_trials_value_is_the_mean_over_its_repeats():
    (trial,) = tried(search(), 1)
    assert (trial.state, trial.by_repeat, trial.value, trial.seconds) == ("complete", (-4.0, -5.0), -4.5, 4.0)


def test_it_finds_the_highest_place_and_gains_on_the_present_setting():
    trials = tried(search(repeats=1), 40)
    top = best(trials)
    assert top.value is not None and trials[0].value == -4
    assert abs(top.parameters["x"] - 2) < 0.5


def test_equal_seeds_try_equal_settings():
    assert tried(search(), 15) == tried(search(), 15)


def test_a_search_that_goes_on_is_the_one_that_was_never_stopped(tmp_path: Path):
    file = tmp_path / "study.db"
    tried(search(file, startup=2), 4)
    assert tried(search(file, startup=2), 3) == tried(search(startup=2), 7)


def test_a_trial_that_was_running_when_the_search_was_stopped_goes_on_with_its_setting(tmp_path: Path):
    before = search(tmp_path / "study.db")
    tried(before, 3)
    trial = before.ask()
    before.tell(trial.number, 1, 1.0, 2.0)
    after = search(tmp_path / "study.db")
    (running,) = after.running
    assert (running.number, running.parameters, running.by_repeat) == (3, trial.parameters, (1.0,))
    assert after.tell(3, 1, 1.0, 2.0) == "running"  # told again, since its repeat is found kept
    assert after.tell(3, 2, 2.0, 2.0) == "complete"
    assert (after.trial(3).by_repeat, after.trial(3).value, after.trial(3).seconds) == ((1.0, 2.0), 1.5, 4.0)


def test_a_trial_below_the_median_of_the_others_so_far_is_pruned():
    one = search(startup=50)
    for value in (5.0, 4.0, 3.0, 2.0, 1.0):
        trial = one.ask()
        one.tell(trial.number, 1, value, 0.0)
        one.tell(trial.number, 2, value, 0.0)
    low, high = one.ask(), one.ask()
    assert one.tell(low.number, 1, 2.9, 0.0) == "pruned"
    assert one.tell(high.number, 1, 3.1, 0.0) == "running"
    assert (one.trial(low.number).value, one.trial(low.number).by_repeat) == (None, (2.9,))


def test_a_setting_that_was_tried_takes_over_its_outcome():
    small = space({"n": {"choices": [1, 2]}})
    one = Search(small, {"n": 1}, repeats=1, seed=3, startup=50)
    for _ in range(8):
        trial = one.ask()
        if trial.state == "running":
            one.tell(trial.number, 1, float(trial.parameters["n"]), 5.0)
    repeated = [trial for trial in one.trials if trial.same_as is not None]
    assert len(one.trials) - len(repeated) == 2
    assert all(trial.value == trial.parameters["n"] and trial.seconds == 0 for trial in repeated)
    assert best(one.trials).same_as is None


def test_a_value_that_is_no_number_and_a_reason_make_a_trial_fail():
    one = search()
    assert one.tell(one.ask().number, 1, math.nan, 0.0) == "failed"
    assert one.fail(one.ask().number, "no likes") == "failed"
    assert [trial.reason for trial in one.trials] == ["its objective is not a number", "no likes"]
    with pytest.raises(DataError, match="got none of 2: its objective is not a number, no likes"):
        best(one.trials)


def test_of_equal_trials_the_earliest_is_the_best():
    values = [Trial(number, {}, "complete", (1.0,), 1.0, 0.0) for number in range(3)]
    assert best(values).number == 0
