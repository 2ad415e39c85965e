"""EASE by hand on two items, and on worlds in which each form has one right answer."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.dataset import DataError
from recsys.models.ease import Ease, Form
from tests.worlds import ratings

RATINGS, LIKES, RESIDUALS = Form("ratings", 2.0), Form("likes", 2.0), Form("residuals", 2.0)


def test_two_items_by_hand():
    # Of two items each is predicted from the other alone: W_ji = x_j' x_i / (x_j' x_j + l).
    train = ratings([(0, 0, 5), (0, 1, 4), (1, 0, 1), (1, 1, 5), (2, 0, 4)], 4, 2)
    scorer = Ease(4.0, 10.0, LIKES, RATINGS).fit(train, 1)
    products = 5 * 4 + 1 * 5
    by_ratings = np.array([[4 * products / (41 + 2), 5 * products / (42 + 2)], [5 * products / 43, 1 * products / 44]])
    assert scorer.grid(np.array([0, 1]), "implicit") == pytest.approx(by_ratings)
    # Liked: item 0 by users 0 and 2, item 1 by users 0 and 1; both by user 0 alone.
    assert scorer.pairs(np.array([2, 2, 1]), np.array([1, 0, 0]), "rating") == pytest.approx([1 / 4, 0, 1 / 4])
    assert scorer.grid(np.array([3]), "implicit").tolist() == [[0, 0]]  # who rated nothing gets no opinion


def test_residuals_predict_ratings_around_the_biases():
    rows = [(0, 0, 5), (0, 1, 4), (1, 0, 1), (1, 1, 5), (2, 0, 4)]
    train = ratings(rows, 3, 2)
    scorer = Ease(4.0, 1.0, RESIDUALS, RATINGS).fit(train, 1)
    mean = 19 / 5
    item = [(10 - 3 * mean) / 4, (9 - 2 * mean) / 3]
    user = [(9 - 2 * mean - sum(item)) / 3, (6 - 2 * mean - sum(item)) / 3, (4 - mean - item[0]) / 2]
    residual = {
        (u, i): r - mean - item[i] - user[u] for u, i, r in [(0, 0, 5), (0, 1, 4), (1, 0, 1), (1, 1, 5), (2, 0, 4)]
    }
    product = residual[0, 0] * residual[0, 1] + residual[1, 0] * residual[1, 1]
    weight = product / (residual[0, 0] ** 2 + residual[1, 0] ** 2 + residual[2, 0] ** 2 + 2)
    expected = mean + user[2] + item[1] + residual[2, 0] * weight
    assert scorer.pairs(np.array([2]), np.array([1]), "rating") == pytest.approx([expected], rel=1e-5)


def test_of_two_camps_everybody_is_told_the_rest_of_their_own():
    rng = np.random.default_rng(1)
    same_camp = (np.arange(60) < 30)[:, None] == (np.arange(20) < 10)
    rated = same_camp & (rng.random((60, 20)) < 0.6)
    rows = [(int(u), int(i), 4.0) for u, i in np.argwhere(rated)]
    grid = Ease(4.0, 10.0, LIKES, RATINGS).fit(ratings(rows, 60, 20), 1).grid(np.arange(60), "implicit")
    assert (grid[~same_camp] == 0).all()  # nobody who rated one camp's items rated the other's: these weights are 0
    assert (np.where(rated, -np.inf, grid).max(axis=1) > 0).all()  # so that the best new item is one of their own


def test_residuals_tell_taste_from_having_rated():
    # All users rate all items but one; the camps love their own items and hate the others'.
    rng = np.random.default_rng(2)
    unrated = rng.integers(0, 20, 60)
    same_camp = (np.arange(60) < 30)[:, None] == (np.arange(20) < 10)
    rows = [(u, i, 5.0 if same_camp[u, i] else 1.0) for u in range(60) for i in range(20) if i != unrated[u]]
    scorer = Ease(4.0, 10.0, RESIDUALS, RATINGS).fit(ratings(rows, 60, 20), 1)
    scores = scorer.pairs(np.arange(60), unrated, "rating")
    liked = same_camp[np.arange(60), unrated]
    assert scores[liked].min() > 4
    assert scores[~liked].max() < 2


def test_likes_without_a_like_are_refused_with_the_way_out():
    with pytest.raises(DataError, match=r"expected likes in train, got none: its 2 ratings are 2 to 3, .* set like"):
        Ease(4.0, 10.0, LIKES, RATINGS).fit(ratings([(0, 0, 2.0), (1, 1, 3.0)], 2, 2), 1)
