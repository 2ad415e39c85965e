"""Scores from a part of a user's ratings: equal to the models they come from, and blind to the user's own."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.features.item_item import EASE_L2, matrix, regression
from recsys.features.prior_scores import Context, Folds
from tests.worlds import dense

KINDS = ("ease", "residual_knn")


def test_ease_is_the_regression_standardised_per_user():
    log = dense(1).log
    profile = matrix(log, log.rating, 40, 60)
    raw = profile.toarray() @ regression(profile, EASE_L2)
    expected = (raw - raw.mean(axis=1, keepdims=True)) / raw.std(axis=1, keepdims=True)
    found = Context.of(log, 40, 60, KINDS).scores(profile)
    assert found.shape == (40, 2, 60)
    assert found[:, 0] == pytest.approx(expected, abs=1e-4)


def test_residual_knn_expects_more_of_items_like_those_that_were_liked():
    # Items 0-4 are liked by even users, 5-9 by odd ones: two clusters, each with an item that user 0 is asked about.
    rng = np.random.default_rng(2)
    user, item = np.nonzero(rng.random((60, 10)) < 0.8)
    likes = (user % 2 == 0) == (item < 5)
    rating = np.where(likes, 5.0, 1.0)
    world = dense(3, 60, 10)
    log = type(world.log).of(user, item, rating)
    context = Context.of(log, 60, 10, ("residual_knn",))
    rows = np.zeros((1, 10), np.float32)
    rows[0, [0, 1]], rows[0, [5, 6]] = 5, 1
    profile = matrix(log, log.rating, 60, 10)[:1]
    profile = type(profile)(rows)
    scores = context.scores(profile)[0, 0]
    assert scores[2:5].min() > 0.5
    assert scores[7:].max() < -0.5


def test_scores_of_a_user_do_not_depend_on_what_that_user_rated_beside_the_profile_given():
    world = dense(4)
    fold = Folds.of(world.log, 40, 60, KINDS, np.random.default_rng(1))
    mine = np.flatnonzero(world.log.user == 7)
    other = world.log.rating.copy()
    other[mine] = 6 - other[mine]
    changed = type(world.log).of(world.log.user, world.log.item, other)
    again = Folds.of(changed, 40, 60, KINDS, np.random.default_rng(1))
    profile = matrix(world.log, world.log.rating, 40, 60)[[7, 8]]
    users = np.array([7, 8])
    before, after = fold.scores(users, profile), again.scores(users, profile)
    assert before[0].tolist() == after[0].tolist()
    assert fold.fold[7] == fold.fold[8] or (before[1] != after[1]).any()


def test_a_user_without_ratings_has_the_same_score_for_every_item():
    log = dense(5).log
    empty = matrix(log, log.rating, 40, 60)[:1] * 0
    empty.eliminate_zeros()
    assert (Context.of(log, 40, 60, KINDS).scores(empty) == 0).all()
