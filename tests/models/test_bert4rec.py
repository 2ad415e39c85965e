"""BERT4Rec on worlds in which the right answer is planted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from recsys.dataset import Dataset, Interactions
from recsys.models.bert4rec import Bert4Rec, Bert4RecScorer, Training
from tests.worlds import ratings

TRAINING = Training(learning_rate=3e-3, decay=0.0, tokens=512, epochs=90, every=10, patience=6, holdout=0.2)


def model(**changes: Any) -> Bert4Rec:
    plain = Bert4Rec(
        objective="next_item",
        threshold=4.0,
        max_length=12,
        hidden=32,
        layers=2,
        heads=2,
        dropout=0.1,
        attention_dropout=0.0,
        positions=True,
        ratings=False,
        neighbours=(),
        mask_share=0.2,
        last_share=0.5,
        placed=1.0,
        places=4,
        training=TRAINING,
    )
    return replace(plain, **changes)


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


def test_without_positions_the_order_is_not_known():
    # The same set of 10 items whichever way they are read: without positions no telling which end was last.
    forth, back = [(0, item, 5.0) for item in range(6)], [(1, item, 5.0) for item in reversed(range(6))]
    world = ratings([*forth, *back], 2, 8, times=[*range(1, 7), *range(1, 7)])
    quick = replace(TRAINING, epochs=60, every=60)
    grids = {
        on: model(positions=on, training=quick).fit(world, 1).grid(np.arange(2), "implicit") for on in (True, False)
    }
    assert grids[False][0] == pytest.approx(grids[False][1], abs=1e-5)
    assert np.abs(grids[True][0] - grids[True][1]).max() > 1e-4


@pytest.fixture(scope="module")
def camps() -> tuple[Dataset, Dataset]:
    """Two camps of 40 users and of 20 items. Users rate two thirds of their own camp's items, nine in ten liked, and a
    sixth of the other camp's, one in ten liked. The second data set holds what was left out."""
    rng = np.random.default_rng(1)
    given: list[tuple[int, int, float]] = []
    kept: list[tuple[int, int, float]] = []
    for user in range(80):
        for item in rng.permutation(40).tolist():
            own = (user < 40) == (item < 20)
            rating = 5.0 if rng.random() < (0.9 if own else 0.1) else 2.0
            if rng.random() < (0.85 if own else 0.25):
                (given if rng.random() < 0.8 else kept).append((user, item, rating))
    return ratings(given, 80, 40, times=range(1, len(given) + 1)), ratings(kept, 80, 40)


@pytest.mark.parametrize(
    ("neighbours", "places"), [((), 4), (("ease", "residual_knn"), 0)], ids=["alone, placed", "with neighbours"]
)
def test_rating_queries_answer_both_questions(camps: tuple[Dataset, Dataset], neighbours: Any, places: int):
    query = model(
        objective="rating_query",
        ratings=True,
        max_length=32,
        neighbours=neighbours,
        placed=places / 4,
        places=places,
        last_share=0.0,
    )
    scorer = query.fit(camps[0], seed=1)
    interactions = camps[1].interactions
    liked = scorer.pairs(interactions.user, interactions.item, "rating")
    assert liked.max() <= 1e-5  # a log probability
    assert liked[interactions.rating == 5].mean() > liked[interactions.rating == 2].mean() + 0.5
    grid = scorer.grid(np.arange(80), "implicit").copy()
    grid[camps[0].interactions.user, camps[0].interactions.item] = -np.inf
    assert ((grid.argmax(axis=1) < 20) == (np.arange(80) < 40)).mean() > 0.9


def test_the_probabilities_of_a_query_sum_to_1_and_the_histogram_is_smoothed(camps: tuple[Dataset, Dataset]):
    quick = replace(TRAINING, epochs=1)
    scorer = model(objective="rating_query", ratings=True, training=quick).fit(camps[0], seed=1)
    likely = scorer.likely(np.array([3, 70]))
    assert likely.shape == (2, 2, 40)
    assert np.exp(likely).sum(axis=2) == pytest.approx(1, abs=1e-4)
    interactions = camps[0].interactions
    own, everybody = (interactions.rating[interactions.user == 3] == 5), (interactions.rating == 5).mean()
    assert scorer.histogram[3, 1] == pytest.approx((own.sum() + 10 * everybody) / (len(own) + 10))


def test_a_query_without_a_place_has_to_be_learned():
    with pytest.raises(ValueError, match="expected places of 1 or more, or placed below 1"):
        model(objective="rating_query", placed=1.0, places=0)


def test_the_seed_decides_everything(camps: tuple[Dataset, Dataset]):
    quick = model(objective="rating_query", ratings=True, training=replace(TRAINING, epochs=3))
    one, again, other = (quick.fit(camps[0], seed).grid(np.arange(80), "implicit") for seed in (1, 1, 2))
    assert one.tobytes() == again.tobytes()
    assert (one != other).any()


def test_early_stopping_keeps_the_best_weights(camps: tuple[Dataset, Dataset], monkeypatch: pytest.MonkeyPatch):
    looks: list[Bert4RecScorer] = []

    def log_loss(scorer: Bert4RecScorer, kept: Interactions) -> float:
        looks.append(scorer)
        return [3.0, 2.0, 5.0, 4.0, 1.0][len(looks) - 1]

    monkeypatch.setattr(Bert4RecScorer, "log_loss", log_loss)
    short = replace(TRAINING, epochs=5, every=1, patience=2)
    scorer = model(objective="rating_query", ratings=True, training=short).fit(camps[0], seed=1)
    assert len(looks) == 4  # the fifth epoch is not reached
    for found, second in zip(scorer.weights, looks[1].weights, strict=True):
        assert (found == second).all()
    assert (looks[0].weights[0] != looks[1].weights[0]).any()


@pytest.mark.parametrize("objective", ["next_item", "rating_query"])
def test_early_stopping_looks_at_the_last_event_or_at_some_and_leaves_two(objective: Any):
    # User 0 has ten events in order, user 1 two: of these none is held out, since two are needed to learn from.
    rows = [*((0, item, 4.0) for item in range(10)), (1, 0, 4.0), (1, 1, 4.0)]
    world = ratings(rows, 2, 10, times=range(1, 13))
    sure = replace(TRAINING, holdout=0.999)
    held = model(objective=objective, training=sure)._held(world, np.random.default_rng(3))
    assert not held[10:].any()
    if objective == "next_item":
        assert np.flatnonzero(held).tolist() == [9]
    else:
        assert 0 < held.sum() < 10


def test_who_has_no_events_gets_scores_and_a_single_event_is_enough():
    rows = [(user, item, 4.0) for user in range(6) for item in range(5) if (user + item) % 2]
    world = ratings([*rows, (6, 2, 4.0)], 8, 5, times=range(1, len(rows) + 2))
    quick = replace(TRAINING, epochs=1, every=1)
    for objective in ("next_item", "rating_query"):
        grid = model(objective=objective, training=quick).fit(world, 1).grid(np.array([6, 7]), "implicit")
        assert np.isfinite(grid).all()
