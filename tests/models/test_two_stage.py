"""Recall before ranking, on models whose scores are given."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from recsys.dataset import Array, DataError, Dataset, read_only
from recsys.index.exact import Exact
from recsys.index.hnsw import Hnsw
from recsys.models.two_stage import TwoStage
from recsys.models.user_tower import TowerScorer
from recsys.recommender import Objective
from tests.worlds import ratings

EVERYONE = np.arange(2)


@dataclass(frozen=True)
class Fixed:
    """Gives its scores (users, items), and keeps the pairs that it was asked for."""

    scores: Array
    asked: list[tuple[int, int]] = field(default_factory=list)
    probabilities: Collection[Objective] = ("rating", "implicit")

    def fit(self, train: Dataset, seed: int) -> Fixed:
        return self

    def grid(self, users: Array, objective: Objective) -> Array:
        return self.scores[users]

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        self.asked.extend(zip(users.tolist(), items.tolist(), strict=True))
        return self.scores[users, items]


@dataclass(frozen=True)
class Vectors:
    """Fitted to nothing."""

    users: Array
    items: Array

    def fit(self, train: Dataset, seed: int) -> TowerScorer:
        return TowerScorer(read_only(self.users), read_only(self.items))


def world(genres: Array | None = None) -> Dataset:
    """Two users, six items; user 0 rated item 5, user 1 item 0."""
    plain = ratings([(0, 5, 4), (1, 0, 2)], users=2, items=6)
    return plain if genres is None else replace(plain, item_table={"genres": genres})


RECALL = Fixed(np.array([[9.0, 8, 7, 1, 0, 10], [9.0, 0, 1, 7, 8, 3]]))
RANKER = Fixed(np.array([[0.1, 0.2, 0.3, 0.9, 0.8, 0.7], [0.9, 0.2, 0.3, 0.4, 0.1, 0.6]]))


def test_candidates_are_the_first_items_of_recall_that_the_user_has_not_rated():
    scorer = TwoStage({"one": RECALL}, candidates=3).fit(world(), 1)
    assert scorer.candidates(EVERYONE).tolist() == [[0, 1, 2], [4, 3, 5]]


def test_lists_of_several_recall_models_are_interleaved():
    other = Fixed(np.array([[0.0, 1, 9, 8, 7, 10], [0.0, 1, 9, 8, 7, 3]]))
    scorer = TwoStage({"one": RECALL, "other": other}, candidates=4).fit(world(), 1)
    # user 0: 0 1 2 3 and 2 3 4 1; user 1: 4 3 5 2 and 2 3 4 5
    assert scorer.candidates(EVERYONE).tolist() == [[0, 2, 1, 3], [4, 2, 3, 5]]


def test_the_ranker_is_asked_for_candidates_alone_and_orders_them():
    ranker = Fixed(RANKER.scores)
    scorer = TwoStage({"one": RECALL}, ranker, candidates=3).fit(world(), 1)
    grid = scorer.grid(EVERYONE, "implicit")
    assert sorted(ranker.asked) == [(0, 0), (0, 1), (0, 2), (1, 3), (1, 4), (1, 5)]
    assert np.argsort(-grid, axis=1)[:, :3].tolist() == [[2, 1, 0], [5, 3, 4]]
    assert grid[0, :3].tolist() == [0.1, 0.2, 0.3]
    assert (grid[0, 3:] < 0.1).all()


def test_without_a_ranker_the_order_is_that_of_recall():
    grid = TwoStage({"one": RECALL}, candidates=3).fit(world(), 1).grid(EVERYONE, "implicit")
    assert np.argsort(-grid, axis=1)[:, :3].tolist() == [[0, 1, 2], [4, 3, 5]]


def test_with_all_items_as_candidates_the_order_is_the_rankers():
    grid = TwoStage({"one": RECALL}, RANKER, candidates=6).fit(world(), 1).grid(EVERYONE, "implicit")
    for user, rated in ((0, 5), (1, 0)):
        order = [item for item in np.argsort(-grid[user]) if item != rated]
        assert order == [item for item in np.argsort(-RANKER.scores[user]) if item != rated]


def test_given_candidates_are_scored_by_the_ranker():
    scorer = TwoStage({"one": RECALL}, RANKER, candidates=1).fit(world(), 1)
    assert scorer.probabilities == ("rating",)
    assert (scorer.grid(EVERYONE, "rating") == RANKER.scores).all()
    assert scorer.pairs(np.array([1]), np.array([5]), "rating").tolist() == [0.6]


def test_a_user_who_rated_nearly_all_has_fewer_candidates():
    train = ratings([(0, item, 4) for item in range(5)] + [(1, 0, 4)], users=2, items=6)
    scorer = TwoStage({"one": RECALL}, RANKER, candidates=3).fit(train, 1)
    assert scorer.candidates(EVERYONE).tolist() == [[5, -1, -1], [4, 3, 5]]
    assert scorer.grid(EVERYONE, "implicit")[0].argmax() == 5


@pytest.mark.parametrize("index", [Exact(), Hnsw()])
def test_models_with_vectors_are_asked_by_an_index_and_give_what_their_scores_say(index: Any):
    rng = np.random.default_rng(1)
    users, items = (side / np.linalg.norm(side, axis=1, keepdims=True) for side in rng.normal(size=(2, 30, 4)))
    users, items = users.astype(np.float32), items.astype(np.float32)
    pairs = {(int(user), int(item)) for user, item in rng.integers(0, 30, (200, 2))}
    train = ratings([(*pair, 4) for pair in sorted(pairs)], users=30, items=30)
    by_index = TwoStage({"tower": Vectors(users, items)}, candidates=5, index=index).fit(train, 1)
    by_scores = TwoStage({"scores": Fixed(users @ items.T)}, candidates=5).fit(train, 1)
    everyone = np.arange(30)
    assert by_index.candidates(everyone).tolist() == by_scores.candidates(everyone).tolist()


def test_reranking_moves_an_item_like_the_first_one_down():
    genres = np.array([[1, 0], [1, 0], [0, 1], [1, 0], [0, 1], [0, 1]], np.uint8)
    train = world(genres)
    scorer = TwoStage({"one": RECALL}, candidates=3, diversity=0.6, reranked=2).fit(train, 1)
    # user 0: 0, then 1 (relevance 1/2, like 0) or 2 (relevance 0, unlike 0)
    assert np.argsort(-scorer.grid(EVERYONE, "implicit"), axis=1)[0, :3].tolist() == [0, 2, 1]


def test_reranking_is_refused_where_nothing_is_known_that_items_are_alike_by():
    with pytest.raises(DataError, match=r"expected items' genres, tag or texts.* got none; set model\.diversity=0"):
        TwoStage({"one": RECALL}, diversity=0.5).fit(world(), 1)
