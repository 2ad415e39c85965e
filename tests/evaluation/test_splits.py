"""Random, leave-one-out and fixed folds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from recsys.dataset import DataError, Dataset
from recsys.evaluation.splits import Cold, Folds, LeaveOneOut, Publisher, RandomSplit, Split, distinct, ids_digest
from tests.worlds import dense, ratings


def pairs(part: Dataset) -> set[tuple[int, int]]:
    return set(zip(part.interactions.user.tolist(), part.interactions.item.tolist(), strict=True))


def test_a_random_split_deals_every_row_to_exactly_one_side():
    world = dense(1)
    for split in RandomSplit(3, seed=1, share=0.2).splits(world):
        assert len(split.test.interactions) == round(0.2 * len(world.interactions))
        assert not pairs(split.train) & pairs(split.test)
        assert pairs(split.train) | pairs(split.test) == pairs(world)


def test_train_keeps_the_order_of_the_log():
    for split in RandomSplit(2, seed=1, share=0.3).splits(dense(1)):
        assert (np.diff(split.train.interactions.time) > 0).all()


def test_a_repeat_alone_equals_that_repeat_among_ten():
    world = dense(2)
    among = list(RandomSplit(10, seed=3, share=0.2).splits(world))[6]
    (alone,) = RandomSplit(10, seed=3, share=0.2, only=(7,)).splits(world)
    assert (alone.repeat, alone.seed, alone.digest) == (7, among.seed, among.digest)
    assert alone.train.fingerprint == among.train.fingerprint


def test_a_sample_is_split_like_a_smaller_data_set_and_drawn_anew_in_each_repeat():
    world = dense(2)
    found = list(RandomSplit(3, seed=1, share=0.25, sample=0.4).splits(world))
    kept = round(0.4 * len(world.interactions))
    for split in found:
        assert (len(split.test.interactions), len(split.train.interactions)) == (
            round(0.25 * kept),
            kept - round(0.25 * kept),
        )
        assert not pairs(split.train) & pairs(split.test)
        assert (np.diff(split.train.interactions.time) > 0).all()
    assert len({frozenset(pairs(split.train) | pairs(split.test)) for split in found}) == 3


def test_the_whole_sample_is_the_data_set():
    whole, sampled = (next(RandomSplit(1, seed=1, share=0.2, sample=part).splits(dense(2))) for part in (1, 0.999999))
    assert whole.digest == sampled.digest
    assert whole.train.fingerprint == sampled.train.fingerprint


def test_split_or_seed_can_be_held_as_they_are_in_repeat_1():
    world = dense(2)
    both, rows, seed = (
        list(RandomSplit(3, seed=1, share=0.2, varies=what).splits(world)) for what in ("both", "rows", "seed")
    )
    assert [split.digest for split in rows] == [split.digest for split in both]
    assert [split.seed for split in rows] == [both[0].seed] * 3
    assert [split.digest for split in seed] == [both[0].digest] * 3
    assert [split.seed for split in seed] == [split.seed for split in both]
    assert [split.repeat for split in seed] == [1, 2, 3]


def test_the_words_of_a_split_tell_all_that_decides_it():
    settings = [{}, {"sample": 0.5}, {"varies": "rows"}, {"varies": "seed"}, {"share": 0.3}, {"seed": 2}]
    words = [RandomSplit(**{"repeats": 2, "seed": 1, "share": 0.2, **one}).describe() for one in settings]
    assert len(set(words)) == len(settings)
    assert words[0] == "random, 0.2 of the ratings, seed 1"


def test_repeats_and_seeds_differ():
    world = dense(2)
    found: list[Split] = []
    for seed in (1, 2):
        found += RandomSplit(3, seed=seed, share=0.2).splits(world)
    assert len({split.digest for split in found}) == 6
    assert len({split.seed for split in found}) == 6


def test_every_row_is_held_out_as_often_as_any_other():
    # 400 repeats at a share of .25: each row's count is binomial with mean 100 and deviation 8.7.
    world = dense(3, users=5, items=20)
    counts = np.zeros((5, 20))
    for split in RandomSplit(400, seed=9, share=0.25).splits(world):
        counts[split.test.interactions.user, split.test.interactions.item] += 1
    held = counts[world.interactions.user, world.interactions.item]
    assert held.min() > 100 - 5 * 8.7
    assert held.max() < 100 + 5 * 8.7


@pytest.mark.parametrize("side", ["items", "users"])
def test_a_cold_split_holds_back_every_rating_of_a_fifth_of_one_side(side: str):
    world = dense(1, users=30, items=50)
    for split in Cold(3, seed=1, share=0.2, side=side).splits(world):
        train, test = (getattr(part.interactions, side[:-1]) for part in (split.train, split.test))
        assert len(set(test.tolist())) == {"items": 10, "users": 6}[side]
        assert not set(train.tolist()) & set(test.tolist())
        assert pairs(split.train) | pairs(split.test) == pairs(world)


def test_only_what_has_a_rating_is_drawn_as_cold():
    world = ratings([(0, 0, 1), (0, 9, 2), (1, 0, 3), (1, 9, 4)], 2, 10)
    held = {
        frozenset(split.test.interactions.item.tolist()) for split in Cold(9, 1, share=0.5, side="items").splits(world)
    }
    assert held == {frozenset([0]), frozenset([9])}


def test_every_item_is_cold_as_often_as_any_other():
    # 400 repeats at a share of .25: each item's count is binomial with mean 100 and deviation 8.7.
    world = dense(3, users=5, items=20)
    counts = np.zeros(20)
    for split in Cold(400, seed=9, share=0.25, side="items").splits(world):
        counts[np.unique(split.test.interactions.item)] += 1
    assert np.abs(counts - 100).max() < 5 * 8.7


def test_a_cold_repeat_alone_equals_that_repeat_among_ten_and_repeats_differ():
    world = dense(2)
    among = list(Cold(10, seed=3, share=0.2, side="users").splits(world))
    (alone,) = Cold(10, seed=3, share=0.2, side="users", only=(7,)).splits(world)
    assert (alone.repeat, alone.seed, alone.digest) == (7, among[6].seed, among[6].digest)
    assert len({split.digest for split in among}) == 10


def test_leave_one_out_takes_the_last_by_time_and_the_files_order_decides_equal_times():
    world = ratings(
        [(0, 0, 1), (0, 1, 2), (0, 2, 3), (1, 2, 4), (1, 0, 5), (2, 1, 3)], 3, 3, times=[9, 30, 10, 7, 7, 1]
    )
    (split,) = LeaveOneOut(1, seed=1).splits(world)
    assert pairs(split.test) == {(0, 1), (1, 0)}  # user 2 has one event alone, which stays in train
    assert (2, 1) in pairs(split.train)


def test_settings_are_chosen_on_the_last_events_but_one_without_the_last_ones_that_are_tested():
    rows = [(0, 0, 1), (0, 1, 2), (0, 2, 3), (1, 2, 4), (1, 0, 5), (2, 1, 3)]
    world = ratings(rows, 3, 3, times=[9, 30, 10, 7, 7, 1])
    (tested,), (chosen_on,) = LeaveOneOut().splits(world), LeaveOneOut(event="last_but_one").splits(world)
    assert pairs(chosen_on.test) == {(0, 2)}  # user 1 has one event left, which stays in train
    assert pairs(chosen_on.train) == pairs(tested.train) - {(0, 2)}
    assert "of the events before each user's last one" in LeaveOneOut(event="last_but_one").describe()


def test_leave_one_out_tells_how_much_of_train_is_later_and_how_many_users_the_files_order_decides():
    # Tested are (0, 1) of time 30 and (1, 0) of time 7, whose user rated two items in that second. Of the four train
    # ratings, of times 9, 10, 7 and 1, none is later than 30 and two are later than 7: the mean of 0 and 1/2.
    rows = [(0, 0, 1), (0, 1, 2), (0, 2, 3), (1, 2, 4), (1, 0, 5), (2, 1, 3)]
    (split,) = LeaveOneOut(1, seed=1).splits(ratings(rows, 3, 3, times=[9, 30, 10, 7, 7, 1]))
    assert split.facts["train_ratings_later_than_test"] == 0.25
    assert split.facts["users_tied_at_last_event"] == 0.5
    assert split.facts["test_ids"] == ids_digest(ratings([(1, 0, 1), (0, 1, 1)], 2, 2))


def test_copies_that_order_equal_times_in_another_way_have_another_hash_of_test_ids():
    rows = [(0, 0, 1), (0, 1, 2), (0, 2, 3)]
    copies = (ratings(rows, 1, 3, times=[1, 2, 2]), ratings([rows[2], rows[1], rows[0]], 1, 3, times=[2, 2, 1]))
    one, other = (next(LeaveOneOut().splits(copy)) for copy in copies)
    assert (pairs(one.test), pairs(other.test)) == ({(0, 2)}, {(0, 1)})
    assert one.facts["test_ids"] != other.facts["test_ids"]


def test_repeats_of_leave_one_out_share_the_split_and_differ_in_seed():
    first, second = LeaveOneOut(2, seed=1).splits(dense(1))
    assert first.digest == second.digest
    assert first.seed != second.seed


def test_where_times_are_each_users_order_nothing_is_said_of_what_is_later_among_users():
    # Of the same rows as above: positions 3 and 2 are of two users, and do not say which event came first.
    rows = [(0, 0, 1), (0, 1, 2), (0, 2, 3), (1, 2, 4), (1, 0, 5), (2, 1, 3)]
    world = replace(ratings(rows, 3, 3, times=[1, 3, 2, 1, 2, 1]), times="order")
    (split,) = LeaveOneOut(1, seed=1).splits(world)
    assert pairs(split.test) == {(0, 1), (1, 0)}
    assert split.facts == {"test_ids": ids_digest(ratings([(1, 0, 1), (0, 1, 1)], 2, 2))}


def test_the_publishers_split_tests_on_fold_1_and_trains_on_the_rest_in_every_repeat():
    world = ratings([(0, 0, 1), (0, 1, 2), (1, 0, 3), (1, 1, 4)], 2, 2, folds=[1, 0, 0, 1])
    one, two = Publisher(repeats=2, seed=1).splits(world)
    assert pairs(one.test) == pairs(two.test) == {(0, 0), (1, 1)}
    assert pairs(one.train) == pairs(two.train) == {(0, 1), (1, 0)}
    assert one.seed != two.seed
    assert not Publisher().resamples


@pytest.mark.parametrize(
    ("folds", "message"),
    [
        ([0, 0], "expected a train and a test set that come with the data, found none; use split=random"),
        ([1, 2], "expected a train and a test set that come with the data, found folds; use split=folds"),
    ],
)
def test_the_publishers_split_of_data_that_come_without_one_is_refused(folds: list[int], message: str):
    with pytest.raises(DataError, match=message):
        Publisher().split(ratings([(0, 0, 1), (1, 1, 2)], 2, 2, folds=folds), 1)


def test_folds_test_on_the_publishers_folds():
    world = ratings([(0, 0, 1), (0, 1, 2), (1, 0, 3), (1, 1, 4)], 2, 2, folds=[1, 2, 2, 1])
    one, two = Folds(repeats=2, seed=1).splits(world)
    assert pairs(one.test) == {(0, 0), (1, 1)}
    assert pairs(two.test) == {(0, 1), (1, 0)}


def test_without_times_any_event_of_each_user_is_left_out_with_the_same_chance_and_the_same_in_all_repeats():
    world = ratings([(user, item, 4) for user in range(300) for item in range(4)] + [(300, 0, 4)], 301, 4)
    first, second = LeaveOneOut(2, seed=1, event="random").splits(world)
    assert first.test.interactions.user.tolist() == list(range(300))  # who has one event stays in train
    assert np.bincount(first.test.interactions.item, minlength=4).min() > 75 - 5 * np.sqrt(300 * 3 / 16)
    assert first.digest == second.digest != next(LeaveOneOut(seed=2, event="random").splits(world)).digest
    assert set(first.facts) == {"test_ids"}
    assert LeaveOneOut(event="random").describe() == "leave-one-out, any event of each user, seed 1"


@pytest.mark.parametrize(
    ("splitter", "message"),
    [
        (Folds(repeats=5, seed=1), "expected official folds 1 to 5, found none; use split=random"),
        (LeaveOneOut(1, seed=1), "has no times, which leave-one-out needs"),
        (Cold(1, seed=1, share=0.2, side="items"), "a test share of 0.2 of 2 items leaves train or test empty"),
        (RandomSplit(1, seed=1, share=0.01), "a test share of 0.01 of 2 ratings leaves train or test empty"),
    ],
)
def test_a_split_that_the_data_cannot_give_is_refused(splitter: Cold | RandomSplit | Folds | LeaveOneOut, message: str):
    with pytest.raises(DataError, match=message):
        list(splitter.splits(ratings([(0, 0, 1), (1, 1, 2)], 2, 2)))


def test_repeats_that_do_not_exist_are_refused():
    with pytest.raises(ValidationError, match=r"expected distinct repeats from 1 to 3, got \[4\]"):
        RandomSplit(3, seed=1, share=0.2, only=(4,))


def test_a_share_of_one_is_refused():
    with pytest.raises(ValidationError, match="share"):
        RandomSplit(3, seed=1, share=1.0)


@pytest.mark.parametrize(
    ("splitter", "resamples"),
    [
        (RandomSplit(3), True),
        (RandomSplit(3, varies="rows"), True),
        (RandomSplit(3, varies="seed"), False),
        (LeaveOneOut(3), False),
    ],
    ids=["random", "rows", "seed", "leave_one_out"],
)
def test_a_splitter_resamples_where_its_repeats_have_other_test_rows(
    splitter: RandomSplit | LeaveOneOut, resamples: bool
):
    digests = {split.digest for split in splitter.splits(dense(1))}
    assert splitter.resamples == resamples
    assert len(digests) == (3 if resamples else 1)


def test_distinct_row_numbers_are_those_of_numpys_unique():
    rows = np.random.default_rng(0).integers(0, 50, 40, np.int32)
    assert distinct(rows).tolist() == np.unique(rows).tolist() and distinct(rows).dtype == rows.dtype
    assert distinct(np.zeros(0, np.int32)).tolist() == []
