"""Target encodings, item-item scores, and that none of them tells a row its own rating."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recsys import thread_pool
from recsys.dataset import Array, Dataset, Interactions
from recsys.features import nearest
from recsys.features.item_item import KINDS, ItemItemModel, ItemItemSettings, ease, residual_knn
from recsys.features.out_of_fold import CHUNK, PairFeatureSettings, out_of_fold
from recsys.features.target_encoding import encode
from tests.worlds import dense, ratings

SETTINGS = ItemItemSettings()
DAMPING = 10.0
FEATURES = PairFeatureSettings(4.0, True, DAMPING, tuple(KINDS), SETTINGS)
ENCODINGS = PairFeatureSettings(4.0, True, DAMPING, (), SETTINGS)


def test_target_encodings_by_hand():
    interactions = ratings([(0, 0, 5), (0, 1, 3), (1, 0, 4)], 2, 3).interactions  # mean rating 4, two likes of three
    encoding = encode(interactions, 2, 3, like_threshold=4.0, damping=DAMPING)
    item = np.array([1 / (2 + DAMPING), -1 / (1 + DAMPING), 0])
    assert encoding.item[:, 0] == pytest.approx(item)
    user = np.array([(1 - item[0] - 1 - item[1]) / (2 + DAMPING), (0 - item[0]) / (1 + DAMPING)])
    assert encoding.user[:, 0] == pytest.approx(user, abs=1e-7)
    likes = np.array([2 / 3 / (2 + DAMPING), -2 / 3 / (1 + DAMPING), 0])
    assert encoding.item[:, 1] == pytest.approx(likes, abs=1e-7)
    assert encoding.item[:, 2] == pytest.approx(np.log([3, 2, 1]))


def test_ease_solves_its_least_squares_problem():
    # W minimises |X - XW|^2 + l |W|^2 with a zero diagonal: the gradient is zero off the diagonal (Steck, equation 4).
    world = dense(3)
    model = ease(world.interactions, len(world.users), len(world.items), SETTINGS)
    profile = model.profile.toarray().astype(float)
    weights = model.weights.astype(float)
    gradient = profile.T @ (profile @ weights - profile) + SETTINGS.ease_l2 * weights
    off = ~np.eye(len(weights), dtype=bool)
    assert np.abs(weights).max() > 1e-3
    assert np.diag(weights).tolist() == [0] * len(weights)
    assert np.abs(gradient[off]).max() < 1e-3 * np.abs(profile.T @ profile).max()
    assert model.grid(np.array([2, 5])) == pytest.approx(profile[[2, 5]] @ weights, abs=1e-4)


def test_residual_knn_by_hand():
    interactions = ratings([(0, 0, 5), (0, 1, 5), (1, 0, 1), (1, 1, 1), (2, 0, 5)], 3, 2).interactions
    model = residual_knn(interactions, 3, 2, SETTINGS)
    residuals = model.profile.toarray()
    correlation = (
        residuals[:2, 0] @ residuals[:2, 1] / np.sqrt((residuals[:2, 0] ** 2).sum() * (residuals[:2, 1] ** 2).sum())
    )
    weight = correlation * 2 / (2 + 50)
    assert model.weights.toarray() == pytest.approx(np.array([[0, weight], [weight, 0]]), abs=1e-6)
    assert weight > 0
    expected = residuals[2, 0] * weight / (weight + SETTINGS.knn_damping)
    assert model.grid(np.array([2]))[0, 1] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_item_item_scores_find_a_planted_neighbor(kind: ItemItemModel):
    # Items 0 and 1 are always rated alike, item 2 at random: who likes 0 should be told 1 rather than 2.
    rng = np.random.default_rng(1)
    rows: list[tuple[int, int, float]] = []
    for user in range(300):
        taste = float(rng.choice([1, 5]))
        rows += [(user, 0, taste), (user, 2, float(rng.choice([1, 5]))), (user, 3, 3.0)]
        rows += [(user, 1, taste)] if user else []
    rows[0] = (0, 0, 5.0)
    scores = KINDS[kind](ratings(rows, 300, 4).interactions, 300, 4, SETTINGS).grid(np.array([0]))[0]
    without = KINDS[kind](ratings([(0, 0, 1.0), *rows[1:]], 300, 4).interactions, 300, 4, SETTINGS).grid(np.array([0]))[
        0
    ]
    assert scores[1] - without[1] > 2 * abs(scores[2] - without[2])


def changed(world: Dataset, row: int) -> Dataset:
    """The same data set with another rating in one row."""
    interactions = world.interactions
    rating = interactions.rating.copy()
    rating[row] = 6 - rating[row] if rating[row] != 3 else 5
    return Dataset.of(
        "world",
        Interactions.of(interactions.user, interactions.item, rating, interactions.time),
        world.users,
        world.items,
    )


def test_a_rating_does_not_stand_in_the_features_of_its_own_row():
    world = dense(5)
    interactions = world.interactions
    before = out_of_fold(world, 4, FEATURES, seed=1)
    own = before.rows(interactions.user, interactions.item, before.fold)
    for row in (0, 7, 100):
        after = out_of_fold(changed(world, row), 4, FEATURES, seed=1)
        assert after.fold.tolist() == before.fold.tolist()
        features = after.rows(interactions.user, interactions.item, after.fold)
        assert features[row].tolist() == own[row].tolist()
        other_folds = (interactions.user == interactions.user[row]) & (before.fold != before.fold[row])
        assert (features[other_folds] != own[other_folds]).any()  # while other folds do learn of it
        whole = after.whole.pairs(interactions.user[[row]], interactions.item[[row]])
        assert (whole != before.whole.pairs(interactions.user[[row]], interactions.item[[row]])).any()


def test_folds_are_of_equal_sizes():
    world = dense(5)
    counts = np.bincount(out_of_fold(world, 4, ENCODINGS, seed=1).fold)
    assert counts.max() - counts.min() <= 1
    assert len(counts) == 4


def test_pairs_are_cells_of_the_grid_whatever_their_order(monkeypatch: pytest.MonkeyPatch):
    world = dense(5)
    features = out_of_fold(world, 2, FEATURES, seed=1).whole
    rng = np.random.default_rng(2)
    users, items = rng.integers(0, len(world.users), 200), rng.integers(0, len(world.items), 200)
    grid = features.grid(np.arange(len(world.users)))
    assert grid.shape == (len(world.users), len(world.items), features.size)
    assert features.pairs(users, items) == pytest.approx(grid[users, items], abs=1e-6)
    assert CHUNK > 7
    monkeypatch.setattr("recsys.features.out_of_fold.CHUNK", 7)
    assert features.pairs(users, items) == pytest.approx(grid[users, items], abs=1e-6)


def test_threads_share_the_work_on_a_large_catalogue_and_change_no_bit(monkeypatch: pytest.MonkeyPatch):
    world = dense(5)
    settings = replace(FEATURES, item_item=ItemItemSettings(dense_items=0, knn_neighbors=5))
    monkeypatch.setattr(nearest, "CELLS", 3 * len(world.items))
    monkeypatch.setattr("recsys.features.out_of_fold.CHUNK", 7)

    def found(threads: int) -> Array:
        with thread_pool.allowing(threads):
            features = settings.fit(world.interactions, len(world.users), len(world.items))
            return features.pairs(world.interactions.user, world.interactions.item)

    alone = found(1)
    assert len(np.unique(alone)) > 1000
    assert (found(3) == alone).all()
