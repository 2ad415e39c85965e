"""Ratings made user by user: marginals worked out by hand, and what was planted is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from recsys.data.synthetic_large import ROUNDS, SyntheticLarge
from recsys.dataset import Array, DataError, Dataset
from recsys.evaluation.measurement import measure
from recsys.evaluation.protocols import FULL, RATED
from recsys.evaluation.splits import RandomSplit, Split
from recsys.models.biased_mf import BiasedMf
from recsys.models.item_knn import ItemKnn
from recsys.models.popularity import Popularity

SMALL = SyntheticLarge(users=300, items=200, ratings=9000, most=120)


def columns(data: Dataset, users: int) -> Mapping[str, Array]:
    """The ratings of the first users."""
    rows = data.interactions.user < users
    names = ("user", "item", "rating", "time")
    return {name: getattr(data.interactions, name)[rows] for name in names}


def test_the_same_seed_gives_the_same_data_and_another_one_others():
    first = SMALL.load()
    assert first.fingerprint == SMALL.load().fingerprint
    assert first.fingerprint != replace(SMALL, seed=7).load().fingerprint


def test_a_users_ratings_are_the_same_whoever_else_there_is():
    few = SyntheticLarge(users=40, items=200, ratings=None, mu=3.0).load()
    many = SyntheticLarge(users=90, items=200, ratings=None, mu=3.0).load()
    assert len(many) > len(few)
    for name, values in columns(many, 40).items():
        np.testing.assert_array_equal(values, getattr(few.interactions, name))


def test_there_are_as_many_ratings_as_asked_for_within_each_users_limits():
    data = SMALL.load()
    activity = np.bincount(data.interactions.user)
    assert len(data) == 9000 and data.sizes == {"users": 300, "items": 200, "ratings": 9000}
    assert activity.min() == 20 and 60 < activity.max() <= 120
    assert set(data.interactions.rating.tolist()) == {1, 2, 3, 4, 5}


def test_no_user_rates_more_items_than_there_are_and_all_where_that_is_asked_for():
    data = SyntheticLarge(users=3, items=15, ratings=45, least=1).load()
    assert [sorted(data.interactions.item[data.interactions.user == user]) for user in range(3)] == [
        list(range(15))
    ] * 3


def test_activity_is_lognormal_where_it_is_not_cut():
    source = SyntheticLarge(users=20_000, items=5000, ratings=None, mu=np.log(100), sigma=0.5, least=50, most=200)
    activity = source.activity(np.random.default_rng(3))
    # Before rounding: 50.5, 100.5, 164.5 and 199.5 are -1.366, .010, .996 and 1.381 standard deviations from ln 100.
    expected = {"least": 0.0859, "median": 0.5040, "above one sd": 0.1597, "most": 0.0836}
    found = {
        "least": np.mean(activity == 50),
        "median": np.mean(activity <= 100),
        "above one sd": np.mean(activity >= 165),
        "most": np.mean(activity == 200),
    }
    assert found == pytest.approx(expected, abs=0.012)  # three of its standard errors


@pytest.mark.parametrize(
    ("exponent", "offset", "shares"),
    [
        (1, 1, (30 / 77, 20 / 77, 15 / 77, 12 / 77)),  # 1/2, 1/3, 1/4, 1/5
        (2, 0, (144 / 205, 36 / 205, 16 / 205, 9 / 205)),  # 1, 1/4, 1/9, 1/16
        (0, 5, (1 / 4, 1 / 4, 1 / 4, 1 / 4)),
    ],
)
def test_a_users_first_item_is_drawn_by_rank(exponent: float, offset: float, shares: tuple[float, ...]):
    source = SyntheticLarge(
        users=3000, items=4, ratings=3000, least=1, most=1, exponent=exponent, offset=offset, seed=5
    )
    counts = np.sort(np.bincount(source.load().interactions.item, minlength=4))[::-1]
    assert counts / 3000 == pytest.approx(shares, abs=0.027)  # three standard errors


@pytest.mark.parametrize("rounds", [0, ROUNDS])
def test_the_next_items_are_drawn_by_rank_from_those_that_are_left(rounds: int, monkeypatch: pytest.MonkeyPatch):
    # Weights 3, 2 and 1 of 6 in all: pairs {3, 2}, {3, 1}, {2, 1} by 3/6 2/3 + 2/6 3/4, 3/6 1/3 + 1/6 3/5, the rest.
    # Seven more items of next to no weight, so that two are few and are drawn with repetition, if in rounds at all.
    monkeypatch.setattr("recsys.data.synthetic_large.ROUNDS", rounds)
    monkeypatch.setattr("recsys.data.synthetic_large.TASTE", 0.0)
    ranks = np.array([1, 1.5, 3, *range(10**6, 10**6 + 7)])
    monkeypatch.setattr("recsys.data.synthetic_large._ranks", lambda rng, size: ranks)
    data = SyntheticLarge(users=2000, items=10, ratings=4000, least=2, most=2, offset=0).load()
    pairs = np.sort(data.interactions.item.reshape(2000, 2), axis=1)
    shares = {pair: np.mean((pairs == pair).all(axis=1)) for pair in [(0, 1), (0, 2), (1, 2)]}
    assert shares == pytest.approx({(0, 1): 7 / 12, (0, 2): 4 / 15, (1, 2): 3 / 20}, abs=0.033)


def test_each_rating_of_a_user_is_later_than_the_one_before():
    data = SMALL.load().interactions
    same = np.diff(data.user) == 0
    assert (np.diff(data.time)[same] >= 1).all() and same.sum() == 9000 - 300


@pytest.fixture(scope="module")
def split() -> Split:
    data = SyntheticLarge(users=1200, items=500, ratings=60_000, most=200, seed=2).load()
    return RandomSplit(repeats=1).split(data, 1)


def test_ratings_have_the_shares_of_movielens(split: Split):
    shares = np.bincount(split.train.interactions.rating.astype(int), minlength=6)[1:] / len(split.train)
    assert shares == pytest.approx((0.061, 0.114, 0.271, 0.342, 0.212), abs=0.03)


def test_neighbours_find_what_a_user_rates_and_factors_how_it_is_liked(split: Split):
    def precision(model: ItemKnn | Popularity) -> float:
        return float(measure(split, FULL, model.fit(split.train, 1)).curves["precision"][9])

    assert precision(ItemKnn()) > 1.2 * precision(Popularity())
    assert measure(split, RATED, BiasedMf().fit(split.train, 1)).numbers["gauc"] > 0.62


def test_items_of_a_genre_are_rated_by_the_same_users(split: Split):
    train = split.train.interactions
    genres = split.train.item_table["genres"]
    assert set(genres.sum(axis=1)) == {1, 2} and split.train.labels["genres"][18] == "Western"
    counts = np.zeros((1200, 19))
    np.add.at(counts, train.user, genres[train.item])
    shares = counts / counts.sum(axis=1, keepdims=True)
    drama = shares[:, 8]
    # Were there no tastes, a user's share would vary as that of n draws does.
    assert drama.var() > 2 * np.mean(drama.mean() * (1 - drama.mean()) / counts.sum(axis=1))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"mu": 3.0}, "expected one of dataset.ratings and dataset.mu, got 9000 and 3.0"),
        ({"ratings": None}, "expected one of dataset.ratings and dataset.mu, got None and None"),
        ({"ratings": 5999}, "expected 6000 to 36000 ratings of 300 users with 20 to 120 each, got 5999"),
        ({"least": 201}, "expected dataset.least of at most 120, got 201"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(settings: dict[str, object], words: str):
    with pytest.raises(DataError, match=words):
        replace(SMALL, **settings).load()
