"""How wide a band is, by hand and by simulation."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.regression.bands import ALPHA, band, degrees, spread


def test_what_all_models_share_on_a_split_is_no_spread():
    # The second split is easier by 0.1 and the third harder by 0.2, for both models.
    assert spread([[0.5, 0.6, 0.3], [0.7, 0.8, 0.5]]) == pytest.approx(0, abs=1e-12)


def test_the_spread_is_what_model_and_split_leave_over():
    # Means of rows 0.5 and 0.7, of columns 0.6, 0.7, 0.5, of all 0.6: what is left is 0, -0.1, 0.1 and 0, 0.1, -0.1.
    assert spread([[0.5, 0.5, 0.5], [0.7, 0.9, 0.5]]) == pytest.approx(np.sqrt(0.04 / 2))


def test_a_band_is_t_times_the_standard_error_of_the_difference_of_two_means():
    # t at 1 - 0.01 / (2 x 1) for 10 degrees of freedom is 3.169 in every table.
    assert band(0.02, degrees(3, 6), 8, 1) == pytest.approx(3.169 * 0.02 * 0.5, rel=1e-4)
    assert band(0.02, 10, 2, 1) == pytest.approx(2 * band(0.02, 10, 8, 1))


def test_a_band_grows_with_the_numbers_compared():
    # 0.01 / 10 two-sided: t = 4.587.
    assert band(0.02, 10, 8, 10) == pytest.approx(4.587 * 0.02 * 0.5, rel=1e-4)


@pytest.mark.parametrize("values", [[[0.1, 0.2]], [[0.1], [0.2]]], ids=["one model", "one repeat"])
def test_without_models_and_repeats_there_is_no_spread(values: list[list[float]]):
    with pytest.raises(ValueError, match="two or more models of two or more repeats"):
        spread(values)


def test_where_all_luck_but_the_split_is_drawn_anew_one_check_in_a_hundred_fails():
    """Six models, one of them with two repeats; splits differ far more than anything else."""
    rng, checks, models, repeats = np.random.default_rng(7), 20_000, 6, 5
    failed = 0
    for _ in range(checks):
        split, model = rng.normal(0, 0.05, repeats), rng.normal(0.5, 0.1, (models, 1))
        then, now = (split + model + rng.normal(0, 0.01, (models, repeats)) for _ in range(2))
        s, freedom = spread(then[1:]), degrees(models - 1, repeats)
        limits = np.array([band(s, freedom, 2, models), *[band(s, freedom, repeats, models)] * (models - 1)])
        moved = [now[0, :2].mean() - then[0, :2].mean(), *(now[1:].mean(axis=1) - then[1:].mean(axis=1))]
        failed += bool((np.abs(moved) > limits).any())
    error = np.sqrt(ALPHA * (1 - ALPHA) / checks)
    assert 0.6 * ALPHA < failed / checks < ALPHA + 3 * error  # Bonferroni errs on the side of fewer
