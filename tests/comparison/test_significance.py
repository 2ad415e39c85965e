"""Tests against values worked out by hand, published ones, scipy, and worlds without any difference."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from recsys.comparison.significance import bootstrap, corrected_t_test, effect_size, equal_variances, holm, sd_interval
from recsys.dataset import Array


def test_the_corrected_t_by_hand():
    # mean 2, sd 1, J = 3: t = 2 / sqrt(1/3 + 1/4) = 2.61861; p of t with 2 degrees of freedom = 1 - t / sqrt(2 + t^2)
    result = corrected_t_test([1.0, 2.0, 3.0], test_to_train=0.25)
    t = 2 / np.sqrt(7 / 12)
    assert (result.mean, result.t) == (2.0, pytest.approx(t))
    assert result.p == pytest.approx(1 - t / np.sqrt(2 + t**2))
    assert result.low == pytest.approx(2 - 4.302653 * np.sqrt(7 / 12))


# ROC AUC times 25 of two support vector machines in 10 x 10-fold cross-validation, from scikit-learn's example
# "Statistical comparison of models using grid search", which prints the results below.
RBF = """
23 18 19 23 25 25 25 25 24 25 24 25 25 23 21 23 25 25 20 25 20 23 22 23 25 25 22 23 25 25 20 24 21 25 25 25 25 24 23 25
25 23 25 23 25 19 25 25 25 25 25 21 25 25 25 18 23 25 25 25 23 23 25 25 20 22 25 23 24 25 24 23 21 23 25 25 25 22 23 23
25 23 24 25 18 25 25 25 25 19 24 22 25 18 23 25 24 25 25 21
"""
LINEAR = """
24 21 19 23 25 24 24 25 23 25 23 24 24 22 20 24 25 25 20 25 21 24 21 25 25 24 21 22 25 25 21 23 21 25 24 25 25 23 22 25
24 23 25 23 25 19 25 23 25 25 25 20 24 24 25 17 24 23 25 25 23 23 25 20 21 22 24 23 24 25 24 22 20 21 25 24 25 23 23 23
24 25 23 25 17 25 25 25 25 19 24 23 25 19 23 25 23 23 25 21
"""


def test_the_published_comparison_of_two_support_vector_machines():
    rbf, linear = (np.array(text.split(), float) / 25 for text in (RBF, LINEAR))
    assert (rbf.mean(), linear.mean()) == (pytest.approx(0.940), pytest.approx(0.930))
    result = corrected_t_test((rbf - linear).tolist(), test_to_train=10 / 90)
    assert result.t is not None
    assert result.p is not None
    assert round(result.t, 3) == 0.750
    assert round(result.p / 2, 3) == 0.227  # the example's is one-sided


def test_without_the_correction_it_is_the_paired_t_test():
    rng = np.random.default_rng(1)
    first, second = rng.normal(size=(2, 12))
    result, expected = corrected_t_test((first - second).tolist(), 0.0), stats.ttest_rel(first, second)
    assert (result.t, result.p) == (pytest.approx(expected.statistic), pytest.approx(expected.pvalue))
    interval = expected.confidence_interval()
    assert (result.low, result.high) == (pytest.approx(interval.low), pytest.approx(interval.high))


def test_differences_without_a_spread_are_certain_and_none_at_all_is_none():
    assert corrected_t_test([0.25, 0.25], 0.25).p == 0.0
    assert corrected_t_test([0.0, 0.0], 0.25).p == 1.0


def test_one_repeat_has_no_test():
    result = corrected_t_test([0.5], 0.25)
    assert (result.mean, result.low, result.t, result.p) == (0.5, None, None, None)


def twins(rng: np.random.Generator, repeats: int = 10, rows: int = 100) -> list[float]:
    """Differences in test error of two learners that are equally good, over overlapping 80/20 splits of one data set.

    y = x_1 + x_2 + noise. One learner fits y to x_1 by least squares, the other to x_2: exchangeable, so that the
    expected difference is 0, but never equal; the residual peculiarities of one data set are in all of its repeats.
    """
    x = rng.normal(size=(rows, 2))
    y = x.sum(axis=1) + rng.normal(size=rows)
    differences: list[float] = []
    for _ in range(repeats):
        order = rng.permutation(rows)
        test, train = order[: rows // 5], order[rows // 5 :]
        slopes = x[train].T @ y[train] / (x[train] ** 2).sum(axis=0)
        errors = ((y[test, None] - slopes * x[test]) ** 2).mean(axis=0)
        differences.append(float(errors[0] - errors[1]))
    return differences


def test_without_a_difference_five_in_a_hundred_comparisons_over_overlapping_splits_find_one():
    rng = np.random.default_rng(1)
    worlds = [twins(rng) for _ in range(4000)]
    corrected, plain = (
        np.mean([(corrected_t_test(world, ratio).p or 0.0) < 0.05 for world in worlds]) for ratio in (0.25, 0.0)
    )
    assert abs(corrected - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 4000)  # three standard errors: .0103
    assert plain > 0.2  # what the correction is for


def test_a_difference_is_found_where_there_is_one():
    rng = np.random.default_rng(2)
    rejected = [
        (corrected_t_test([difference + 2 for difference in twins(rng)], 0.25).p or 1.0) < 0.05 for _ in range(300)
    ]
    assert np.mean(rejected) > 0.9


def test_holms_adjustment_by_hand():
    # ascending .005 .01 .03 .04 times 4 3 2 1 = .02 .03 .06 .04; the running maximum makes the last .06
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([0.7, 0.6]) == (1.0, 1.0)
    assert holm([]) == ()


def test_among_ten_true_hypotheses_holm_rejects_any_in_five_of_a_hundred_families():
    rng = np.random.default_rng(3)
    any_rejected = [min(holm(rng.random(10).tolist())) < 0.05 for _ in range(4000)]
    assert abs(np.mean(any_rejected) - (1 - 0.995**10)) < 3 * np.sqrt(0.05 * 0.95 / 4000)


def skewed(rng: np.random.Generator, users: int) -> Array:
    return np.where(rng.random(users) < 0.3, rng.normal(0.05, 0.2, users), 0.0)


def test_the_bootstrap_agrees_with_scipys():
    values = skewed(np.random.default_rng(4), 500)
    low, high = bootstrap(values[:, None], seed=1, draws=10_000)
    expected = stats.bootstrap((values,), np.mean, n_resamples=10_000, method="percentile", rng=1).confidence_interval
    assert low[0] == pytest.approx(expected.low, abs=0.0004)  # of a width of .018
    assert high[0] == pytest.approx(expected.high, abs=0.0004)


def test_columns_share_the_draws_of_users():
    values = skewed(np.random.default_rng(5), 50)
    low, high = bootstrap(np.stack([values, 2 * values, -values], axis=1), seed=1, draws=500)
    assert low[1] == pytest.approx(2 * low[0])
    assert low[2] == pytest.approx(-high[0])


def test_without_a_difference_the_bootstrap_excludes_zero_in_five_of_a_hundred_samples_of_users():
    rng = np.random.default_rng(6)
    samples = np.where(rng.random((400, 2000)) < 0.3, rng.normal(0, 0.2, (400, 2000)), 0.0)
    outside: list[bool] = []
    for start in range(0, 2000, 100):  # columns share draws, which is of no account to the share of them
        low, high = bootstrap(samples[:, start : start + 100], seed=start, draws=1000)
        outside += ((low > 0) | (high < 0)).tolist()
    # Three standard errors; percentile intervals of 400 users with 120 changes are a little short.
    assert abs(np.mean(outside) - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 2000)


def test_the_effect_size_is_the_mean_in_standard_deviations():
    assert effect_size(np.array([1.0, 2.0, 3.0])) == 2.0
    assert effect_size(np.zeros(5)) == 0.0


def test_the_interval_of_a_standard_deviation_by_hand():
    # NIST/SEMATECH e-Handbook 7.2.3.1's table: chi2 with 9 degrees of freedom has 95% between 2.70039 and 19.02277
    low, high = sd_interval(2.0, 10)
    assert low == pytest.approx(2 * np.sqrt(9 / 19.02277), rel=1e-5)
    assert high == pytest.approx(2 * np.sqrt(9 / 2.70039), rel=1e-5)


def test_variances_are_compared_as_scipys_f_distribution_says():
    # F = 4 with 9 and 9 degrees of freedom
    assert equal_variances(2.0, 10, 1.0, 10) == pytest.approx(2 * stats.f.sf(4, 9, 9))
    assert equal_variances(1.0, 10, 2.0, 10) == pytest.approx(2 * stats.f.sf(4, 9, 9))
    assert equal_variances(1.0, 10, 1.0, 10) == pytest.approx(1.0)
