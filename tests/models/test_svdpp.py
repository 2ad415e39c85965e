"""SVD++: its minimum by gradient over every cell, by hand where only biases are left, and on planted worlds."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.models.svdpp import SvdPp, Training, fit_factors
from recsys.recommender import Diverged
from tests.worlds import dense, ratings


def training(unobserved_weight: float, l2: float, steps: int = 300, learning_rate: float = 0.05) -> Training:
    return Training(unobserved_weight=unobserved_weight, l2=l2, learning_rate=learning_rate, steps=steps)


def test_a_step_without_a_finite_score_ends_training_with_the_learning_rate():
    wild = training(0.0, 0.1, learning_rate=1e200)
    with np.errstate(all="ignore"), pytest.raises(Diverged, match=r"SVD\+\+: .* in step 2, with learning_rate=1e\+200"):
        SvdPp(rating=wild).fit(dense(1), 1)


@pytest.mark.parametrize("unobserved_weight", [0.0, 0.4])
def test_the_minimum_over_every_cell_is_found(unobserved_weight: float):
    # Written out over all cells, loop by loop, with a numeric gradient: none of the shortcuts of the model.
    world = dense(3, users=12, items=15, share=0.4)
    interactions = world.interactions
    settings = training(unobserved_weight, 0.05, steps=3000, learning_rate=0.01)
    factors = fit_factors(world, 2, settings, 0.1, np.random.default_rng(1))
    target, weight = np.zeros((12, 15)), np.full((12, 15), unobserved_weight)
    target[interactions.user, interactions.item] = interactions.rating - factors.mean
    weight[interactions.user, interactions.item] = 1
    assert factors.mean == pytest.approx(0 if unobserved_weight else interactions.rating.mean(), rel=1e-6)

    def error(user: np.ndarray, item: np.ndarray) -> float:
        """Of the squared errors, with the penalties of what `Factors` keeps apart: q and both biases."""
        score = user[:, :-1] @ item[:, :-1].T + user[:, -1:] + item[:, -1]
        penalty = (weight.sum(1) * user[:, -1] ** 2).sum() + (weight.sum(0)[:, None] * item**2).sum()
        return float((weight * (target - score) ** 2).sum() + 0.05 * penalty)

    user = np.column_stack([factors.user, factors.user_bias]).astype(float)
    item = np.column_stack([factors.item, factors.item_bias]).astype(float)
    at = error(user, item)
    assert np.abs(item[:, :-1]).max() > 0.1  # factors are left to speak of
    for side, columns in ((user, (2,)), (item, (0, 1, 2))):  # in every q_i, b_i and b_u
        for row in range(len(side)):
            for column in columns:
                for step in (-0.02, 0.02):
                    side[row, column] += step
                    assert error(user, item) > at
                    side[row, column] -= step


def test_what_a_user_rated_speaks_even_of_a_user_without_taste_of_their_same_camp():
    # Two camps rate disjoint items, all with 3: only what was rated, counted against all cells, tells them apart.
    rng = np.random.default_rng(1)
    same_camp = (np.arange(60) < 30)[:, None] == (np.arange(40) < 20)
    rated = same_camp & (rng.random((60, 40)) < 0.6)
    train = ratings([(int(u), int(i), 3.0) for u, i in np.argwhere(rated)], 60, 40)
    grid = SvdPp(1, training(0.0, 0.1), training(0.3, 0.1)).fit(train, 1).grid(np.arange(60), "implicit")
    assert grid[same_camp & ~rated].min() > grid[~same_camp].max()


def test_ratings_of_a_planted_taste_are_told():
    rng = np.random.default_rng(2)
    same_camp = (np.arange(60) < 30)[:, None] == (np.arange(40) < 20)
    rated = rng.random((60, 40)) < 0.5
    train = ratings([(int(u), int(i), 5.0 if same_camp[u, i] else 1.0) for u, i in np.argwhere(rated)], 60, 40)
    grid = SvdPp(4, training(0.0, 0.02), training(0.3, 0.02)).fit(train, 1).grid(np.arange(60), "rating")
    assert grid[same_camp & ~rated].mean() > 4.5
    assert grid[~same_camp & ~rated].mean() < 1.5


def test_users_and_items_without_ratings_get_what_is_knsame_camp_without_them():
    train = ratings([(0, 0, 5), (0, 1, 3), (1, 0, 4), (1, 1, 1)], 3, 3)
    factors = SvdPp(2, training(0.0, 0.1), training(0.3, 0.1)).fit(train, 1).factors["rating"]
    assert [*factors.user[2].tolist(), factors.user_bias[2]] == [0, 0, 0]
    assert [*factors.item[2].tolist(), factors.item_bias[2]] == [0, 0, 0]
    assert factors.mean == 13 / 4
