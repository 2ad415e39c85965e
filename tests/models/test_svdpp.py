"""SVD++: its minimum by gradient over every cell, by hand where only biases are left, and on planted worlds."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.models.svdpp import SvdPp, Training, learn
from tests.worlds import dense, ratings


def training(unrated: float, l2: float, steps: int = 300, learning_rate: float = 0.05) -> Training:
    return Training(unrated=unrated, l2=l2, learning_rate=learning_rate, steps=steps)


@pytest.mark.parametrize("unrated", [0.0, 0.4])
def test_the_minimum_over_every_cell_is_found(unrated: float):
    # Written out over all cells, loop by loop, with a numeric gradient: none of the shortcuts of the model.
    world = dense(3, users=12, items=15, share=0.4)
    interactions = world.interactions
    found = learn(world, 2, training(unrated, 0.05, steps=3000, learning_rate=0.01), np.random.default_rng(1))
    target, weight = np.zeros((12, 15)), np.full((12, 15), unrated)
    target[interactions.user, interactions.item] = interactions.rating - found.mean
    weight[interactions.user, interactions.item] = 1
    assert found.mean == pytest.approx(0 if unrated else interactions.rating.mean(), rel=1e-6)

    def error(user: np.ndarray, item: np.ndarray) -> float:
        """Of the squared errors, with the penalties of what `Factors` still tells apart: q and both biases."""
        score = user[:, :-1] @ item[:, :-1].T + user[:, -1:] + item[:, -1]
        penalty = (weight.sum(1) * user[:, -1] ** 2).sum() + (weight.sum(0)[:, None] * item**2).sum()
        return float((weight * (target - score) ** 2).sum() + 0.05 * penalty)

    user = np.column_stack([found.user, found.user_bias]).astype(float)
    item = np.column_stack([found.item, found.item_bias]).astype(float)
    at = error(user, item)
    assert np.abs(item[:, :-1]).max() > 0.1  # factors are left to speak of
    for side, columns in ((user, (2,)), (item, (0, 1, 2))):  # in every q_i, b_i and b_u
        for row in range(len(side)):
            for column in columns:
                for step in (-0.02, 0.02):
                    side[row, column] += step
                    assert error(user, item) > at
                    side[row, column] -= step


def test_what_a_user_rated_speaks_even_of_a_user_without_taste_of_their_own():
    # Two camps rate disjoint items, all with 3: only what was rated, counted against all cells, tells them apart.
    rng = np.random.default_rng(1)
    own = (np.arange(60) < 30)[:, None] == (np.arange(40) < 20)
    given = own & (rng.random((60, 40)) < 0.6)
    train = ratings([(int(u), int(i), 3.0) for u, i in np.argwhere(given)], 60, 40)
    grid = SvdPp(1, training(0.0, 0.1), training(0.3, 0.1)).fit(train, 1).grid(np.arange(60), "implicit")
    assert grid[own & ~given].min() > grid[~own].max()


def test_ratings_of_a_planted_taste_are_told():
    rng = np.random.default_rng(2)
    own = (np.arange(60) < 30)[:, None] == (np.arange(40) < 20)
    given = rng.random((60, 40)) < 0.5
    train = ratings([(int(u), int(i), 5.0 if own[u, i] else 1.0) for u, i in np.argwhere(given)], 60, 40)
    grid = SvdPp(4, training(0.0, 0.02), training(0.3, 0.02)).fit(train, 1).grid(np.arange(60), "rating")
    assert grid[own & ~given].mean() > 4.5
    assert grid[~own & ~given].mean() < 1.5


def test_users_and_items_without_ratings_get_what_is_known_without_them():
    train = ratings([(0, 0, 5), (0, 1, 3), (1, 0, 4), (1, 1, 1)], 3, 3)
    found = SvdPp(2, training(0.0, 0.1), training(0.3, 0.1)).fit(train, 1).factors["rating"]
    assert [*found.user[2].tolist(), found.user_bias[2]] == [0, 0, 0]
    assert [*found.item[2].tolist(), found.item_bias[2]] == [0, 0, 0]
    assert found.mean == 13 / 4
