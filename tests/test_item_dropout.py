"""Items that nobody has rated in click-through networks: what they are shown as, and what is learned for them."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from recsys.ctr import _TrainingData  # pyright: ignore[reportPrivateUsage]
from recsys.dataset import DataError, Dataset
from recsys.models.fm import Fm
from tests.models.click_through import SHARED
from tests.worlds import crossing, dense, ratings

MODEL = Fm(**SHARED)
ENCODED = replace(MODEL, target_encoding=True, item_item_models=("ease",), item_dropout=0.5)


def with_new_items() -> Dataset:
    """40 users and 60 items, of which the last six have no rating."""
    data = dense(4)
    return data.take(data.interactions.item < 54)


def test_validation_holds_out_whole_items_and_their_share():
    model = replace(MODEL, validation="items", validation_share=0.25)
    data = _TrainingData.of(model, crossing(), 1)  # 30 items have ratings
    learned, held_out = set(data.learning.interactions.item.tolist()), set(data.validation.item.tolist())
    assert not learned & held_out
    assert (len(held_out), len(learned | held_out)) == (8, 30)
    other = _TrainingData.of(model, crossing(), 2)
    assert set(other.validation.item.tolist()) != held_out


def test_one_item_is_too_few_to_hold_out_items():
    model = replace(MODEL, validation="items")
    with pytest.raises(DataError, match="expected at least 3 train ratings, of 2 items, got 4"):
        _TrainingData.of(model, ratings([(user, 0, 5) for user in range(4)], 4, 2), 1)


@pytest.mark.slow
def test_dropped_rows_have_the_shared_id_and_the_features_of_an_item_without_a_rating():
    train = with_new_items()
    data = _TrainingData.of(ENCODED, train, 1)
    samples = data.observed()
    count, n_items = len(data.learning), len(train.items)
    rows, copies = samples.rows.take(np.arange(count)), samples.rows.take(np.arange(count, 2 * count))
    assert (copies.item == rows.item + n_items).all()
    assert (copies.user == rows.user).all() and (copies.label == rows.label).all()
    fold = data.features.fold
    newest = np.full(count, n_items - 1)
    assert np.array_equal(copies.dense, data.features.rows(rows.user, newest, fold))
    assert (copies.dense[:, 3:6] == 0).all()  # the item's encodings: nothing unusual, of no ratings
    assert np.array_equal(rows.dense, data.features.rows(rows.user, rows.item, fold))


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.25, 1.0])
def test_each_epoch_drops_that_share_of_the_rows_anew(share: float):
    samples = _TrainingData.of(replace(ENCODED, item_dropout=share), with_new_items(), 1).observed()
    count = len(samples.rows) // 2
    dropped = [epoch >= count for epoch in samples.epochs]
    for epoch, mask in zip(samples.epochs, dropped, strict=True):
        assert np.array_equal(epoch % count, np.arange(count))  # each row once, as it is or dropped
        assert mask.mean() == pytest.approx(share, abs=0.06)
    assert (share == 1) == bool((dropped[0] == dropped[1]).all())


@pytest.mark.slow
def test_likes_and_negatives_are_dropped_alike():
    data = _TrainingData.of(ENCODED, with_new_items(), 1)
    samples = data.sampled(np.random.default_rng(1))
    count = len(samples.rows) // 2
    for epoch in samples.epochs:
        label = samples.rows.label[epoch]
        for mask in (label == 1, label == 0):
            assert (epoch[mask] >= count).mean() == pytest.approx(0.5, abs=0.1)


@pytest.mark.slow
def test_without_an_item_that_is_new_nothing_is_dropped(caplog: pytest.LogCaptureFixture):
    plain = replace(ENCODED, item_dropout=0.0)
    with caplog.at_level(logging.WARNING):
        samples = _TrainingData.of(ENCODED, dense(4), 1).observed()
    assert "every item has ratings to learn from: the model runs with item_dropout=0" in caplog.text
    before = _TrainingData.of(plain, dense(4), 1).observed()
    assert np.array_equal(samples.rows.dense, before.rows.dense)
    assert len(samples.rows) == len(before.rows)


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["rating", "implicit"])
def test_new_items_of_the_same_content_are_alike_and_those_of_other_content_are_not(objective: Any):
    train = crossing()  # users of one gender like one genre; items 30 to 39 are new, of either genre in turn
    scores = {
        dropout: replace(MODEL, objective=objective, item_dropout=dropout).fit(train, 1).grid(np.arange(40), objective)
        for dropout in (0.0, 0.5)
    }
    new = scores[0.5][:, 30:]
    spread = {dropout: np.ptp(grid[:, 30::2], axis=1).max() for dropout, grid in scores.items()}
    assert spread[0.5] < 1e-7 < 1e-6 < spread[0.0]  # without dropout, each has an untrained id of its own
    liked = np.arange(40)[:, None] % 2 == np.arange(30, 40) % 2
    assert new[liked].min() > new[~liked].max()


@pytest.mark.slow
def test_pairs_are_cells_of_the_grid_for_new_items_too():
    scorer = replace(ENCODED, objective="rating").fit(with_new_items(), 1)
    users, items = np.repeat(np.arange(40), 60), np.tile(np.arange(60), 40)
    grid = scorer.grid(np.arange(40), "rating")
    assert scorer.pairs(users, items, "rating") == pytest.approx(grid.ravel(), abs=1e-5)
