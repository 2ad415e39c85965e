"""xDeepFM on worlds in which the right answer is planted."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from recsys.ctr import ClickThroughScorer
from recsys.dataset import DataError, Dataset
from recsys.models.xdeepfm import XDeepFM
from recsys.recommender import Diverged
from tests.models.click_through import SHARED, TRAINING
from tests.worlds import ratings

pytestmark = pytest.mark.slow


def model(**changes: Any) -> XDeepFM:
    training = replace(TRAINING, patience=3)
    plain = replace(
        XDeepFM(**SHARED, cin=(8, 8), dnn=(16, 8)),
        user_fields=(),
        item_fields=(),
        target_encoding=True,
        item_item_models=("ease", "residual_knn"),
        rating=training,
        implicit=replace(training, epochs=8),
    )
    return replace(plain, **changes)


@pytest.fixture(scope="module")
def blocks() -> tuple[Dataset, Dataset]:
    """Two camps of 40 users and of 20 items each. Users rate two thirds of their own camp's items, nine in ten liked,
    and a sixth of the other camp's, one in ten liked. The second data set holds what was left out."""
    rng = np.random.default_rng(1)
    train: list[tuple[int, int, float]] = []
    test: list[tuple[int, int, float]] = []
    for user in range(80):
        for item in range(40):
            own = (user < 40) == (item < 20)
            rating = 5.0 if rng.random() < (0.9 if own else 0.1) else 2.0
            if rng.random() < (0.85 if own else 0.25):
                (train if rng.random() < 0.8 else test).append((user, item, rating))
    return ratings(train, 80, 40), ratings(test, 80, 40)


@pytest.fixture(scope="module")
def scorer(blocks: tuple[Dataset, Dataset]) -> ClickThroughScorer:
    return model().fit(blocks[0], seed=1)


def test_held_out_likes_get_higher_probabilities_than_held_out_dislikes(
    blocks: tuple[Dataset, Dataset], scorer: ClickThroughScorer
):
    interactions = blocks[1].interactions
    likely = scorer.pairs(interactions.user, interactions.item, "rating")
    own = (interactions.user < 40) == (interactions.item < 20)
    assert likely[own].mean() > 0.75  # 0.9 of them are liked
    assert likely[~own].mean() < 0.25  # 0.1 of them are
    assert "rating" in scorer.probabilities


def test_the_catalogue_is_ranked_by_what_users_rate_and_like(
    blocks: tuple[Dataset, Dataset], scorer: ClickThroughScorer
):
    train = blocks[0].interactions
    grid = scorer.grid(np.arange(80), "implicit").copy()
    grid[train.user, train.item] = -1
    best = grid.argmax(axis=1)
    assert ((best < 20) == (np.arange(80) < 40)).mean() > 0.9
    assert "implicit" not in scorer.probabilities


def test_a_network_of_observed_ratings_alone_answers_both_questions_with_the_same_scores(
    blocks: tuple[Dataset, Dataset],
):
    alone = model(objective="rating").fit(blocks[0], seed=1)
    users, items = np.array([0, 50]), np.array([3, 4])
    assert alone.pairs(users, items, "implicit").tolist() == alone.pairs(users, items, "rating").tolist()


def test_a_picture_that_tells_good_items_from_bad_helps_with_items_nobody_rated(caplog: pytest.LogCaptureFixture):
    # Items 0-29 have ratings, 30-39 none; the first number of an item's vector decides whether it is liked.
    rng = np.random.default_rng(2)
    good = np.arange(40) % 2 == 0
    vectors = np.abs(rng.normal(0, 0.05, (40, 128))).astype(np.float32)
    vectors[good, 0] += 1
    rows = [(u, i, 5.0 if good[i] else 1.0) for u in range(60) for i in range(30) if rng.random() < 0.6]
    plain = ratings(rows, 60, 40)
    seen = Dataset.of("world", plain.interactions, plain.users, plain.items, item_table={"sift": vectors})
    new, users = np.tile(np.arange(30, 40), 5), np.repeat(np.arange(5), 10)
    gaps: dict[str, float] = {}
    for sift in ("off", "dense", "field", "both"):
        fitted = model(objective="rating", sift=sift, target_encoding=False, item_item_models=()).fit(seen, seed=1)
        likely = fitted.pairs(users, new, "rating")
        gaps[sift] = likely[good[new]].mean() - likely[~good[new]].mean()
    assert abs(gaps["off"]) < 0.1
    assert min(gaps["dense"], gaps["field"], gaps["both"]) > 0.5
    with caplog.at_level(logging.WARNING):
        model(objective="rating", sift="both", rating=replace(model().rating, epochs=1)).fit(plain, seed=1)
    assert "world has no SIFT vectors: the model runs without" in caplog.text


def test_without_a_signal_the_network_learns_the_share_of_likes_and_no_more():
    # Ratings are tossed: held-out log loss cannot fall below the entropy, and early stopping keeps it close to that.
    rng = np.random.default_rng(3)
    rows = [(u, i, 5.0 if rng.random() < 0.3 else 1.0) for u in range(60) for i in range(60) if rng.random() < 0.5]
    train, test = ratings(rows[::2], 60, 60), ratings(rows[1::2], 60, 60)
    fitted = model(objective="rating").fit(train, seed=1)
    likely = fitted.pairs(test.interactions.user, test.interactions.item, "rating")
    liked = test.interactions.rating >= 4
    loss = -np.where(liked, np.log(likely), np.log1p(-likely)).mean()
    entropy = -(liked.mean() * np.log(liked.mean()) + (~liked).mean() * np.log((~liked).mean()))
    assert loss < entropy + 0.05


