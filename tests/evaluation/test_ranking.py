"""Candidates, seen items, ties and top K."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Barrier

import numpy as np
import pytest

from recsys import thread_pool
from recsys.dataset import Array
from recsys.evaluation import ranking
from recsys.evaluation.protocols import Protocol
from recsys.evaluation.ranking import Rankings, ScoreError
from recsys.evaluation.splits import Split
from recsys.recommender import Objective, Scorer
from tests.worlds import ratings, split

RATED = Protocol("rated", "held_out", 4.0, "rating", (1, 2, 3))
FULL = Protocol("full", "unseen", 4.0, "implicit", (1, 2, 3))


@dataclass(frozen=True)
class Known:
    """A scorer of given scores, one matrix an objective."""

    rating: Array
    implicit: Array
    probabilities: tuple[Objective, ...] = ()

    def grid(self, users: Array, objective: Objective) -> Array:
        return (self.rating if objective == "rating" else self.implicit)[users]

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        return (self.rating if objective == "rating" else self.implicit)[users, items]


def rank(split: Split, protocol: Protocol, scorer: Scorer) -> Rankings:
    """The one block of a small world."""
    (block,) = ranking.rank(split, protocol, scorer)
    return block


ZERO = np.zeros((2, 4))
TRAIN = ratings([(0, 0, 5), (1, 1, 5), (1, 2, 2)], 2, 4)
SPLIT = split(TRAIN, [(0, 1, 5), (0, 3, 2), (1, 3, 4)])


def test_held_out_items_compete_under_rated_by_the_rating_score():
    scores = np.array([[9, 1, 8, 2], [9, 9, 9, 1]])
    lists = rank(SPLIT, RATED, Known(scores, ZERO))
    assert lists.users.tolist() == [0, 1]
    assert lists.items.tolist() == [[3, 1, -1], [3, -1, -1]]
    assert lists.scores[0].tolist() == [2, 1, -np.inf]
    assert lists.candidates.tolist() == [2, 1]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_several_threads_make_the_lists_of_one(count: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ranking, "AT_LEAST", 2)
    monkeypatch.setattr(ranking, "CHUNK", 4 * 7)
    monkeypatch.setattr(ranking, "BLOCK", 10)
    rng, started = np.random.default_rng(1), Barrier(count)
    scores = rng.integers(0, 3, (24, 7)).astype(np.float32)  # with ties
    world = split(ratings([(user, user % 7, 4) for user in range(24)], 24, 7), [(u, (u + 1) % 7, 5) for u in range(24)])

    class Slow(Known):
        def grid(self, users: Array, objective: Objective) -> Array:
            if users[0] < 2 * count:
                started.wait(timeout=60)  # for ever, if the threads did not work at the same time
            return super().grid(users, objective)

    alone = list(ranking.rank(world, FULL, Known(scores, scores)))
    with thread_pool.allowing(count):
        lists = list(ranking.rank(world, FULL, Slow(scores, scores)))
    assert [len(block.users) for block in lists] == [10, 10, 4]
    for one, other in zip(alone, lists, strict=True):
        assert (one.items == other.items).all()
        assert (one.scores == other.scores).all()


def test_unseen_items_compete_under_full_by_the_implicit_score():
    scores = np.array([[9, 1, 8, 2], [1, 9, 9, 2]])
    lists = rank(SPLIT, FULL, Known(ZERO, scores))
    assert lists.items.tolist() == [[2, 3, 1], [3, 0, -1]]
    assert lists.candidates.tolist() == [3, 2]


def test_users_without_a_held_out_rating_are_not_ranked():
    lists = rank(split(TRAIN, [(1, 3, 4)]), FULL, Known(ZERO, ZERO))
    assert lists.users.tolist() == [1]


def test_a_user_who_has_seen_everything_is_not_ranked_under_full():
    train = ratings([(0, 0, 5), (0, 1, 4), (1, 0, 3)], 2, 2)
    lists = rank(split(train, [(1, 1, 4)]), FULL, Known(ZERO[:, :2], ZERO[:, :2]))
    assert lists.users.tolist() == [1]
    full_house = ratings([(0, 0, 5), (0, 1, 4)], 1, 3)
    assert rank(split(full_house, [(0, 2, 4)]), FULL, Known(ZERO[:1, :3], ZERO[:1, :3])).candidates.tolist() == [1]


@pytest.mark.parametrize("protocol", [RATED, FULL])
def test_equal_scores_are_ordered_by_chance_and_not_by_id(protocol: Protocol):
    # 40 users, 5 candidates each with equal scores: over 300 seeds each of the five comes first a fifth of the time.
    train = ratings([(0, 5, 5)], 1, 6)
    test = [(0, item, 4) for item in range(5)]
    known = Known(np.zeros((1, 6)), np.zeros((1, 6)))
    first = [int(rank(split(train, test, seed), protocol, known).items[0, 0]) for seed in range(300)]
    counts = np.bincount(first, minlength=5)
    assert counts.sum() == 300
    assert counts.min() > 60 - 5 * np.sqrt(300 * 0.2 * 0.8)
    assert counts.max() < 60 + 5 * np.sqrt(300 * 0.2 * 0.8)


def test_ties_are_broken_alike_under_both_protocols_and_the_same_each_time():
    train = ratings([(0, 5, 5)], 1, 6)
    test = split(train, [(0, item, 4) for item in range(5)])
    known = Known(np.zeros((1, 6)), np.zeros((1, 6)))
    assert rank(test, RATED, known).items.tolist() == rank(test, FULL, known).items.tolist()


def test_ties_never_override_a_difference_in_score():
    scores = np.array([[0, 1.0, 1.0 + 1e-6, 1.0, 0.5]])
    train = ratings([(0, 0, 5)], 1, 5)
    for seed in range(20):
        lists = rank(split(train, [(0, 1, 4)], seed), FULL, Known(scores, scores))
        assert lists.items[0, 0] == 2
        assert set(lists.items[0, 1:].tolist()) == {1, 3}


@pytest.mark.parametrize("protocol", [RATED, FULL])
@pytest.mark.parametrize(("block", "chunk"), [(20, 2), (7, 2), (7, 30), (1, 1)])
def test_ranking_in_blocks_and_chunks_equals_ranking_at_once(
    protocol: Protocol, block: int, chunk: int, monkeypatch: pytest.MonkeyPatch
):
    rng = np.random.default_rng(1)
    train = ratings([(user, user % 7, 5) for user in range(20)], 20, 30)
    test = split(train, [(user, item, 4) for user in range(20) for item in range(8, 9 + user % 3)])
    known = Known(*rng.integers(0, 4, (2, 20, 30)).astype(float))
    whole = rank(test, protocol, known)
    for name, users in (("BLOCK", block), ("AT_LEAST", chunk), ("CHUNK", 30 * chunk)):
        monkeypatch.setattr(ranking, name, users)
    blocks = list(ranking.rank(test, protocol, known))
    assert [len(part.users) for part in blocks] == [min(block, 20 - at) for at in range(0, 20, block)]
    for part in ("users", "items", "scores", "candidates"):
        joined = np.concatenate([getattr(one, part) for one in blocks])
        assert joined.tolist() == getattr(whole, part).tolist()


@pytest.mark.parametrize("levels", [2, 5, 50, 10_000])
def test_lists_are_the_head_of_a_full_sort_however_many_scores_are_equal(levels: int):
    rng = np.random.default_rng(levels)
    scores = rng.integers(0, levels, (30, 400)).astype(np.float32)
    train = ratings([(user, int(rng.integers(400)), 5) for user in range(30)], 30, 400)
    given = split(train, [(user, 399 if train.interactions.item[user] != 399 else 0, 4) for user in range(30)])
    lists = rank(given, FULL, Known(scores, scores))
    place = np.random.default_rng(given.seed).permutation(400)
    for user in range(30):
        order = sorted(
            set(range(400)) - {int(train.interactions.item[user])}, key=lambda i: (-scores[user, i], place[i])
        )
        assert lists.items[user].tolist() == order[:3]


@pytest.mark.parametrize("protocol", [RATED, FULL])
def test_scores_that_are_not_numbers_are_refused(protocol: Protocol):
    bad = np.full((2, 4), np.nan)
    with pytest.raises(ScoreError, match="expected finite scores"):
        rank(SPLIT, protocol, Known(bad, bad))


def test_scores_of_the_wrong_shape_are_refused():
    with pytest.raises(ScoreError, match=r"expected scores of shape \(2, 4\), got \(2, 3\)"):
        rank(SPLIT, FULL, Known(ZERO, np.zeros((2, 3))))
