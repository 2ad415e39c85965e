"""How wide a band is, by hand and by simulation."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.regression.bands import ALPHA, EQUAL, Spread, band


def test_what_differs_between_repeats_is_no_spread():
    spread = Spread.of([[0.5, 0.9], [0.5, 0.9], [0.5, 0.9]])
    assert spread == Spread(pytest.approx(0.7), 0.0, 4) and not spread.moves


def test_the_spread_is_what_runs_differ_by_within_repeats():
    # Repeat 1: 0.5, 0.7, 0.6 about 0.6; repeat 2: three times 0.9: (0.01 + 0.01) over 2 x 2 degrees of freedom.
    spread = Spread.of([[0.5, 0.9], [0.7, 0.9], [0.6, 0.9]])
    assert spread.sd == pytest.approx(np.sqrt(0.02 / 4)) and spread.degrees == 4


def test_a_number_that_is_undefined_in_every_run_does_not_move():
    assert not Spread.of([[np.nan, 0.5], [np.nan, 0.5]]).moves


def test_without_a_second_run_there_is_no_spread():
    with pytest.raises(ValueError, match="expected two runs or more"):
        Spread.of([[0.5, 0.6]])


def test_a_band_is_a_prediction_interval_and_one_user():
    # t at 1 - 0.01 / (2 x 1) for 10 degrees of freedom is 3.169 in every table; 10 / 5 + 1 = 3 runs of 5 repeats.
    error = 0.02 * np.sqrt((1 + 1 / 3) / 5)
    assert band(Spread(0.5, 0.02, 10), 5, 100, 1) == pytest.approx(3.169 * error + 1 / 500, rel=1e-4)
    # 0.01 / 10 two-sided: t = 4.587.
    assert band(Spread(0.5, 0.02, 10), 5, 100, 10) == pytest.approx(4.587 * error + 1 / 500, rel=1e-4)


def test_what_no_kind_of_processor_moves_may_move_by_one_user_and_no_more():
    assert band(Spread(0.5, EQUAL / 2, 6), 2, 943, 500) == 1 / (2 * 943)


def test_where_all_luck_is_drawn_anew_one_check_in_a_hundred_fails_at_most():
    """Six numbers, each its own; two repeats, four re-seedings; splits differ far more than anything else."""
    rng, checks, numbers, repeats, runs = np.random.default_rng(7), 5_000, 6, 2, 4
    failed = 0
    for _ in range(checks):
        split = rng.normal(0.5, 0.1, (numbers, 1, repeats))
        drawn = split + rng.normal(0, 0.01, (numbers, runs + 2, repeats))
        spreads = [Spread.of(number[:-1]) for number in drawn]
        off = [abs(number[-1].mean() - spread.mean) for number, spread in zip(drawn, spreads, strict=True)]
        widths = [band(spread, repeats, 10**9, numbers) for spread in spreads]
        failed += bool(np.greater(off, widths).any())
    error = np.sqrt(ALPHA * (1 - ALPHA) / checks)
    assert ALPHA - 3 * error < failed / checks < ALPHA + 3 * error
