"""The made-up data set: its shape, and that what was planted in it can be found by models that know nothing of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pytest

from recsys.data.synthetic import CURVE, Synthetic
from recsys.dataset import Array, DataError, Dataset
from recsys.evaluation.measurement import measure
from recsys.evaluation.protocols import Protocol
from recsys.evaluation.splits import RandomSplit, Split
from recsys.models.popularity import Popularity
from recsys.recommender import Objective, Scorer


@pytest.fixture(scope="module")
def data() -> Dataset:
    return Synthetic(name="synthetic-100k", users=943, items=1682, ratings=100_000, seed=1998).load()


@pytest.fixture(scope="module")
def split(data: Dataset) -> Split:
    return next(RandomSplit(repeats=1, seed=5, share=0.2).splits(data))


@dataclass(frozen=True)
class Grid:
    """Scores worked out beforehand, (users, items)."""

    scores: Array
    probabilities: tuple[Objective, ...] = ()

    def grid(self, users: Array, objective: Objective) -> Array:
        return self.scores[users]

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        return self.scores[users, items]


def dense(split: Split) -> tuple[Array, Array]:
    """Train's ratings and the mask of those given, (users, items)."""
    interactions, shape = split.train.interactions, (len(split.train.users), len(split.train.items))
    ratings, given = np.zeros(shape), np.zeros(shape, bool)
    ratings[interactions.user, interactions.item], given[interactions.user, interactions.item] = (
        interactions.rating,
        True,
    )
    return ratings, given


def precision_at_10(split: Split, protocol: str, scorer: Scorer) -> float:
    rated = Protocol(name="rated", candidates="held_out", threshold=4, objective="rating", cutoffs=(10,))
    full = Protocol(name="full", candidates="unseen", threshold=4, objective="implicit", cutoffs=(10,))
    return float(measure(split, {"rated": rated, "full": full}[protocol], scorer).curves["precision"][0])


def test_activity_popularity_and_ratings_are_spread_as_in_movielens(data: Dataset):
    of_user, of_item = np.bincount(data.interactions.user), np.bincount(data.interactions.item)
    assert (len(of_user), len(of_item), len(data.interactions)) == (943, 1682, 100_000)
    assert of_user.min() == 20 and 50 <= np.median(of_user) <= 75 and 600 <= of_user.max() <= 800
    assert of_item.min() == 1 and 20 <= np.median(of_item) <= 35 and 450 <= of_item.max() <= 650
    assert 90 <= (of_item == 1).sum() <= 190
    shares = np.bincount(data.interactions.rating.astype(int), minlength=6)[1:] / 100_000
    assert np.allclose(shares, CURVE, atol=0.001)


def test_the_tables_have_the_columns_and_ranges_of_movielens(data: Dataset):
    films, people = data.item_table, data.user_table
    assert set(films) == {"title", "released", "year", "genres", "sift", "sift_known"}
    assert set(people) == {"age", "gender", "occupation", "zip", "zip_prefix"}
    assert films["genres"].shape == (1682, len(data.labels["genres"])) == (1682, 19)
    assert set(films["genres"].sum(axis=1)) == {1, 2, 3}
    assert films["year"].min() >= 1922 and films["year"].max() <= 1998
    assert all(re.fullmatch(r"\d\d-[A-Z][a-z]{2}-\d{4}", text) for text in films["released"])
    assert all(text.endswith(str(year)) for text, year in zip(films["released"], films["year"], strict=True))
    assert people["age"].min() >= 7 and people["age"].max() <= 73 and set(people["gender"]) == {"M", "F"}
    assert all(whole[:3] == first for whole, first in zip(people["zip"], people["zip_prefix"], strict=True))
    assert all(re.fullmatch(r"\d{5}", text) for text in people["zip"])


def test_pictures_are_unit_vectors_without_negative_parts_and_the_unknown_ones_the_mean(data: Dataset):
    pictures, known = data.item_table["sift"], data.item_table["sift_known"]
    assert pictures.shape == (1682, 128) and pictures.dtype == np.float32 and pictures.min() >= 0
    assert np.allclose(np.linalg.norm(pictures[known], axis=1), 1, atol=1e-4)
    assert (~known).sum() == 17
    assert np.allclose(pictures[~known], pictures[known].mean(axis=0), atol=1e-5)


def test_films_whose_pictures_are_alike_share_genres(data: Dataset):
    known = data.item_table["sift_known"]
    pictures, genres = data.item_table["sift"][known], data.item_table["genres"][known].astype(int)
    shared = (genres @ genres.T > 0).astype(float)
    centred = pictures - pictures.mean(axis=0)
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    alike = centred @ centred.T
    np.fill_diagonal(alike, -np.inf)
    nearest = shared[np.arange(len(alike)), alike.argmax(axis=1)].mean()
    assert nearest > 1.5 * shared.mean()


