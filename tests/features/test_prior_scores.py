"""Scores from a part of a user's ratings: those of their models, and independent of the user's other ratings."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.features.item_item import ItemItemSettings, matrix, regression
from recsys.features.prior_scores import CrossFittedPriorScores, PriorScores
from tests.worlds import dense

SETTINGS = ItemItemSettings(bias_damping=5.0)
MODELS = ("ease", "residual_knn")


def test_ease_is_the_regression_standardised_per_user():
    interactions = dense(1).interactions
    profile = matrix(interactions, interactions.rating, 40, 60)
    raw = profile.toarray() @ regression(profile, SETTINGS.ease_l2)
    expected = (raw - raw.mean(axis=1, keepdims=True)) / raw.std(axis=1, keepdims=True)
    scores = PriorScores.of(interactions, 40, 60, MODELS, SETTINGS).scores(profile)
    assert scores.shape == (40, 2, 60)
    assert scores[:, 0] == pytest.approx(expected, abs=1e-4)


def test_residual_knn_scores_items_higher_that_are_similar_to_liked_ones():
    # Items 0-4 are liked by even users, 5-9 by odd ones: two clusters, each with items that the profile lacks.
    rng = np.random.default_rng(2)
    user, item = np.nonzero(rng.random((60, 10)) < 0.8)
    likes = (user % 2 == 0) == (item < 5)
    rating = np.where(likes, 5.0, 1.0)
    world = dense(3, 60, 10)
    interactions = type(world.interactions).of(user, item, rating)
    prior = PriorScores.of(interactions, 60, 10, ("residual_knn",), SETTINGS)
    rows = np.zeros((1, 10), np.float32)
    rows[0, [0, 1]], rows[0, [5, 6]] = 5, 1
    profile = matrix(interactions, interactions.rating, 60, 10)[:1]
    profile = type(profile)(rows)
    scores = prior.scores(profile)[0, 0]
    assert scores[2:5].min() > 0.5
    assert scores[7:].max() < -0.5


def test_scores_of_a_user_do_not_depend_on_that_users_ratings_beyond_the_profile():
    world = dense(4)
    cross_fitted = CrossFittedPriorScores.of(world.interactions, 40, 60, MODELS, SETTINGS, 5, np.random.default_rng(1))
    of_user = np.flatnonzero(world.interactions.user == 7)
    rating = world.interactions.rating.copy()
    rating[of_user] = 6 - rating[of_user]
    changed = type(world.interactions).of(world.interactions.user, world.interactions.item, rating)
    again = CrossFittedPriorScores.of(changed, 40, 60, MODELS, SETTINGS, 5, np.random.default_rng(1))
    profile = matrix(world.interactions, world.interactions.rating, 40, 60)[[7, 8]]
    users = np.array([7, 8])
    before, after = cross_fitted.scores(users, profile), again.scores(users, profile)
    assert before[0].tolist() == after[0].tolist()
    assert cross_fitted.fold[7] == cross_fitted.fold[8] or (before[1] != after[1]).any()


def test_a_user_without_ratings_has_the_same_score_for_every_item():
    interactions = dense(5).interactions
    empty = matrix(interactions, interactions.rating, 40, 60)[:1] * 0
    empty.eliminate_zeros()
    assert (PriorScores.of(interactions, 40, 60, MODELS, SETTINGS).scores(empty) == 0).all()
