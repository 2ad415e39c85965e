"""iALS: where its gradient vanishes, and what planted blocks tell."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from recsys.dataset import DataError
from recsys.models.ials import Ials
from tests.worlds import dense, ratings


def test_the_minimum_over_every_cell_is_found():
    world = dense(3, users=20, items=25)
    scorer = Ials(like_threshold=4.0, factors=3, alpha=5.0, l2=2.0, sweeps=300).fit(world, 1)
    liked = world.interactions.rating >= 4
    target = np.zeros((20, 25))
    target[world.interactions.user[liked], world.interactions.item[liked]] = 1
    weight = np.where(target == 1, 5.0, 1.0)
    user, item = scorer.factors.user.astype(float), scorer.factors.item.astype(float)
    error = weight * (user @ item.T - target)
    assert np.abs(user).max() > 0.1
    assert np.abs(error @ item + 2 * user).max() < 1e-2
    assert np.abs(error.T @ user + 2 * item).max() < 1e-2


def test_of_two_camps_everybody_is_told_the_rest_of_what_their_own_like():
    # Both camps rate half of everything, and like nothing but their own.
    rng = np.random.default_rng(1)
    same_camp = (np.arange(60) < 30)[:, None] == (np.arange(40) < 20)
    rated = rng.random((60, 40)) < np.where(same_camp, 0.6, 0.5)
    rows = [(int(u), int(i), 5.0 if same_camp[u, i] else 2.0) for u, i in np.argwhere(rated)]
    scorer = Ials(like_threshold=4.0, factors=2, alpha=5.0, l2=1.0, sweeps=15).fit(ratings(rows, 60, 40), 1)
    grid = scorer.grid(np.arange(60), "implicit")
    assert grid[same_camp & ~rated].min() > 0.5
    assert grid[~same_camp].max() < 0.2


def test_it_runs_without_a_warning_and_the_seed_decides():
    model = Ials(like_threshold=4.0, factors=8, alpha=5.0, l2=1.0, sweeps=3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first, same, second = (model.fit(dense(3), seed) for seed in (1, 1, 2))
    assert first.factors.user.tobytes() == same.factors.user.tobytes()
    assert first.factors.user.tobytes() != second.factors.user.tobytes()


def test_likes_without_a_like_are_refused_with_the_way_out():
    with pytest.raises(DataError, match=r"expected likes in train, got none: its 2 ratings are 2 to 3, .* set like"):
        Ials(4.0, 2, 1.0, 1.0, 1).fit(ratings([(0, 0, 2.0), (1, 1, 3.0)], 2, 2), 1)