def test_the_seed_decides_everything(blocks: tuple[Dataset, Dataset], scorer: ClickThroughScorer):
    users = np.arange(80)
    again, other = model().fit(blocks[0], seed=1), model().fit(blocks[0], seed=2)
    for objective in ("rating", "implicit"):
        assert (scorer.grid(users, objective) == again.grid(users, objective)).all()
        assert (scorer.grid(users, objective) != other.grid(users, objective)).any()


def test_a_data_set_without_likes_is_refused_with_the_way_out():
    train = ratings([(u, i, 2.0) for u in range(5) for i in range(5)], 5, 5)
    for objective, looked_at in (("implicit", 23), ("rating", 25)):  # `rating` looks at all of train before it begins
        with pytest.raises(DataError, match=rf"expected likes in train, got none: its {looked_at} ratings are 2 to 2"):
            model(objective=objective).fit(train, seed=1)


def test_a_data_set_without_dislikes_teaches_what_is_rated_and_no_rating():
    rng = np.random.default_rng(1)
    train = ratings([(u, i, 5.0) for u in range(20) for i in range(10) if rng.random() < 0.5], 20, 10)
    short = replace(TRAINING, epochs=1)
    grid = model(objective="implicit", implicit=short).fit(train, 1).grid(np.arange(20), "implicit")
    assert np.isfinite(grid).all()
    with pytest.raises(
        DataError, match=r"expected dislikes in train, .*, or pass model\.objective=implicit if all are likes"
    ):
        model(objective="rating").fit(train, 1)


@pytest.mark.parametrize(
    ("rare", "lacking", "objectives"),
    [
        (5.0, "like", ("rating", "implicit")),
        (2.0, "dislike", ("rating",)),
    ],
)
def test_early_stopping_without_a_like_or_a_dislike_is_refused_where_it_returned_an_untrained_network(
    rare: float, lacking: str, objectives: tuple[str, ...]
):
    # Two ratings of a hundred are rare; with seed 1 neither is among the ten of early stopping.
    rows = [(u, i, rare if (u, i) in ((0, 0), (5, 5)) else 7 - rare) for u in range(10) for i in range(10)]
    for objective in objectives:
        with pytest.raises(
            DataError,
            match=rf"expected {lacking}s in .* for early stopping \(model\.valid.*, got none: its 10",
        ):
            model(objective=objective).fit(ratings(rows, 10, 11), seed=1)


def test_a_network_for_the_catalogue_needs_negatives():
    with pytest.raises(ValueError, match=r"expected implicit\.negatives of 1 or more, got 0"):
        model(implicit=replace(TRAINING, negatives=0))
    model(objective="rating", implicit=replace(TRAINING, negatives=0))


@pytest.mark.parametrize("objective", ["rating", "implicit"])
def test_a_loss_that_is_not_finite_ends_training_with_model_epoch_and_learning_rate(
    blocks: tuple[Dataset, Dataset], objective: str
):
    wild = replace(TRAINING, learning_rate=1e30)
    with pytest.raises(
        Diverged, match=rf"XDeepFM, {objective} network: .* in epoch 1, with model\.{objective}\.learning_"
    ):
        model(objective=objective, rating=wild, implicit=wild).fit(blocks[0], seed=1)


def test_columns_that_are_missing_are_named(blocks: tuple[Dataset, Dataset], caplog: pytest.LogCaptureFixture):
    short = replace(model().rating, epochs=1)
    with caplog.at_level(logging.WARNING):
        model(objective="rating", user_fields=("age",), rating=short).fit(blocks[0], seed=1)
    assert "world has no column age: the model runs without" in caplog.text


def test_early_stopping_looks_at_train_alone_and_keeps_the_best_epoch(blocks: tuple[Dataset, Dataset]):
    # With a huge step the loss explodes after some epochs; what is kept must still be better than nothing learned.
    wild = replace(model().rating, learning_rate=0.3, epochs=6, patience=6)
    interactions = blocks[1].interactions
    likely = (
        model(objective="rating", rating=wild)
        .fit(blocks[0], seed=1)
        .pairs(interactions.user, interactions.item, "rating")
    )
    liked = interactions.rating >= 4
    loss = -np.where(liked, np.log(likely + 1e-12), np.log1p(-likely + 1e-12)).mean()
    assert loss < 0.6


def test_each_setting_decides_whether_its_part_is_there(blocks: tuple[Dataset, Dataset]):
    from recsys.nn.parts import Cin, Dnn, Linear

    short = {"objective": "rating", "rating": replace(TRAINING, epochs=1)}
    parts = {
        (Linear(), Cin((8, 8)), Dnn((16, 8))): {},
        (Linear(learned=False), Cin((8, 8)), Dnn((16, 8))): {"linear": False},
        (Linear(), Dnn((16, 8))): {"cin": ()},
        (Linear(), Cin((8, 8))): {"dnn": ()},
    }
    for expected, changes in parts.items():
        assert model(**short, **changes).fit(blocks[0], seed=1).networks["rating"].shape.parts == expected
