"""How many repeats or users are needed: a textbook's number, by hand, and worlds in which the promise is kept."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.comparison.power import POWER, repeats_needed, units_needed
from recsys.comparison.significance import corrected_t_test


def test_without_overlap_it_is_the_paired_t_tests_textbook_number():
    # Cohen's d of .5, 80% power, two-sided 5%: 34 pairs (G*Power); of .8: 15
    assert repeats_needed(1.0, 0.0, 0.5) == 34
    assert repeats_needed(1.0, 0.0, 0.8) == 15


def test_overlap_has_a_floor_that_no_number_of_repeats_goes_below():
    # The error falls to sd sqrt(1/4) = .005 and no further: 2.8 such errors are .014.
    assert repeats_needed(0.01, 0.25, 0.0139) is None
    assert repeats_needed(0.01, 0.25, 0.0145) is not None


def test_a_smaller_spread_takes_fewer_repeats_and_none_takes_two():
    many, few = repeats_needed(0.003, 0.25, 0.005), repeats_needed(0.002, 0.25, 0.005)
    assert many is not None and few is not None
    assert many > few > 2
    assert repeats_needed(0.0, 0.25, 0.005) == 2
    assert repeats_needed(1e-9, 0.25, 0.005) == 2


@pytest.mark.parametrize("fewer", [0, 1])
def test_the_corrected_test_finds_the_difference_as_often_as_promised(fewer: int):
    ratio, difference, sd = 0.25, 0.005, 0.003
    needed = repeats_needed(sd, ratio, difference)
    assert needed is not None
    # Repeats that correlate by rho = ratio / (1 + ratio) and spread by sd around what they share.
    rng = np.random.default_rng(1)
    shared, own = rng.normal(size=(4000, 1)), rng.normal(size=(4000, needed - fewer))
    worlds = difference + sd * (np.sqrt(ratio) * shared + own)
    found = np.mean([(corrected_t_test(world, ratio).p or 0.0) < 0.05 for world in worlds.tolist()])
    error = 3 * np.sqrt(0.8 * 0.2 / 4000)
    assert found > POWER - error if fewer == 0 else found < POWER + error


def test_the_number_of_users_by_hand():
    # 100 users, +.1 and -.1: se .1 / sqrt(100) = .01; 100 (2.80159 * .01 / .02)^2 = 196.2
    differences = np.where(np.arange(100) % 2, 0.1, -0.1)[None]
    assert units_needed(differences, 0.02) == 197
    assert units_needed(np.repeat(differences, 3, axis=0), 0.02) == 197  # equal repeats are no more users
    assert units_needed(differences + 0.3, 0.02) == 197  # the mean is none of its spread


def test_users_who_are_there_in_some_repeats_count_once():
    values = np.array([[0.1, -0.1, np.nan, np.nan], [np.nan, np.nan, 0.1, -0.1]])
    # Each adds .1 / 2 / 2 to the mean of the repeats: se = sqrt(4 * .025^2) = .05; 4 (2.80159 * .05 / .02)^2 = 196.2
    assert units_needed(values, 0.02) == 197
