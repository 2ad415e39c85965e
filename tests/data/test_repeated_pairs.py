"""Several rows of one user and item: which stays, and with which rating."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.data.repeated_pairs import Rule, first_repeated, merged
from recsys.dataset import Interactions

ROWS = [
    # user, item, rating, time
    (0, 0, 5, 30),
    (1, 1, 2, 10),
    (0, 0, 1, 20),  # earlier than the first row
    (1, 0, 3, 40),
    (1, 1, 4, 10),  # at the time of the second row, and after it in the file
    (1, 1, 3, 9),
]


def log() -> Interactions:
    return Interactions.of(*np.array(ROWS).T)


def test_the_first_repeated_row_is_told_with_the_one_before():
    assert first_repeated(log(), 2) == (2, 0)
    assert first_repeated(log().take(np.array([0, 1, 3])), 2) is None


@pytest.mark.parametrize(("rule", "ratings"), [("last", [5, 3, 4]), ("mean", [3, 3, 3]), ("count", [2, 1, 3])])
def test_a_pair_stays_where_its_latest_row_is(rule: Rule, ratings: list[float]):
    assert rule != "error"
    single = merged(log(), 2, rule)
    assert list(zip(single.user.tolist(), single.item.tolist(), strict=True)) == [(0, 0), (1, 0), (1, 1)]
    assert single.time.tolist() == [30, 40, 10]
    assert single.rating.tolist() == ratings


@pytest.mark.parametrize(("rule", "ratings"), [("last", [5, 2, 3]), ("mean", [5, 2, 3]), ("count", [1, 1, 1])])
def test_where_no_pair_repeats_all_rows_stay(rule: Rule, ratings: list[float]):
    assert rule != "error"
    single = merged(log().take(np.array([0, 1, 3])), 2, rule)
    assert single.rating.tolist() == ratings
    assert single.time.tolist() == [30, 10, 40]


def test_without_times_the_last_row_in_the_file_stays():
    user, item, rating, _ = np.array(ROWS).T
    assert merged(Interactions.of(user, item, rating), 2, "last").rating.tolist() == [1, 3, 3]
