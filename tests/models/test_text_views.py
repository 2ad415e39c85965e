"""Text views on made-up items whose words say who likes them: new items, hard negatives, clusters, what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from recsys.dataset import Array, DataError, Dataset, Interactions
from recsys.models.text_views import TextViews, Training
from recsys.recommender import Diverged
from tests.worlds import ratings

pytestmark = pytest.mark.slow
TRAINING = Training(l2=1e-3, learning_rate=0.02, batch_size=16, epochs=12, patience=12, mask=0.0, negatives=2)
SMALL = TextViews(
    dim=8,
    units=0,
    filters=8,
    attention=4,
    dropout=0.0,
    factors=4,
    objective="rating",
    validation_share=0.1,
    rating=TRAINING,
    implicit=TRAINING,
)
USERS, ITEMS, NEW = 30, 60, 12
WESTERN = np.arange(ITEMS) % 2 == 0
"""Of items, as their words say; users of an even number like them, the others all others."""
LIKED = (np.arange(USERS)[:, None] % 2 == 0) == WESTERN


def columns() -> dict[str, Array]:
    rng = np.random.default_rng(1)
    words = np.where(WESTERN[:, None], ["desert", "saddle", "sheriff"], ["orbit", "robot", "galaxy"])
    titles = [" ".join(rng.permutation(own)[:2]) for own in words]
    plots = [" ".join(["night", *rng.permutation(own)[:2]]) for own in words]
    titles[3], plots[3] = "", ""
    genres = np.stack([WESTERN, ~WESTERN], axis=1).astype(np.uint8)
    return {"title": np.array(titles), "plot": np.array(plots, object), "genres": genres}


def world(**changes: Array | None) -> Dataset:
    """Ratings of 5 or 1 as LIKED says; the last NEW items have none."""
    rng = np.random.default_rng(2)
    user, item = np.nonzero(rng.random((USERS, ITEMS - NEW)) < 0.5)
    rating = np.where(LIKED[user, item], 5, 1)
    plain = ratings(list(zip(user.tolist(), item.tolist(), rating.tolist(), strict=True)), USERS, ITEMS)
    table = {name: column for name, column in {**columns(), **changes}.items() if column is not None}
    return Dataset.of("world", plain.interactions, plain.users, plain.items, item_table=table)


def new(scorer: Any) -> Array:
    """Scores of the items without a rating."""
    return scorer.grid(np.arange(USERS), "rating")[:, -NEW:]


def test_words_say_who_likes_an_item_that_nobody_has_rated():
    scorer = SMALL.fit(world(), 1)
    assert new(scorer)[LIKED[:, -NEW:]].min() > 0.8
    assert new(scorer)[~LIKED[:, -NEW:]].max() < 0.2
    assert scorer.probabilities == ("rating",)
    for changes in ({"views": ("title",)}, {"units": 8, "fusion": "concat"}, {"widths": ()}, {"category_weight": 0.0}):
        found = new(replace(SMALL, **changes).fit(world(), 1))
        assert found[LIKED[:, -NEW:]].mean() > found[~LIKED[:, -NEW:]].mean() + 0.4, changes


def test_an_item_without_texts_is_like_any_other_and_so_is_a_user_without_ratings():
    train = world()
    train = train.take(train.interactions.user != 4)
    scorer = SMALL.fit(train, 1)
    scores = scorer.grid(np.arange(USERS), "rating")
    others = np.delete(np.arange(ITEMS), 3)
    assert np.isfinite(scores).all()
    even = scores[np.arange(0, USERS, 2)][:, others]
    assert (scores[::2, 3] < even.max(axis=1)).all() and (scores[::2, 3] > even.min(axis=1)).all()
    assert 0.2 < scores[4].mean() < 0.8
    assert np.ptp(scores[4]) < np.ptp(scores[6])


def test_what_users_rated_low_comes_last_where_it_is_a_hard_negative():
    train = world()
    implicit = replace(SMALL, objective="implicit")
    found = implicit.fit(train, 1).grid(np.arange(USERS), "implicit")
    log = train.interactions
    low, high = log.rating == 1, log.rating == 5
    assert found[log.user[high], log.item[high]].mean() > found[log.user[low], log.item[low]].mean() + 0.5
    threes = replace(train, interactions=Interactions.of(log.user, log.item, np.where(low, 3, log.rating)))
    without = implicit.fit(threes, 1).grid(np.arange(USERS), "implicit")  # a 3 is neither
    other = replace(implicit, dislike_threshold=None).fit(train, 1).grid(np.arange(USERS), "implicit")
    assert without.tobytes() == other.tobytes()
    assert found[log.user[low], log.item[low]].mean() < other[log.user[low], log.item[low]].mean()
    assert implicit.fit(train, 1).probabilities == ()


def test_categories_shape_what_is_learned_and_words_of_items_without_a_rating_are_not_known():
    one, other = (replace(SMALL, category_weight=weight).fit(world(), 1) for weight in (0.0, 5.0))
    assert new(one).tobytes() != new(other).tobytes()
    titles = columns()["title"]
    titles[-1] = "zeppelin robot"
    plain = columns()["title"]
    plain[-1] = "robot"
    assert new(SMALL.fit(world(title=titles), 1)).tobytes() == new(SMALL.fit(world(title=plain), 1)).tobytes()


def test_items_outside_the_clusters_of_a_users_likes_come_after_all_others():
    plain, clustered = SMALL.fit(world(), 1), replace(SMALL, clusters=2).fit(world(), 1)
    assert replace(SMALL, clusters=1).fit(world(), 1).grid(np.arange(6), "rating") == pytest.approx(
        plain.grid(np.arange(6), "rating")
    )
    own = clustered.clusters["rating"]
    assert clustered.learned["silhouette.rating"] == own.silhouette > 0.3
    scores, before = (scorer.grid(np.arange(USERS), "rating") for scorer in (clustered, plain))
    for user in range(USERS):
        inside = own.liked[user, own.cluster]
        assert scores[user, inside] == pytest.approx(before[user, inside])
        if not inside.all():
            assert scores[user, ~inside].max() < scores[user, inside].min()
    assert (~own.liked).any()
    assert clustered.probabilities == ()


def test_training_stops_by_items_that_the_network_was_not_shown(monkeypatch: pytest.MonkeyPatch):
    from recsys.nn.preference_network import PreferenceNetwork

    items: set[int] = set()
    plain = PreferenceNetwork.learn

    def learn(self: Any, words: Any, lengths: Any, targets: Any, rows: Any, *given: Any) -> float:
        items.update(np.unique(rows.item).tolist())
        counts.append(len(lengths))
        return plain(self, words, lengths, targets, rows, *given)

    counts: list[int] = []
    monkeypatch.setattr(PreferenceNetwork, "learn", learn)
    replace(SMALL, validation="items", rating=replace(TRAINING, epochs=1, batch_size=100)).fit(world(), 1)
    assert counts == [ITEMS - NEW - 5]
    best = replace(SMALL, rating=replace(TRAINING, patience=2, epochs=40)).fit(world(), 1).learned
    assert 1 <= best["best_epoch.rating"] < 40
    assert 0 < best["validation_log_loss.rating"] < 0.3


def test_what_it_cannot_learn_from_is_told():
    with pytest.raises(DataError, match=r"expected texts about items, any of title, .* found none"):
        SMALL.fit(world(title=None, plot=None), 1)
    with pytest.raises(DataError, match=r"expected model\.views of texts .* got none of critics; on ml-100k"):
        replace(SMALL, views=("title", "critics")).fit(world(), 1)
    with pytest.raises(DataError, match=r"model\.category=genres, got none; name one, or model\.category_weight=0"):
        SMALL.fit(world(genres=None), 1)
    with pytest.raises(DataError, match=r"model\.category=mood, got genres; name one, or model\.category_weight=0"):
        replace(SMALL, category="mood").fit(world(), 1)
    with pytest.raises(DataError, match=r"expected two or more categories of train's items in genres, got 1; name"):
        SMALL.fit(world(genres=np.eye(2, dtype=np.uint8)[np.zeros(ITEMS, int)]), 1)
    assert np.isfinite(new(replace(SMALL, category_weight=0.0).fit(world(genres=None), 1))).all()
    with pytest.raises(DataError, match=r"model\.clusters of at most \d+, the items with distinct texts, got 61"):
        replace(SMALL, clusters=61).fit(world(), 1)
    with pytest.raises(DataError, match="expected words of two letters or more in title, got none"):
        replace(SMALL, views=("title",)).fit(world(title=np.array(["?"] * ITEMS)), 1)
    with pytest.raises(ValueError, match=r"expected implicit\.negatives of 1 or more, got 0"):
        TextViews(implicit=Training())
    wild = replace(SMALL, rating=replace(TRAINING, learning_rate=1e30))
    with pytest.raises(Diverged, match=r"text_views: expected finite losses.*model\.rating\.learning_rate"):
        wild.fit(world(), 1)
