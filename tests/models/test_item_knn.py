"""Item-kNN by hand on three users and three items, and on planted neighbours."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.features.item_item import Residual
from recsys.models.item_knn import ItemKnn, RecentCosine
from tests.worlds import ratings

ROWS = [(0, 0, 4), (0, 1, 3), (1, 0, 3), (1, 1, 4), (1, 2, 5), (2, 2, 2)]


def model(n_neighbors: int) -> ItemKnn:
    return ItemKnn(
        Residual(n_neighbors=n_neighbors, shrink=2.0, damping=1.0, bias_damping=1.0),
        RecentCosine(n_neighbors=n_neighbors),
    )


def test_the_catalogue_is_scored_by_the_sum_of_cosines():
    scorer = model(2).fit(ratings(ROWS, 4, 3), 1)
    cos_01 = (12 + 12) / 25  # items 0 and 1, both of length 5
    cos_02, cos_12 = 15 / (5 * np.sqrt(29)), 20 / (5 * np.sqrt(29))
    expected = [[3 * cos_01, 4 * cos_01, 4 * cos_02 + 3 * cos_12], [2 * cos_02, 2 * cos_12, 0], [0, 0, 0]]
    assert scorer.grid(np.array([0, 2, 3]), "implicit") == pytest.approx(np.array(expected), rel=1e-5)


def test_only_the_nearest_items_count():
    scorer = model(1).fit(ratings(ROWS, 4, 3), 1)  # item 0's nearest is 1 and the other way round, item 2's is 1
    expected = [24 / 25 * 3, 24 / 25 * 4, 3 * 20 / (5 * np.sqrt(29))]
    assert scorer.grid(np.array([0]), "implicit")[0] == pytest.approx(expected, rel=1e-5)


def test_asymmetric_similarity_weighs_what_was_rated_and_what_is_ranked_apart():
    # Of the squared lengths 25 (items 0 and 1) and 29 (item 2), that of the rated item counts .75, the other one .25.
    asymmetric = ItemKnn(implicit=RecentCosine(n_neighbors=2, alpha=0.75, shrink=3.0))
    to_2 = 25**0.75 * 29**0.25 + 3
    from_2 = 29**0.75 * 25**0.25 + 3
    expected = [[3 * 24 / 28, 4 * 24 / 28, (4 * 15 + 3 * 20) / to_2], [2 * 15 / from_2, 2 * 20 / from_2, 0]]
    scores = asymmetric.fit(ratings(ROWS, 4, 3), 1).grid(np.array([0, 2]), "implicit")
    assert scores == pytest.approx(np.array(expected), rel=1e-5)


def test_a_rating_is_the_biases_and_a_weighted_mean_of_residuals():
    rows = [(0, 0, 5), (0, 1, 5), (1, 0, 1), (1, 1, 1), (2, 0, 5)]
    scorer = model(1).fit(ratings(rows, 3, 2), 1)
    mean = 17 / 5
    item = [(11 - 3 * mean) / 4, (6 - 2 * mean) / 3]
    user = [(10 - 2 * mean - sum(item)) / 3, (2 - 2 * mean - sum(item)) / 3, (5 - mean - item[0]) / 2]
    residual = {(u, i): r - mean - item[i] - user[u] for u, i, r in rows}
    cosine = (residual[0, 0] * residual[0, 1] + residual[1, 0] * residual[1, 1]) / np.sqrt(
        (residual[0, 0] ** 2 + residual[1, 0] ** 2) * (residual[0, 1] ** 2 + residual[1, 1] ** 2)
    )
    weight = cosine * 2 / (2 + 2)  # two users rated both
    expected = mean + user[2] + item[1] + residual[2, 0] * weight / (weight + 1)
    assert scorer.pairs(np.array([2]), np.array([1]), "rating") == pytest.approx([expected], rel=1e-5)


def test_planted_neighbours_are_found_for_both_questions():
    # Who likes item 0 likes item 1, who dislikes it dislikes 1, and 2 goes its own way; item 3 is rated by others only.
    rng = np.random.default_rng(1)
    rows: list[tuple[int, int, float]] = []
    for user in range(200):
        taste = float(rng.choice([1, 5]))
        rows += [(user, 0, taste), (user, 2, float(rng.choice([1, 5])))]
        if user > 1:
            rows.append((user, 1, taste))
    rows += [(user, 3, 3.0) for user in range(200, 210)]
    rows[0], rows[2] = (0, 0, 5.0), (1, 0, 1.0)
    scorer = model(2).fit(ratings(rows, 210, 4), 1)
    likes, dislikes = scorer.pairs(np.array([0, 1]), np.array([1, 1]), "rating")
    assert likes > 3.5
    assert dislikes < 2.5
    assert scorer.pairs(np.array([0]), np.array([3]), "implicit")[0] == 0
    assert scorer.pairs(np.array([0]), np.array([1]), "implicit")[0] > 1
