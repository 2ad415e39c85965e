"""Held-out items among items drawn at random."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.dataset import Array
from recsys.evaluation import ranking
from recsys.evaluation.measurement import measure
from recsys.evaluation.protocols import Protocol
from recsys.evaluation.sampled_negatives import Candidates
from recsys.evaluation.splits import LeaveOneOut, Split, of_some_users
from recsys.recommender import ItemScorer
from tests.evaluation.test_ranking import Known
from tests.worlds import dense, ratings, split

# User 0 rated items 1 and 4 in train, item 2 in test; user 1 items 0, 3; user 2 all but 5.
TRAIN = ratings([(0, 1, 5), (0, 4, 2), (1, 0, 3), *((2, item, 4) for item in range(4))], 3, 6)
SPLIT = split(TRAIN, [(0, 2, 1), (1, 3, 5), (2, 4, 5)])


def sampled(negatives: int, *cutoffs: int) -> Protocol:
    return Protocol("sampled", "sampled", 0.0, "implicit", cutoffs or (1, 2, 3), negatives=negatives)


def of(split: Split, negatives: int) -> dict[int, list[int]]:
    competing = Candidates.of(split, negatives)
    return {user: sorted(competing.negatives(user).tolist()) for user in range(len(split.train.users))}


def test_negatives_are_items_that_the_user_rated_neither_in_train_nor_in_test():
    assert of(SPLIT, 5) == {0: [0, 3, 5], 1: [1, 2, 4, 5], 2: [5]}
    user, item = Candidates.of(SPLIT, 5).pairs(np.array([0, 2]))
    assert user.tolist() == [0, 0, 0, 0, 2, 2]
    assert sorted(item[:4].tolist()) == [0, 2, 3, 5]
    assert sorted(item[4:].tolist()) == [4, 5]


def test_so_many_distinct_ones_are_drawn_and_each_unrated_item_as_often_as_any_other():
    seeds = range(400)
    drawn = [of(split(TRAIN, [(0, 2, 1), (1, 3, 5)], seed), 2)[1] for seed in seeds]
    assert {len(set(items)) for items in drawn} == {2}
    counts = np.bincount(np.concatenate(drawn), minlength=6)  # 200 each in the mean, with a deviation of 10
    assert counts[[0, 3]].tolist() == [0, 0]
    assert np.abs(counts[[1, 2, 4, 5]] - 200).max() < 50


def test_a_users_negatives_depend_on_seed_and_user_alone():
    world = LeaveOneOut().split(dense(1, 40, 300, 0.1), 1)
    whole, some = of(world, 20), of_some_users(world, 7)
    for user in np.unique(some.test.interactions.user).tolist():
        assert sorted(Candidates.of(some, 20).negatives(user).tolist()) == whole[user]
    other_seed = of(Split(2, world.seed + 1, world.train, world.test), 20)
    assert all(whole[user] != other_seed[user] for user in whole)


def test_the_held_out_item_is_ranked_among_its_candidates_alone():
    # Item 5 leads everywhere but for user 0, whom it is out of: hers are 2, held out, and 0 and 3.
    scores = np.array([[9, 99, 8, 7, 99, 0], [0, 1, 2, 3, 4, 5], [0, 0, 0, 0, 1, 2]], float)
    (lists,) = ranking.rank(SPLIT, sampled(5), Known(scores, scores))
    assert lists.items.tolist() == [[0, 2, 3], [5, 4, 3], [5, 4, -1]]
    assert lists.candidates.tolist() == [4, 5, 2]
    measured = measure(SPLIT, sampled(5), Known(scores, scores))
    assert measured.curves["hit_rate"].tolist() == [0, 2 / 3, 1]
    assert measured.curves["ndcg"][1] == pytest.approx(2 / 3 / np.log2(3))


def test_a_sample_as_large_as_the_catalogue_is_full_ranking():
    world = LeaveOneOut().split(dense(2), 1)
    scores = np.random.default_rng(3).integers(0, 9, (40, 60)).astype(float)
    whole = measure(world, Protocol("next_item", "unseen", 0.0, "implicit", (1, 5, 10)), Known(scores, scores))
    both = measure(world, sampled(60, 1, 5, 10), Known(scores, scores))
    assert {name: values.tolist() for name, values in both.curves.items()} == {
        name: values.tolist() for name, values in whole.curves.items()
    }


def test_a_model_far_from_the_top_of_all_items_is_at_the_top_of_a_small_sample():
    # 30 of 1,000 items score above the held-out one: among 9 others, none of them is there 3 times out of 4.
    world = split(ratings([(user, 999, 5) for user in range(300)], 300, 1000), [(user, 500, 5) for user in range(300)])
    scorer = ItemScorer(np.where(np.arange(1000) < 30, 2.0, np.arange(1000) == 500).astype(np.float32))
    whole = measure(world, Protocol("next_item", "unseen", 0.0, "implicit", (1,)), scorer)
    assert whole.curves["hit_rate"] == [0]
    assert measure(world, sampled(9, 1), scorer).curves["hit_rate"][0] == pytest.approx(0.76, abs=0.08)


@pytest.mark.parametrize("chunk", [1, 50, 10_000])
def test_users_are_ranked_some_at_a_time_with_the_same_lists(chunk: int, monkeypatch: pytest.MonkeyPatch):
    world = LeaveOneOut().split(dense(4), 1)
    asked: list[int] = []

    class Counting(Known):
        def pairs(self, users: Array, items: Array, objective: str) -> Array:
            asked.append(len(users))
            return super().pairs(users, items, "implicit")

    scores = np.random.default_rng(5).random((40, 60))
    (whole,) = ranking.rank(world, sampled(10), Known(scores, scores))
    monkeypatch.setattr(ranking, "CHUNK", chunk)
    blocks = list(ranking.rank(world, sampled(10), Counting(scores, scores)))
    assert np.concatenate([block.items for block in blocks]).tolist() == whole.items.tolist()
    assert max(asked) <= max(11, chunk)


def test_their_number_is_in_the_stamp_and_in_that_of_no_other_protocol():
    stamp = sampled(7).stamp()
    assert stamp["negatives"] == 7
    assert stamp["candidates"] == "sampled"
    assert "negatives" not in Protocol("full", "unseen", 4.0, "implicit").stamp()


def test_a_warning_stands_where_it_is_described():
    assert "can order models otherwise than full ranking does" in sampled(7).describe()


def test_a_number_of_negatives_goes_with_sampled_candidates_alone():
    for candidates, negatives in (("sampled", None), ("unseen", 5)):
        with pytest.raises(ValueError, match="expected a number of negatives with candidates=sampled and none otherw"):
            Protocol("odd", candidates, 0.0, "implicit", negatives=negatives)
