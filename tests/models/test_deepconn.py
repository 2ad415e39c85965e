"""DeepCoNN on made-up reviews: what it can learn, and what it is never shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from recsys.dataset import Array, DataError, Dataset
from recsys.models.deepconn import DeepConn
from recsys.recommender import Diverged
from recsys.reviews import Training
from tests.models.test_review_graph import reviewed, unique_words
from tests.worlds import ratings

pytestmark = pytest.mark.slow
SMALL = DeepConn(
    objective="rating",
    least_texts=1,
    max_words=40,
    dim=8,
    filters=8,
    units=4,
    factors=2,
    rating=Training(l2=0.0, learning_rate=0.01, batch_size=64, epochs=2),
)


def described(seed: int = 1) -> tuple[Dataset, Array]:
    """60 users and 50 items, good (4 stars) or bad (2), which their texts say; the last 10 without a rating."""
    rng = np.random.default_rng(seed)
    good = rng.random(50) < 0.5
    user, item = np.nonzero(rng.random((60, 50)) < 0.2)
    rating = np.where(good, 4.0, 2.0)[item] + rng.normal(0, 1, len(user))
    old = item < 40
    rows = list(zip(user[old].tolist(), item[old].tolist(), rating[old].tolist(), strict=True))
    texts = [f"{'splendid' if one else 'awful'} {rng.choice(['case', 'string', 'knob'])}" for one in good]
    return replace(ratings(rows, 60, 50), item_table={"text": np.array(texts)}), good


def test_what_an_items_text_says_of_it_predicts_its_ratings_where_it_has_none_yet():
    train, good = described()
    model = replace(SMALL, like_threshold=3.0, rating=replace(SMALL.rating, epochs=30, patience=30))
    found = model.fit(train, 1).grid(np.arange(60), "rating").mean(axis=0)
    assert ((found > 3) == good)[40:].all()


def test_no_row_that_is_learned_from_reads_its_own_review(monkeypatch: pytest.MonkeyPatch):
    from recsys.nn.deepconn import DeepConnNet

    train = unique_words()
    log = train.interactions
    row_of = {pair: row for row, pair in enumerate(zip(log.user.tolist(), log.item.tolist(), strict=True))}
    assert log.text is not None
    vocabulary = sorted({word for text in log.text for word in text.split()})
    learned: list[tuple[int, set[int], set[int]]] = []

    def step(self: object, user: Any, item: Any, target: Array, learning_rate: float) -> float:
        for pair, key in enumerate(zip(user.ids.tolist(), item.ids.tolist(), strict=True)):
            seen = (set(side.documents[side.document[pair]].tolist()) for side in (user, item))
            learned.append((row_of[key], *seen))
        return 0.0

    monkeypatch.setattr(DeepConnNet, "train_step", step)
    SMALL.fit(train, 1)
    own = [vocabulary.index(text.split()[0]) for text in log.text]
    shown = {row for row, *_ in learned}
    for row, of_user, of_item in learned:
        none = {vocabulary.index("shared"), len(vocabulary)}
        users = {own[other] for other in shown - {row} if log.user[other] == log.user[row]}
        items = {own[other] for other in shown - {row} if log.item[other] == log.item[row]}
        assert (of_user - none, of_item - none) == (users, items)


def test_without_biases_users_of_equal_texts_are_alike_and_with_them_they_start_at_the_damped_biases():
    train = reviewed([(0, 0, 5), (1, 0, 4), (1, 1, 1), (2, 1, 2)], ["warm tone", "", "loud hum", "hum"], 4, 3)
    grid = SMALL.fit(train, 1).grid(np.arange(4), "rating")
    assert np.isfinite(grid).all()
    assert (SMALL.fit(train, 1).grid(np.arange(4), "rating") == grid).all()
    still = replace(SMALL, biases=True, rating=replace(SMALL.rating, learning_rate=1e-12))
    damped = still.fit(unique_words(), 3).grid(np.arange(12), "rating")
    assert np.ptp(damped) > 0.1


def test_one_network_answers_for_both_objectives_and_says_whether_it_predicts_ratings():
    train = unique_words()
    rating = SMALL.fit(train, 1)
    assert rating.predicts_ratings
    assert (rating.grid(np.arange(12), "rating") == rating.grid(np.arange(12), "implicit")).all()
    implicit = replace(SMALL, objective="implicit", implicit=Training(epochs=1, negatives=1)).fit(train, 1)
    assert not implicit.predicts_ratings


def test_what_cannot_be_learned_from_is_refused():
    with pytest.raises(DataError, match=r"expected words that are in 2 texts or more.*lower model\.least_texts"):
        replace(SMALL, least_texts=2).fit(reviewed([(0, 0, 5), (1, 0, 4)], ["warm", "loud"], 2, 1), 1)
    wild = replace(SMALL, rating=replace(SMALL.rating, learning_rate=1e30))
    with pytest.raises(Diverged, match=r"deepconn: expected finite losses.*model\.rating\.learning_rate"):
        wild.fit(unique_words(), 1)
    with pytest.raises(ValueError, match=r"expected implicit\.negatives of 1 or more"):
        DeepConn(implicit=Training())
