"""Which setting is adopted: on trials whose values and seconds are set by hand."""

from __future__ import annotations

import math
from statistics import fmean

import numpy as np
import pytest

from recsys.tuning.choice import adopted
from recsys.tuning.search import Trial

PRESENT = (0.50, 0.52, 0.54)
BEST = (0.53, 0.55, 0.57)  # .03 above it in each split: a standard error of 0


def trial(number: int, by_repeat: tuple[float, ...], seconds: float, same_as: int | None = None) -> Trial:
    return Trial(number, {"l2": float(number)}, "complete", by_repeat, fmean(by_repeat), seconds, same_as=same_as)


def test_the_best_is_adopted_where_it_costs_at_most_twice_as_much():
    trials = [trial(0, PRESENT, 10), trial(1, BEST, 20), trial(2, (0.54, 0.55, 0.559), 5)]
    assert adopted(trials).number == 1


def test_a_costly_best_gives_way_to_the_cheapest_within_one_standard_error():
    near = (0.54, 0.56, 0.545)  # lost -.01, -.01, .025: mean .00167, standard error .01167
    trials = [trial(0, PRESENT, 10), trial(1, BEST, 30), trial(2, near, 25), trial(3, near, 12)]
    assert adopted(trials).number == 3


def test_a_costly_best_stays_where_nothing_comes_near():
    far = (0.52, 0.545, 0.56)  # lost .01, .005, .01: mean .00833, standard error .00167
    assert adopted([trial(0, PRESENT, 10), trial(1, BEST, 30), trial(2, far, 12)]).number == 1


@pytest.mark.parametrize("trials", [[trial(0, (0.5,), 10), trial(1, (0.6,), 30)]])
def test_one_split_has_no_standard_error(trials: list[Trial]):
    assert adopted(trials).number == 1


@pytest.mark.parametrize(("present", "number"), [((0.0, 1.0, 0.6, math.nan), 0), ((0.0, 0.6, 0.4, math.nan), 1)])
def test_on_one_split_the_standard_error_is_over_users(present: tuple[float, ...], number: int):
    trials = [trial(0, (0.5,), 10), trial(1, (0.6,), 30)]
    by_user = {0: np.array(present), 1: np.array([0.3, 0.9, 0.6, 0.5])}  # lost: .3, -.1, 0 or .3, .3, .2
    assert adopted(trials, by_user).number == number


def test_one_user_has_no_standard_error():
    by_user = {0: np.array([0.5, math.nan]), 1: np.array([0.6, math.nan])}
    assert adopted([trial(0, (0.5,), 10), trial(1, (0.6,), 30)], by_user).number == 1


def test_a_trial_that_took_over_anothers_outcome_is_no_cheap_setting():
    trials = [trial(0, PRESENT, 10), trial(1, BEST, 30), trial(2, BEST, 0, same_as=1)]
    assert adopted(trials).number == 1


def test_a_pruned_trial_is_never_adopted():
    pruned = Trial(2, {}, "pruned", (0.53,), None, 1.0)
    assert adopted([trial(0, PRESENT, 10), trial(1, BEST, 30), pruned]).number == 1
