"""Means and intervals over repeats."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.evaluation.intervals import summarize


def test_the_interval_by_hand():
    # mean 3, sd 1 (sample), J = 3, t_2 = 4.302653; half width 4.302653 * sqrt(1/3 + 1/4)
    found = summarize([2.0, 3.0, 4.0], test_to_train=0.25)
    half = 4.302653 * np.sqrt(1 / 3 + 1 / 4)
    assert (found.mean, found.sd) == (3.0, 1.0)
    assert (found.low, found.high) == (pytest.approx(3 - half), pytest.approx(3 + half))
    assert found.repeats == (2.0, 3.0, 4.0)


def test_ten_eighty_twenty_splits_need_an_interval_1_87_times_as_wide_as_independent_ones():
    values = [0.1 * number for number in range(10)]
    corrected, plain = summarize(values, test_to_train=0.25), summarize(values, test_to_train=0.0)
    assert corrected.high is not None
    assert plain.high is not None
    assert (corrected.high - corrected.mean) / (plain.high - plain.mean) == pytest.approx(1.87, abs=0.005)


def test_one_repeat_has_no_interval():
    found = summarize([0.5], test_to_train=0.25)
    assert (found.mean, found.sd, found.low, found.high) == (0.5, None, None, None)


def test_the_interval_covers_the_mean_as_often_as_it_says_when_repeats_are_independent():
    # 4,000 draws of 5 independent values: 95% within 5 standard errors (.0034 each).
    rng = np.random.default_rng(1)
    covered = [
        found.low <= 0 <= found.high
        for found in (summarize(rng.normal(size=5).tolist(), test_to_train=0.0) for _ in range(4000))
        if found.low is not None and found.high is not None
    ]
    assert len(covered) == 4000
    assert abs(float(np.mean(covered)) - 0.95) < 5 * 0.0034
