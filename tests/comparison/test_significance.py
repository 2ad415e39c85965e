"""Tests against values worked out by hand, published ones, scipy, and worlds without any difference."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from recsys.comparison.significance import (
    contributions,
    corrected_t_test,
    effect_size,
    equal_variances,
    holm,
    permutation_test,
    sd_interval,
)
from recsys.dataset import Array
from tests.comparison import published
from tests.worlds import clustered


def test_the_corrected_t_by_hand():
    # mean 2, sd 1, J = 3: t = 2 / sqrt(1/3 + 1/4) = 2.61861; p of t with 2 degrees of freedom = 1 - t / sqrt(2 + t^2)
    result = corrected_t_test([1.0, 2.0, 3.0], test_to_train=0.25)
    t = 2 / np.sqrt(7 / 12)
    assert (result.mean, result.t) == (2.0, pytest.approx(t))
    assert result.p == pytest.approx(1 - t / np.sqrt(2 + t**2))
    assert result.low == pytest.approx(2 - 4.302653 * np.sqrt(7 / 12))


def test_the_published_comparison_of_two_support_vector_machines():
    rbf, linear = published.AUC
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


@pytest.mark.slow
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


def rejections(p: Array) -> float:
    """Of p at the 5% level."""
    return float((p < 0.05).mean())


def test_holm_holds_five_in_a_hundred_families_where_all_tests_share_their_reference_and_some_differ():
    # Ten runs against one reference, whose luck is in all ten differences; the last five truly differ, by ten errors.
    rng = np.random.default_rng(4)
    runs, reference = rng.normal(size=(4000, 10)), rng.normal(size=(4000, 1))
    z = (runs - reference) / np.sqrt(2)
    none, some = 2 * stats.norm.sf(np.abs(z)), 2 * stats.norm.sf(np.abs(z + 10 * (np.arange(10) > 4)))
    bound = 0.05 + 3 * np.sqrt(0.05 * 0.95 / 4000)
    assert 0.02 < np.mean([min(holm(row)) < 0.05 for row in none.tolist()]) < bound  # dependence makes it conservative
    assert 0.02 < np.mean([min(holm(row)[:5]) < 0.05 for row in some.tolist()]) < bound


def test_three_users_who_all_gain_turn_out_so_by_chance_in_a_quarter_of_the_draws_of_signs():
    # Eight patterns of signs; two of them, all + and all -, give a mean as far from 0 as the observed one.
    (p,) = permutation_test(np.full((1, 3, 1), 0.5), seed=1)
    assert abs(p - 0.25) < 4 * np.sqrt(0.25 * 0.75 / 10_000)


def test_no_difference_at_all_is_no_evidence():
    assert permutation_test(np.zeros((2, 5, 1)), seed=1).tolist() == [1.0]


def test_the_smallest_p_is_that_of_the_observed_signs_alone():
    assert permutation_test(np.ones((1, 200, 1)), seed=1, draws=999).tolist() == [1 / 1000]


def test_a_users_repeats_change_sign_together():
    # What each user gains in one repeat is lost in the next: the mean is 0 with whatever sign, where signs of their own
    # would spread it.
    gains = np.linspace(1, 2, 30)
    assert permutation_test(np.stack([gains, -gains])[:, :, None], seed=1).tolist() == [1.0]


def test_what_users_add_to_the_mean_by_hand():
    # Repeat 1: 1 and 3, mean 2. Repeat 2: the second user alone, 5. Mean of both: 3.5 = 1/4 + (3/4 + 5/2).
    differences = np.array([[[1.0], [3.0]], [[np.nan], [5.0]]])
    assert contributions(differences)[:, 0].tolist() == [0.25, 3.25]


@pytest.mark.slow
def test_without_a_difference_five_in_a_hundred_permutation_tests_over_users_find_one():
    rng = np.random.default_rng(5)
    p: list[Array] = []
    naive: list[Array] = []
    for seed in range(40):  # worlds of one call share their signs, which is of no account to the share of rejections
        worlds = clustered(rng, 100)
        p.append(permutation_test(worlds, seed, draws=999))
        naive.append(stats.ttest_1samp(worlds.reshape(-1, 100), 0, nan_policy="omit").pvalue)
    assert abs(rejections(np.concatenate(p)) - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 4000)
    assert rejections(np.concatenate(naive)) > 0.1  # values of one user are no independent evidence


def test_the_permutation_test_finds_a_difference_where_there_is_one():
    worlds = clustered(np.random.default_rng(6), 200) + 0.06
    assert rejections(permutation_test(worlds, seed=1, draws=999)) > 0.9


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
