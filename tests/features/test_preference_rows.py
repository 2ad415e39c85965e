"""Rows for preference by hand: likes, hard negatives, and negatives that are drawn among the right items."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recsys.dataset import Array, DataError, Dataset
from recsys.features.held_out import held_out
from recsys.features.preference_rows import PreferenceRows, Rows
from tests.worlds import ratings


def rows(train: Dataset, **changes: Any) -> PreferenceRows:
    settings: dict[str, Any] = {
        "like_threshold": 4.0,
        "dislike_threshold": 2.0,
        "negatives": 3,
        "validation": "rows",
        "share": 0.1,
        "rng": np.random.default_rng(1),
    }
    return PreferenceRows.of(train, **{**settings, **changes})


def world() -> Dataset:
    """20 users rate 12 of 15 items with 1 to 5, some of them; items 12 to 14 have no rating."""
    rng = np.random.default_rng(2)
    made = [(user, item, 1 + (user + item) % 5) for user in range(20) for item in range(12) if rng.random() < 0.6]
    return ratings(made, 20, 15)


def pairs(found: Rows, label: float) -> list[tuple[int, int]]:
    of = found.label == label
    return list(zip(found.user[of].tolist(), found.item[of].tolist(), strict=True))


def rated(train: Dataset) -> dict[tuple[int, int], float]:
    log = train.interactions
    return {(u, i): r for u, i, r in zip(log.user.tolist(), log.item.tolist(), log.rating.tolist(), strict=True)}


def test_ratings_are_likes_or_not():
    train = world()
    made = rows(train)
    for found in (made.observed(), made.observed_unseen()):
        for label in (0.0, 1.0):
            assert {rated(train)[pair] >= 4 for pair in pairs(found, label)} == {bool(label)}
    assert len(made.learning) + len(made.unseen) == len(train)


def test_negatives_are_low_ratings_and_known_items_that_nobody_rated_there():
    train = world()
    made, known = rows(train), rated(train)
    found = made.sampled(np.random.default_rng(3))
    assert {known[pair] for pair in pairs(found, 1.0)} == {4.0, 5.0}
    negatives = pairs(found, 0.0)
    hard = [pair for pair in negatives if pair in known]
    assert sorted(hard) == sorted(
        pair for pair, rating in known.items() if rating <= 2 and pair in set(pairs(made.observed(), 0.0))
    )
    drawn = [pair for pair in negatives if pair not in known]
    assert {item for _, item in drawn} == set(range(12))  # items without a rating are not called disliked
    assert len(drawn) == 3 * len(pairs(found, 1.0))
    assert not [
        pair
        for pair in pairs(rows(train, dislike_threshold=None).sampled(np.random.default_rng(3)), 0.0)
        if pair in known
    ]


def test_of_items_set_apart_negatives_are_drawn_among_these():
    made = rows(world(), validation="items", share=0.4)
    apart = set(made.unseen.item.tolist())
    assert len(apart) == 5
    assert apart & set(made.known.tolist()) == set()
    assert set(made.sampled(np.random.default_rng(1)).item.tolist()) <= set(made.known.tolist())
    assert set(made.sampled_unseen(np.random.default_rng(1)).item.tolist()) <= apart


def test_a_low_rating_that_counts_as_a_like_is_no_negative():
    train = ratings([(user, item, 1) for user in range(6) for item in range(5) if (user + item) % 3], 6, 5)
    found = rows(train, like_threshold=1.0).sampled(np.random.default_rng(1))
    assert set(pairs(found, 1.0)).isdisjoint(pairs(found, 0.0))


def test_a_share_of_the_rows_or_all_rows_of_a_share_of_the_items_is_set_apart():
    log = world().interactions

    def apart(by: Any) -> Array:
        return held_out(log, by, 0.25, np.random.default_rng(4))

    assert apart("rows").sum() == round(0.25 * len(log))
    items = set(log.item[apart("items")].tolist())
    assert len(items) == 3
    assert not items & set(log.item[~apart("items")].tolist())


def test_what_there_is_nothing_to_learn_from_is_refused():
    with pytest.raises(DataError, match="expected train ratings of at least 2 items, got 2; use a larger train set"):
        rows(ratings([(0, 0, 5), (1, 0, 1)], 2, 2), validation="items")
    low = ratings([(user, item, 3) for user in range(3) for item in range(3)], 3, 3)
    with pytest.raises(DataError, match="expected likes in train, got none"):
        rows(low).sampled(np.random.default_rng(1))
    everything = ratings([(user, item, 5) for user in range(5) for item in range(4)], 5, 4)
    with pytest.raises(DataError, match=r"as negatives to learn from, got none; use model\.objective=rating"):
        rows(everything).sampled(np.random.default_rng(1))
    with pytest.raises(
        DataError, match=r"expected dislikes in train, got none.*, or pass model\.objective=implicit if all are likes"
    ):
        rows(everything).observed()
