"""BERT4Rec on worlds in which the right answer is planted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from recsys.dataset import DataError, Dataset, Interactions
from recsys.models.bert4rec import Bert4Rec
from recsys.recommender import Diverged
from recsys.sequential import QueryScorer, Training
from tests.memory import peak_bytes
from tests.worlds import ratings

pytestmark = pytest.mark.slow

TRAINING = Training(
    learning_rate=3e-3, weight_decay=0.0, tokens=512, epochs=90, eval_every=10, patience=6, validation_share=0.2
)


def model(**changes: Any) -> Bert4Rec:
    defaults = Bert4Rec(
        objective="next_item",
        like_threshold=4.0,
        max_length=12,
        hidden=32,
        layers=2,
        heads=2,
        dropout=0.1,
        attention_dropout=0.0,
        positions="learned",
        ratings=False,
        item_item_models=(),
        mask_share=0.2,
        last_item_share=0.5,
        positioned_share=1.0,
        query_positions=4,
        training=TRAINING,
    )
    return replace(defaults, **changes)


def circle(users: int, items: int, events: int) -> Dataset:
    """Item t + 1 follows item t, and 0 the last one; each user starts anywhere."""
    start = np.random.default_rng(1).integers(0, items, users)
    rows = [(user, int(start[user] + step) % items, 5.0) for user in range(users) for step in range(events)]
    return ratings(rows, users, items, times=[step for _ in range(users) for step in range(1, events + 1)])


def test_the_item_that_always_follows_is_ranked_first():
    world = circle(users=200, items=25, events=10)
    last = world.interactions.item.reshape(200, 10)[:, -1]
    longer = replace(TRAINING, epochs=120)
    grid = model(dropout=0.0, training=longer).fit(world, seed=1).grid(np.arange(200), "implicit")
    assert (grid.argmax(axis=1) == (last + 1) % 25).mean() > 0.95


def test_a_sampled_softmax_ranks_the_item_that_always_follows_first_as_well():
    world = circle(users=200, items=25, events=10)
    last = world.interactions.item.reshape(200, 10)[:, -1]
    sampled = replace(TRAINING, epochs=120, softmax_items=24, sampled_items=8)
    fitted = model(dropout=0.0, training=sampled).fit(world, seed=1)
    assert fitted.shape.n_sampled == 8
    assert (fitted.grid(np.arange(200), "implicit").argmax(axis=1) == (last + 1) % 25).mean() > 0.9


def test_without_positions_the_order_is_not_known():
    # Users of odd number go round forwards, the others backwards. 5 and 2 have the same items, in either order: without
    # positions nothing says which of them was the last.
    rows = [(user, (user + step * (1 if user % 2 else -1)) % 8, 5.0) for user in range(40) for step in range(6)]
    world = ratings(rows, 40, 8, times=[*range(1, 7)] * 40)
    quick = replace(TRAINING, epochs=30, eval_every=30, validation_share=1)
    grids = {
        positions: model(positions=positions, training=quick).fit(world, 1).grid(np.array([5, 2]), "implicit")
        for positions in ("learned", "sinusoidal", "none")
    }
    assert grids["none"][0] == pytest.approx(grids["none"][1], abs=1e-5)
    assert np.abs(grids["learned"][0] - grids["learned"][1]).max() > 1e-3
    assert np.abs(grids["sinusoidal"][0] - grids["sinusoidal"][1]).max() > 1e-3


@pytest.fixture(scope="module")
def camps() -> tuple[Dataset, Dataset]:
    """Two camps of 40 users and of 20 items. Users rate two thirds of their own camp's items, nine in ten liked, and a
    sixth of the other camp's, one in ten liked. The second data set holds the held-out ratings."""
    rng = np.random.default_rng(1)
    train: list[tuple[int, int, float]] = []
    held_out: list[tuple[int, int, float]] = []
    for user in range(80):
        for item in rng.permutation(40).tolist():
            own_camp = (user < 40) == (item < 20)
            rating = 5.0 if rng.random() < (0.9 if own_camp else 0.1) else 2.0
            if rng.random() < (0.85 if own_camp else 0.25):
                (train if rng.random() < 0.8 else held_out).append((user, item, rating))
    return ratings(train, 80, 40, times=range(1, len(train) + 1)), ratings(held_out, 80, 40)


