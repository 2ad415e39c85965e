"""Sampled items without a rating."""

from __future__ import annotations

import numpy as np

from recsys.features.negative_sampling import draw
from tests.worlds import dense, ratings


def test_no_negative_is_a_rated_item():
    interactions = dense(1, share=0.8).interactions
    rated = set(zip(interactions.user.tolist(), interactions.item.tolist(), strict=True))
    users, items = draw(interactions, np.repeat(np.arange(40, dtype=np.int32), 50), 60, np.random.default_rng(1))
    assert len(users) == 2000
    assert not rated & set(zip(users.tolist(), items.tolist(), strict=True))


def test_every_item_without_a_rating_is_drawn_as_often_as_any_other():
    # User 0 did not rate items 2, 3, 4: of 3,000 draws each gets 1,000 with a deviation of 26.
    interactions = ratings([(0, 0, 5), (0, 1, 1)], 1, 5).interactions
    _, items = draw(interactions, np.zeros(3000, np.int32), 5, np.random.default_rng(1))
    counts = np.bincount(items, minlength=5)
    assert counts[:2].tolist() == [0, 0]
    assert np.abs(counts[2:] - 1000).max() < 5 * 26


def test_a_user_who_rated_everything_is_left_out():
    interactions = ratings([(0, 0, 5), (0, 1, 1), (1, 0, 3)], 2, 2).interactions
    users, items = draw(interactions, np.array([0, 1, 0], np.int32), 2, np.random.default_rng(1))
    assert users.tolist() == [1]
    assert items.tolist() == [1]
