"""Stacking, on members whose worth is known."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
import pytest
from hydra.errors import InstantiationException

from recsys.cli import failures
from recsys.dataset import Array, DataError, Dataset
from recsys.features.item_item import matrix
from recsys.models.stacking import Stacking, negative_log_ranks
from recsys.recommender import Objective
from tests import configuration
from tests.worlds import ratings

USERS, ITEMS = 40, 60


@dataclass(frozen=True)
class Table:
    scores: dict[Objective, Array]
    probabilities: Collection[Objective] = ()

    def grid(self, users: Array, objective: Objective) -> Array:
        return self.scores[objective][users]

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        return self.scores[objective][users, items]


@dataclass(frozen=True)
class Fixed:
    """Gives its scores whatever it is shown, and keeps the sizes of what it was shown."""

    rating: Array
    implicit: Array
    shown: list[int] = field(default_factory=list)

    def fit(self, train: Dataset, seed: int) -> Table:
        self.shown.append(len(train.interactions))
        return Table({"rating": self.rating, "implicit": self.implicit})


@dataclass(frozen=True)
class Memory:
    """Knows the ratings that it was shown by heart, and nothing else."""

    def fit(self, train: Dataset, seed: int) -> Table:
        known = matrix(train.interactions, train.interactions.rating - 3, USERS, ITEMS).toarray()
        noise = np.random.default_rng(len(train.interactions)).normal(0, 0.1, known.shape)
        return Table({"rating": known + noise, "implicit": known + noise})


def world(seed: int = 1) -> tuple[Dataset, Array, Array]:
    """Ratings; how likely each user is to like each item; how likely to rate it. The two have nothing in common."""
    rng = np.random.default_rng(seed)
    liked, rated = rng.normal(size=(USERS, ITEMS)), rng.normal(size=(USERS, ITEMS))
    rows = [
        (u, i, 5.0 if rng.random() < 1 / (1 + np.exp(-3 * liked[u, i])) else 2.0)
        for u in range(USERS)
        for i in range(ITEMS)
        if rng.random() < 1 / (1 + np.exp(-3 * rated[u, i]))
    ]
    return ratings(rows, USERS, ITEMS), liked, rated


def stacking(**members: Fixed | Memory) -> Stacking:
    return Stacking(members=members, like_threshold=4, folds=4, negatives=3)


def test_each_question_is_answered_by_the_member_that_knows_it():
    train, liked, rated = world()
    noise = np.random.default_rng(2).normal(size=liked.shape)
    scorer = stacking(critic=Fixed(liked, noise), seller=Fixed(noise, rated)).fit(train, 1)
    for objective, best, truth in (("rating", "critic", liked), ("implicit", "seller", rated)):
        weights = scorer.weights(objective)
        assert weights[best] > 10 * max(abs(weight) for name, weight in weights.items() if name != best)
        assert scorer.learned[f"weight.{objective}.{best}"] == weights[best]
        scores = scorer.grid(np.arange(USERS), objective)
        assert np.corrcoef(negative_log_ranks(scores).ravel(), negative_log_ranks(truth).ravel())[0, 1] > 0.95


def test_a_chance_is_the_one_that_likes_were_drawn_with():
    train, liked, rated = world()
    scorer = stacking(critic=Fixed(10 * liked + 7, rated)).fit(train, 1)  # on a scale of its own
    users, items = np.arange(USERS), np.arange(USERS)
    chance = 1 / (1 + np.exp(-3 * liked[users, items]))
    assert scorer.pairs(users, items, "rating") == pytest.approx(chance, abs=0.1)
    assert scorer.probabilities == ("rating",)


def test_two_members_who_each_know_half_are_better_than_either():
    train, liked, rated = world()
    rng = np.random.default_rng(3)
    noise, more = rng.normal(size=liked.shape), rng.normal(size=liked.shape)
    scorer = stacking(first=Fixed(liked + noise, rated), second=Fixed(liked + more, rated)).fit(train, 1)
    scores = scorer.grid(np.arange(USERS), "rating")

    def agrees(scores: Array) -> float:
        return float(np.corrcoef(negative_log_ranks(scores).ravel(), negative_log_ranks(liked).ravel())[0, 1])

    assert agrees(scores) > max(agrees(liked + noise), agrees(liked + more)) + 0.05


def test_a_member_that_learns_its_ratings_by_heart_is_seen_through():
    # On the ratings that it was shown it is never wrong, so that in-fold scores would give it all the weight.
    train, liked, rated = world()
    scorer = stacking(memory=Memory(), critic=Fixed(liked, rated)).fit(train, 1)
    for objective in ("rating", "implicit"):
        weights = scorer.weights(objective)
        assert abs(weights["memory"]) < 0.1 * weights["critic"]


def test_members_are_fitted_without_each_fold_and_at_last_on_all_of_train():
    train, liked, rated = world()
    member = Fixed(liked, rated)
    stacking(member=member).fit(train, 1)
    rows = len(train.interactions)
    *parts, last = member.shown
    assert last == rows
    assert sum(rows - part for part in parts) == rows and len(parts) == 4
    assert max(parts) - min(parts) <= 1


def test_the_first_of_a_list_stands_at_0_and_ties_share_a_rank():
    expected = -np.log([[1.5, 3, 1.5], [3, 1, 2]])
    assert negative_log_ranks(np.array([[5.0, 1, 5], [0, 9, 4]])) == pytest.approx(expected)


def test_likes_of_every_rating_are_refused_with_the_way_out():
    rows = [(u, i, 5.0) for u in range(5) for i in range(5)]
    with pytest.raises(
        DataError, match=r"expected dislikes in train, got none: its 25 ratings are 5 to 5.*set like_thr"
    ):
        stacking(member=Memory()).fit(ratings(rows, USERS, ITEMS), 1)


def composed(*overrides: str) -> Stacking:
    return configuration.model("model=stacking", *overrides)


def test_members_are_added_and_taken_away_and_set_on_the_command_line():
    default = set(composed().members)
    more = composed(
        "+model@model.members.xdeepfm=xdeepfm", "model.members.xdeepfm.embedding_dim=7", "~model.members.ials"
    )
    assert set(more.members) == default - {"ials"} | {"xdeepfm"}
    assert more.members["xdeepfm"].embedding_dim == 7  # pyright: ignore
    assert composed("model.members.ease.implicit.l2=3").members["ease"].implicit.l2 == 3  # pyright: ignore


def test_what_is_no_recommender_is_refused():
    with pytest.raises(InstantiationException) as caught:
        composed("model.members.ease=5")
    assert failures.sentence(caught.value) == "model.members.ease: expected an instance of Recommender, got 5"
