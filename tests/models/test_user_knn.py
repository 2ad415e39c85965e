"""User-kNN by hand on three users and three items, and on planted neighbours."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.features.item_item import Cosine, Residual
from recsys.models.user_knn import UserKnn
from tests.worlds import ratings

ROWS = [(0, 0, 4), (1, 0, 3), (0, 1, 3), (1, 1, 4), (2, 1, 5), (2, 2, 2)]


def model(n_neighbors: int) -> UserKnn:
    return UserKnn(
        Residual(n_neighbors=n_neighbors, shrink=2.0, damping=1.0, bias_damping=1.0), Cosine(n_neighbors=n_neighbors)
    )


def test_the_catalogue_is_scored_by_the_sum_over_neighbours():
    scorer = model(2).fit(ratings(ROWS, 4, 3), 1)
    cos_01 = 24 / 25  # users 0 and 1, both of length 5
    cos_02, cos_12 = 15 / (5 * np.sqrt(29)), 20 / (5 * np.sqrt(29))
    expected = [
        [3 * cos_01, 4 * cos_01 + 5 * cos_02, 2 * cos_02],
        [4 * cos_02 + 3 * cos_12, 3 * cos_02 + 4 * cos_12, 0],
        [0, 0, 0],
    ]
    assert scorer.grid(np.array([0, 2, 3]), "implicit") == pytest.approx(np.array(expected), rel=1e-5)


def test_only_the_nearest_users_count():
    scorer = model(1).fit(ratings(ROWS, 4, 3), 1)
    assert scorer.grid(np.array([0]), "implicit")[0] == pytest.approx([3 * 24 / 25, 4 * 24 / 25, 0], rel=1e-5)


def test_a_rating_is_the_biases_and_a_weighted_mean_of_residuals():
    rows = [(0, 0, 5), (1, 0, 5), (0, 1, 1), (1, 1, 1), (0, 2, 5)]
    scorer = model(1).fit(ratings(rows, 2, 3), 1)
    mean = 17 / 5
    item = [(10 - 2 * mean) / 3, (2 - 2 * mean) / 3, (5 - mean) / 2]
    user = [(11 - 3 * mean - sum(item)) / 4, (6 - 2 * mean - item[0] - item[1]) / 3]
    residual = {(u, i): r - mean - item[i] - user[u] for u, i, r in rows}
    cosine = (residual[0, 0] * residual[1, 0] + residual[0, 1] * residual[1, 1]) / np.sqrt(
        (residual[0, 0] ** 2 + residual[0, 1] ** 2) * (residual[1, 0] ** 2 + residual[1, 1] ** 2)
    )
    weight = cosine * 2 / (2 + 2)  # two items rated by both
    expected = mean + user[1] + item[2] + residual[0, 2] * weight / (abs(weight) + 1)
    assert scorer.pairs(np.array([1]), np.array([2]), "rating") == pytest.approx([expected], rel=1e-5)


def test_who_rates_the_other_way_round_counts_the_other_way_round():
    # Two camps of opposite taste on 20 items; items 20 and 21 were rated by one camp alone.
    rows = [(u, i, 5.0 if (u < 15) == (i < 10) else 1.0) for u in range(30) for i in range(20)]
    rows += [(u, 20, 5.0) for u in range(15)] + [(u, 21, 1.0) for u in range(15)]
    scorer = model(30).fit(ratings(rows, 30, 22), 1)
    liked, hated = scorer.pairs(np.array([16, 16]), np.array([20, 21]), "rating")
    base = scorer.matrices.biases.pairs(np.array([16, 16]), np.array([20, 21]))
    assert liked < base[0] - 0.1
    assert hated > base[1] + 0.1
