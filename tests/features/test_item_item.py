"""Profiles of the most recent events alone, and similarities of items."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from recsys.features.item_item import ItemItem, correlation, recent
from tests.worlds import ratings


def test_the_most_recent_events_are_kept_and_weigh_less_with_age():
    rows = [(0, 0, 5.0), (0, 1, 4.0), (0, 2, 2.0), (1, 3, 3.0)]
    interactions = ratings(rows, 2, 4, times=[30, 10, 20, 5]).interactions
    profile = recent(interactions, interactions.rating, 2, 4, count=2, decay=0.5).toarray()
    assert profile.tolist() == [[5.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 3.0]]


def test_of_events_of_one_time_the_later_in_the_log_is_the_more_recent():
    interactions = ratings([(0, 1, 1.0), (0, 0, 1.0)], 1, 2, times=[7, 7]).interactions
    assert recent(interactions, interactions.rating, 1, 2, count=1, decay=0.9).toarray().tolist() == [[1.0, 0.0]]
    assert recent(interactions, interactions.rating, 1, 2, count=2, decay=0.9).toarray()[0] == pytest.approx(
        np.array([1.0, 0.9])
    )


def test_without_shrinkage_columns_that_share_no_row_have_no_similarity():
    residuals = csr_matrix([[3.0, 4.0, 0.0], [4.0, -3.0, 0.0], [0.0, 0.0, 2.0]])
    rated = (residuals != 0).astype(np.float64)
    assert correlation(residuals, rated, shrink=0).tolist() == [[0, 0, 0], [0, 0, 0], [0, 0, 0]]
    residuals = csr_matrix([[3.0, 3.0, 0.0], [4.0, 4.0, 0.0], [0.0, 0.0, 2.0]])
    assert correlation(residuals, rated, shrink=0).tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 0]]


def test_a_score_that_cancels_to_0_takes_no_others_place():
    # Item 2 has neighbours 0 and 1 of opposite weights, so that its score is 0, of a sum of weights of 2.
    weights = np.array([[0, 0, 1, 0.5], [0, 0, -1, 0], [0, 0, 0, 0], [0, 0.25, 0, 0]], np.float32)
    profile = csr_matrix(np.array([[2, 2, 0, 4], [0, 3, 0, 0]], np.float32))
    expected = [[0, 1 / (0.25 + 1), 0, 1 / (0.5 + 1)], [0, 0, -3 / (1 + 1), 0]]
    for of in (weights, csr_matrix(weights)):
        found = ItemItem(profile, of, damping=1.0).grid(np.array([0, 1]))
        assert found == pytest.approx(np.array(expected))
