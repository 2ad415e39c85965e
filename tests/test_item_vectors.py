"""Vectors of items' texts: what they are learned from, what they say of new items, and who takes them."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from recsys import item_vectors as module
from recsys.dataset import Array, DataError, Dataset
from recsys.item_vectors import item_vectors, text_vectors
from recsys.models.bert4rec import Bert4Rec
from recsys.models.xdeepfm import XDeepFM
from recsys.reading import Settings, Training
from recsys.sequential import Training as SequenceTraining
from tests.models.click_through import SHARED
from tests.worlds import ratings

pytestmark = pytest.mark.slow
USERS, ITEMS, NEW = 60, 80, 12
WESTERN = np.arange(ITEMS) % 2 == 0
"""Of items, as their words say: these are liked, all others are not."""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch):
    """A network that learns the world's few words in a second."""
    training = Training(learning_rate=0.02, epochs=8, mask=0.1, contrastive=0.1)
    monkeypatch.setattr(module, "TEXTS", Settings(dim=16, words=50, word_vectors="learned", training=training))
    monkeypatch.setattr(module, "UNITS", 0)
    monkeypatch.setattr(module, "FILTERS", 8)
    module._learned.cache_clear()  # pyright: ignore[reportPrivateUsage]


def world(**changes: Array | None) -> Dataset:
    """The last NEW items have no rating; item 3 has no word."""
    rng = np.random.default_rng(1)
    words = np.where(WESTERN[:, None], ["desert", "saddle", "sheriff"], ["orbit", "robot", "galaxy"])
    titles = np.array([" ".join(rng.permutation(own)[:2]) for own in words])
    titles[3] = ""
    user, item = np.nonzero(rng.random((USERS, ITEMS - NEW)) < 0.5)
    rows = zip(user.tolist(), item.tolist(), np.where(WESTERN[item], 5, 1).tolist(), strict=True)
    plain = ratings(list(rows), USERS, ITEMS)
    pictures = np.eye(4, dtype=np.float32)[np.arange(ITEMS) % 4]
    table = {"title": titles, "genres": np.stack([WESTERN, ~WESTERN], axis=1).astype(np.uint8), "sift": pictures}
    columns = {name: column for name, column in {**table, **changes}.items() if column is not None}
    return Dataset.of("world", plain.interactions, plain.users, plain.items, item_table=columns)


def test_texts_of_one_genre_are_alike_and_an_item_without_a_word_has_nothing():
    vectors = text_vectors(world())
    there = np.arange(ITEMS) != 3
    assert np.linalg.norm(vectors, axis=1)[there] == pytest.approx(np.ones(ITEMS - 1), abs=1e-5)
    assert (vectors[3] == 0).all()
    cosine = vectors @ vectors.T
    own, other = there & WESTERN, there & ~WESTERN
    assert cosine[np.ix_(own, own)].mean() > cosine[np.ix_(own, other)].mean() + 0.2


def test_they_are_learned_from_no_rating_and_once_for_all_splits(monkeypatch: pytest.MonkeyPatch):
    data = world()
    vectors = text_vectors(data)
    half = data.take(np.arange(len(data)) % 2 == 0)
    assert text_vectors(half) is vectors
    module._learned.cache_clear()  # pyright: ignore[reportPrivateUsage]
    one = data.take(np.arange(1))
    again = text_vectors(one)
    assert again is not vectors and np.array_equal(again, vectors)
    titles = data.item_table["title"].copy()
    titles[0] = "galaxy orbit"
    assert not np.array_equal(text_vectors(world(title=titles)), vectors)
    genres = data.item_table["genres"].copy()
    genres[:4] = genres[1:5]
    assert not np.array_equal(text_vectors(world(genres=genres)), vectors)


def test_vectors_stand_side_by_side_in_the_order_of_their_names(caplog: pytest.LogCaptureFixture):
    data = world()
    sift, text = data.item_table["sift"], text_vectors(data)
    assert item_vectors(data, ()).shape == (ITEMS, 0)
    assert np.array_equal(item_vectors(data, ("sift",)), sift)
    assert np.array_equal(item_vectors(data, ("text", "sift")), np.concatenate([text, sift], axis=1))
    with caplog.at_level(logging.WARNING):
        assert np.array_equal(item_vectors(world(sift=None), ("sift", "text")), text)
    assert "world has no SIFT vectors: the model runs without" in caplog.text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": None}, "expected texts about items, any of title, keywords, text, plot, critics, found none"),
        ({"genres": None}, "expected genres of items, two or more, .* got fewer; leave text out of model.item_vectors"),
        ({"genres": np.ones((ITEMS, 1), np.uint8)}, "expected genres of items, two or more"),
    ],
)
def test_data_without_texts_or_genres_are_refused(changes: Any, words: str):
    with pytest.raises(DataError, match=words):
        item_vectors(world(**changes), ("text",))


def test_click_through_networks_learn_from_texts_which_new_items_are_liked():
    data, users, new = world(), np.repeat(np.arange(5), NEW), np.tile(np.arange(ITEMS - NEW, ITEMS), 5)
    shared: Any = {**SHARED, "item_fields": (), "objective": "rating"}
    gaps: dict[tuple[str, ...], float] = {}
    for kinds in ((), ("sift",), ("text",), ("sift", "text")):
        fitted = XDeepFM(**{**shared, "sift": "both"}, item_vectors=kinds, cin=(8,), dnn=(8,)).fit(data, 1)
        likely = fitted.pairs(users, new, "rating")
        gaps[kinds] = likely[WESTERN[new]].mean() - likely[~WESTERN[new]].mean()
    assert abs(gaps[()]) < 0.1
    assert min(gaps["text",], gaps["sift", "text"]) > 0.5


def test_a_sequence_model_takes_them_and_ranks_likes_among_new_items_first():
    data, new = world(), np.arange(ITEMS - NEW, ITEMS)
    liked = data.take(data.interactions.rating == 5)
    training = SequenceTraining(learning_rate=0.01, warmup_epochs=1, epochs=12, eval_every=4)
    plain = Bert4Rec(hidden=8, layers=1, heads=1, ratings=False, item_item_models=(), training=training)
    gaps = {
        kinds: plain_scores[:, WESTERN[new]].mean() - plain_scores[:, ~WESTERN[new]].mean()
        for kinds in ((), ("text",))
        for plain_scores in [replace(plain, item_vectors=kinds).fit(liked, 1).grid(np.arange(5), "implicit")[:, new]]
    }
    assert gaps["text",] > gaps[()] + 0.3