def test_users_rate_in_sessions_and_often_in_the_same_second(data: Dataset):
    interactions = data.interactions
    order = np.lexsort((interactions.time, interactions.user))
    gap = np.diff(interactions.time[order])[np.diff(interactions.user[order]) == 0]
    assert (gap == 0).mean() > 0.4
    assert 0.003 < (gap > 3600).mean() < 0.05  # a new session, seldom
    assert ((gap > 60) & (gap < 3600)).mean() < 0.01
    assert interactions.time.min() >= 874_724_710 and interactions.time.max() < 874_724_710 + 366 * 86_400
    assert (np.diff(interactions.time) < 0).mean() > 0.4  # the log is in no order of time


def test_what_a_user_rates_next_is_like_what_came_before(data: Dataset):
    interactions, genres = data.interactions, data.item_table["genres"].astype(int)
    order = np.lexsort((interactions.time, interactions.user))
    user, item = interactions.user[order], interactions.item[order]
    rng = np.random.default_rng(0)
    mixed = item[np.lexsort((rng.random(len(item)), user))]  # each user's own items in another order
    inside = np.diff(user) == 0

    def overlap(items: Array) -> float:
        return float(((genres[items[1:]] * genres[items[:-1]]).sum(axis=1) > 0)[inside].mean())

    assert overlap(item) > overlap(mixed) + 0.02


def test_a_model_of_items_rated_together_beats_popularity_on_the_whole_catalogue(split: Split):
    # EASE: Steck 2019, Embarrassingly Shallow Autoencoders for Sparse Data, equation 8.
    given = dense(split)[1].astype(np.float32)
    inverse = np.linalg.inv(given.T @ given + 300 * np.eye(given.shape[1], dtype=np.float32))
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0)
    popularity = precision_at_10(split, "full", Popularity().fit(split.train, 0))
    assert precision_at_10(split, "full", Grid(given @ weights)) > popularity + 0.05


def test_item_means_beat_popularity_on_held_out_ratings_and_taste_beats_item_means(split: Split):
    ratings, given = dense(split)
    rest = np.where(given, ratings - ratings[given].mean(), 0)
    item_bias = rest.sum(axis=0) / (given.sum(axis=0) + 10)
    rest = np.where(given, rest - item_bias, 0)
    user_bias = rest.sum(axis=1, keepdims=True) / (given.sum(axis=1, keepdims=True) + 10)
    rest = np.where(given, rest - user_bias, 0)
    _, vectors = np.linalg.eigh(rest.T @ rest)  # the last ones are the largest right singular vectors of rest
    taste = rest @ vectors[:, -8:] @ vectors[:, -8:].T
    popularity = precision_at_10(split, "rated", Popularity().fit(split.train, 0))
    means = precision_at_10(split, "rated", Grid(np.tile(item_bias, (len(rest), 1))))
    both = precision_at_10(split, "rated", Grid(item_bias + 2 * taste))
    assert means > popularity + 0.03
    assert both > means + 0.005


def test_the_same_seed_gives_the_same_data_and_another_seed_other_data():
    first, again, other = (
        Synthetic(name="tiny", users=60, items=80, ratings=2000, seed=seed).load() for seed in (1, 1, 2)
    )
    assert first.fingerprint == again.fingerprint != other.fingerprint


@pytest.mark.parametrize(
    ("users", "items", "ratings"),
    [(60, 80, 2000), (5, 7, 35), (5, 7, 7), (7, 5, 7), (3, 400, 400), (400, 3, 400), (2, 2, 3), (20, 30, 599)],
)
def test_any_size_has_every_user_every_item_and_no_pair_twice(users: int, items: int, ratings: int):
    data = Synthetic(name="tiny", users=users, items=items, ratings=ratings, seed=3).load()
    assert np.bincount(data.interactions.user, minlength=users).min() >= 1
    assert np.bincount(data.interactions.item, minlength=items).min() >= 1
    pairs = set(zip(data.interactions.user.tolist(), data.interactions.item.tolist(), strict=True))
    assert len(pairs) == len(data.interactions) == ratings
    assert set(data.interactions.rating.tolist()) <= {1, 2, 3, 4, 5}


@pytest.mark.parametrize("ratings", [79, 4801])
def test_more_ratings_than_pairs_or_fewer_than_items_are_refused(ratings: int):
    with pytest.raises(DataError) as caught:
        Synthetic(name="tiny", users=60, items=80, ratings=ratings, seed=1).load()
    assert str(caught.value) == (
        "tiny: expected 80 to 4800 ratings, so that each of 60 users and 80 items has one and no pair two, got "
        f"{ratings}; change dataset.ratings"
    )


def test_made_up_data_never_bears_the_name_of_real_ones():
    with pytest.raises(DataError, match=r"change dataset\.name"):
        Synthetic(name="ml-100k", users=60, items=80, ratings=2000, seed=1).load()