@pytest.mark.parametrize(
    ("item_item_models", "query_positions"),
    [((), 4), (("ease", "residual_knn"), 0)],
    ids=["alone, positioned", "with item-item models"],
)
def test_rating_queries_answer_both_objectives(
    camps: tuple[Dataset, Dataset], item_item_models: Any, query_positions: int
):
    query = model(
        objective="rating_query",
        ratings=True,
        max_length=32,
        item_item_models=item_item_models,
        positioned_share=query_positions / 4,
        query_positions=query_positions,
        last_item_share=0.0,
    )
    scorer = query.fit(camps[0], seed=1)
    interactions = camps[1].interactions
    liked = scorer.pairs(interactions.user, interactions.item, "rating")
    assert liked.max() <= 1e-5  # a log probability
    assert liked[interactions.rating == 5].mean() > liked[interactions.rating == 2].mean() + 0.5
    grid = scorer.grid(np.arange(80), "implicit").copy()
    grid[camps[0].interactions.user, camps[0].interactions.item] = -np.inf
    assert ((grid.argmax(axis=1) < 20) == (np.arange(80) < 40)).mean() > 0.9


def test_the_probabilities_of_a_query_sum_to_1_and_the_rating_distribution_is_smoothed(camps: tuple[Dataset, Dataset]):
    quick = replace(TRAINING, epochs=1)
    scorer = model(objective="rating_query", ratings=True, training=quick).fit(camps[0], seed=1)
    log_probabilities = scorer.log_probabilities(np.array([3, 70]))
    assert log_probabilities.shape == (2, 2, 40)
    assert np.exp(log_probabilities).sum(axis=2) == pytest.approx(1, abs=1e-4)
    interactions = camps[0].interactions
    of_user, overall = (interactions.rating[interactions.user == 3] == 5), (interactions.rating == 5).mean()
    expected = (of_user.sum() + 10 * overall) / (len(of_user) + 10)
    assert scorer.rating_distribution[3, 1] == pytest.approx(expected)


@pytest.mark.parametrize("objective", ["next_item", "rating_query"])
def test_the_log_loss_is_the_mean_over_held_out_ratings_whatever_their_order(
    camps: tuple[Dataset, Dataset], objective: Any
):
    quick = replace(TRAINING, epochs=1)
    scorer = model(objective=objective, ratings=objective == "rating_query", training=quick).fit(camps[0], seed=1)
    held_out = camps[1].interactions.take(np.random.default_rng(1).permutation(len(camps[1].interactions)))
    level = (held_out.rating == 5).astype(int) if objective == "rating_query" else 0
    of_all = scorer.log_probabilities(np.arange(80))[held_out.user, level, held_out.item]
    assert len(np.unique(held_out.user)) < len(held_out)
    assert scorer.log_loss(held_out) == -float(of_all.mean())


def test_the_log_loss_never_holds_the_scores_of_all_users():
    world = circle(users=4000, items=2000, events=5)
    scorer = model(training=replace(TRAINING, epochs=1)).fit(world, seed=1)
    peak = peak_bytes(lambda: scorer.log_loss(world.interactions))
    assert peak < 10_000_000  # the scores of all would take 32 million bytes


def test_with_sinusoids_a_causal_mask_untied_embeddings_and_relu_the_item_that_always_follows_is_first():
    world = circle(users=200, items=25, events=10)
    last = world.interactions.item.reshape(200, 10)[:, -1]
    changed = model(positions="sinusoidal", causal=True, tied=False, activation="relu")
    scores = changed.fit(world, seed=1).grid(np.arange(200), "implicit")
    assert (scores.argmax(axis=1) == (last + 1) % 25).mean() > 0.9


def test_a_causal_rating_query_knows_nothing_of_the_events_after_its_position():
    # One query, at position 5 of 10 events: it sees the first four, and neither the fifth nor later ones.
    world = circle(users=40, items=25, events=10)
    causal = model(
        objective="rating_query", causal=True, query_positions=1, training=replace(TRAINING, epochs=2, eval_every=2)
    )
    fitted = causal.fit(world, seed=1)
    history = fitted.queries.sequences
    before = fitted.grid(np.array([3]), "implicit")
    moved: list[float] = []
    for event in range(10):
        item = history.item.copy()
        item[history.start[3] + event] = (item[history.start[3] + event] + 12) % 25
        changed = replace(fitted, queries=replace(fitted.queries, sequences=replace(history, item=item)))
        moved.append(float(np.abs(changed.grid(np.array([3]), "implicit") - before).max()))
    assert min(moved[:4]) > 1e-3
    assert moved[4:] == [0.0] * 6


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"item_item_models": ("ease",)}, r"expected item_item_models=\[\] with causal=true, got \[ease\]"),
        ({"objective": "rating_query", "positioned_share": 0.5, "query_positions": 0}, "no event is known to be"),
        ({"objective": "rating_query", "positions": "none"}, "no event is known to be before a query of unknown"),
    ],
)
def test_what_cannot_be_causal_is_refused(changes: Any, words: str):
    with pytest.raises(ValueError, match=words):
        model(causal=True, **changes)


