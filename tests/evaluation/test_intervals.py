"""Means and intervals over repeats."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from recsys.evaluation.intervals import bootstrap, summarize
from tests.worlds import clustered


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


def test_two_users_of_whom_one_is_there_in_one_repeat_by_hand():
    # Repeat 1: 1 and 0; repeat 2: the first user alone, 1. Two are drawn: the first twice, mean 1; both, in half of the
    # draws, (1/2 + 1) / 2 = 3/4; the second twice, 0 in repeat 1, the only one that has a value.
    values = np.array([[[1.0], [0.0]], [[1.0], [np.nan]]])
    assert [end.tolist() for end in bootstrap(values, seed=1)] == [[0.0], [1.0]]
    assert [end.tolist() for end in bootstrap(values, seed=1, level=0.4)] == [[0.75], [0.75]]


def test_a_users_repeats_are_drawn_together():
    # What a user gains in one repeat is lost in the next: every draw of users has the mean 0.
    gains = np.linspace(1, 2, 30)
    low, high = bootstrap(np.stack([gains, -gains])[:, :, None], seed=1)
    assert (low[0], high[0]) == (pytest.approx(0, abs=1e-12), pytest.approx(0, abs=1e-12))


def test_equal_repeats_are_no_more_evidence_than_one():
    values = np.random.default_rng(1).normal(size=(1, 100, 1))
    one, three = bootstrap(values, seed=1), bootstrap(np.repeat(values, 3, axis=0), seed=1)
    assert (one[0], one[1]) == (pytest.approx(three[0]), pytest.approx(three[1]))


def test_a_column_without_two_users_has_no_interval():
    values = np.array([[[1.0, 1.0], [np.nan, 0.0], [np.nan, 0.5]]])
    low, high = bootstrap(values, seed=1)
    assert np.isnan([low[0], high[0]]).all() and low[1] < high[1]


def test_the_bootstrap_agrees_with_scipys_and_columns_share_their_draws():
    rng = np.random.default_rng(4)
    values = np.where(rng.random(500) < 0.3, rng.normal(0.05, 0.2, 500), 0.0)
    low, high = bootstrap(np.stack([values, -2 * values], axis=1)[None], seed=1, draws=10_000)
    expected = stats.bootstrap((values,), np.mean, n_resamples=10_000, method="percentile", rng=1).confidence_interval
    assert low[0] == pytest.approx(expected.low, abs=0.0004)  # of a width of .018
    assert high[0] == pytest.approx(expected.high, abs=0.0004)
    assert low[1] == pytest.approx(-2 * high[0])


@pytest.mark.slow
def test_the_interval_over_users_whose_repeats_are_correlated_misses_the_mean_five_times_in_a_hundred():
    rng = np.random.default_rng(6)
    outside: list[bool] = []
    for seed in range(20):  # worlds of one call share their draws, which is of no account to the share of misses
        low, high = bootstrap(clustered(rng, 100), seed, draws=1000)
        outside += ((low > 0) | (high < 0)).tolist()
    # Three standard errors, and half a percent: percentile intervals of 200 skewed values are a little short.
    assert abs(np.mean(outside) - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 2000) + 0.005