def test_a_query_of_unknown_position_needs_masks_of_unknown_position_in_training():
    with pytest.raises(ValueError, match="expected query_positions of 1 or more, or positioned_share below 1"):
        model(objective="rating_query", positioned_share=1.0, query_positions=0)


def test_the_seed_decides_everything(camps: tuple[Dataset, Dataset]):
    quick = model(objective="rating_query", ratings=True, training=replace(TRAINING, epochs=3))
    first, again, other = (quick.fit(camps[0], seed).grid(np.arange(80), "implicit") for seed in (1, 1, 2))
    assert first.tobytes() == again.tobytes()
    assert (first != other).any()


def test_early_stopping_keeps_the_best_weights(camps: tuple[Dataset, Dataset], monkeypatch: pytest.MonkeyPatch):
    evaluated: list[QueryScorer] = []

    def log_loss(scorer: QueryScorer, held_out: Interactions) -> float:
        evaluated.append(scorer)
        return [3.0, 2.0, 5.0, 4.0, 1.0][len(evaluated) - 1]

    monkeypatch.setattr(QueryScorer, "log_loss", log_loss)
    short = replace(TRAINING, epochs=5, eval_every=1, patience=2)
    scorer = model(objective="rating_query", ratings=True, training=short).fit(camps[0], seed=1)
    assert len(evaluated) == 4  # the fifth epoch is not reached
    for weights, second in zip(scorer.weights, evaluated[1].weights, strict=True):
        assert (weights == second).all()
    assert (evaluated[0].weights[0] != evaluated[1].weights[0]).any()


@pytest.mark.parametrize("objective", ["next_item", "rating_query"])
def test_early_stopping_holds_out_the_last_event_or_a_share_and_leaves_two(objective: Any):
    # User 0 has ten events in order, user 1 two: of these none is held out, since two are needed for training.
    rows = [*((0, item, 4.0) for item in range(10)), (1, 0, 4.0), (1, 1, 4.0)]
    world = ratings(rows, 2, 10, times=range(1, 13))
    training = replace(TRAINING, validation_share=0.999)
    held_out = model(objective=objective, training=training)._in_validation(world, np.random.default_rng(3))
    assert not held_out[10:].any()
    if objective == "next_item":
        assert np.flatnonzero(held_out).tolist() == [9]
    else:
        assert 0 < held_out.sum() < 10


def test_for_the_next_item_the_last_events_of_a_share_of_the_users_are_held_out():
    world = circle(users=200, items=25, events=5)
    some = model(training=replace(TRAINING, validation_share=0.3))._in_validation(world, np.random.default_rng(3))
    every = model(training=replace(TRAINING, validation_share=1))._in_validation(world, np.random.default_rng(3))
    assert every.sum() == 200
    assert 40 < some.sum() < 80
    assert not (some & ~every).any()


def test_users_without_events_get_scores_and_a_single_event_is_enough():
    rows = [(user, item, 4.0) for user in range(6) for item in range(5) if (user + item) % 2]
    world = ratings([*rows, (6, 2, 4.0)], 8, 5, times=range(1, len(rows) + 2))
    quick = replace(TRAINING, epochs=1, eval_every=1)
    for objective in ("next_item", "rating_query"):
        grid = model(objective=objective, training=quick).fit(world, 1).grid(np.array([6, 7]), "implicit")
        assert np.isfinite(grid).all()


def test_rating_queries_need_a_like_which_is_said_before_training(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("recsys.models.bert4rec.train_network", None)
    with pytest.raises(
        DataError, match=r"expected likes in train, got none: its 20 ratings are 5 to 5, and a like is 6 or m"
    ):
        model(objective="rating_query", ratings=True, like_threshold=6.0).fit(circle(5, 6, 4), seed=1)


def test_the_next_item_needs_no_like():
    quick = model(like_threshold=6.0, training=replace(TRAINING, epochs=1))
    assert np.isfinite(quick.fit(circle(5, 6, 4), seed=1).grid(np.arange(5), "implicit")).all()


def test_users_of_one_rating_alone_teach_nothing_and_are_refused():
    with pytest.raises(DataError, match="expected users with two train ratings or more"):
        model().fit(ratings([(0, 0, 5.0), (1, 1, 5.0)], 2, 2, times=[1, 2]), seed=1)


@pytest.mark.parametrize("validated", [True, False])
def test_a_loss_that_is_not_finite_ends_training_with_epoch_and_learning_rate(validated: bool):
    # Users of two events hold out none of them for validation.
    wild = replace(TRAINING, learning_rate=1e30, warmup_epochs=1, epochs=3)
    world = circle(users=20, items=25, events=10 if validated else 2)
    with pytest.raises(Diverged, match=r"BERT4Rec: .* in epoch 1, with model\.training\.learning_rate=1e\+30"):
        model(training=wild).fit(world, seed=1)
