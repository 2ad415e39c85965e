"""Who is locked away follows from ids alone; no split for choosing holds a rating of theirs."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from recsys.dataset import DataError, Dataset, Vocabulary
from recsys.evaluation.locked_users import SALT, Count, Locked, Tuning, locked
from recsys.evaluation.splits import RandomSplit, ids_digest
from tests.worlds import dense, ratings


def test_a_user_is_locked_where_the_hash_of_the_id_is_in_the_lowest_tenth():
    users = Vocabulary.of(range(1, 2001))
    hashes = [hashlib.sha256(f"{SALT}{id_}".encode()).hexdigest() for id_ in range(1, 2001)]
    expected = [int(text[:16], 16) < 0.1 * 2**64 for text in hashes]
    assert locked(users).tolist() == expected
    assert abs(np.mean(expected) - 0.1) < 0.02


def test_who_is_locked_depends_on_neither_the_order_nor_the_other_users():
    whole, some = Vocabulary.of(range(1000)), Vocabulary.of([7, 501, 12, 88, 3])
    assert locked(some).tolist() == locked(whole)[[7, 501, 12, 88, 3]].tolist()


def test_the_locked_users_of_ml_100k_are_these():
    """Another salt or another hash would open users to whom settings must stay blind, unnoticed."""
    assert (np.flatnonzero(locked(Vocabulary.of(range(1, 944))))[:6] + 1).tolist() == [2, 5, 17, 25, 35, 48]
    assert locked(Vocabulary.of(range(1, 944))).sum() == 101


def test_a_larger_share_locks_the_same_users_and_more():
    users = Vocabulary.of(range(500))
    assert not (locked(users, 0.1) & ~locked(users, 0.3)).any()
    assert locked(users, 0.3).sum() > locked(users, 0.1).sum()


def world() -> Dataset:
    return dense(1, users=200, items=30)


def test_tuning_splits_the_ratings_of_all_other_users_at_random():
    data = world()
    mask = locked(data.users)
    split = Tuning(repeats=2).split(data, 2)
    rest = data.take(~mask[data.interactions.user])
    alone = RandomSplit(repeats=2).split(rest, 2)
    assert mask.any() and not mask[split.train.interactions.user].any() and not mask[split.test.interactions.user].any()
    assert len(split.train) + len(split.test) == len(rest)
    assert (split.digest, split.seed) == (alone.digest, alone.seed)
    assert [one.digest for one in Tuning(repeats=2).splits(data)][1] == split.digest


def test_locked_tests_the_last_fifth_of_each_locked_user_and_trains_on_all_else():
    data = world()
    split = Locked().split(data, 1)
    mask, log, test = locked(data.users), data.interactions, split.test.interactions
    assert set(test.user.tolist()) == set(np.flatnonzero(mask).tolist())
    assert len(split.train) + len(split.test) == len(data)
    for user in np.flatnonzero(mask):
        own = np.sort(log.time[log.user == user])
        held_out = max(1, round(0.2 * len(own)))
        assert np.sort(test.time[test.user == user]).tolist() == own[-held_out:].tolist()


def test_one_rating_at_least_is_held_out_equal_times_keep_the_files_order_and_a_single_rating_stays_in_train():
    rows = [(0, 3, 5.0), (0, 1, 4.0), (0, 2, 3.0), (1, 0, 2.0)]
    data = ratings(rows, 2, 4, times=[9, 9, 9, 9])
    split = Locked(locked_share=0.999999).split(data, 1)
    assert list(zip(split.test.interactions.user, split.test.interactions.item, strict=True)) == [(0, 2)]


def test_one_rating_at_least_stays_in_train_however_large_the_share():
    data = ratings([(0, 3, 5.0), (0, 1, 4.0), (0, 2, 3.0)], 1, 4, times=[1, 2, 3])
    split = Locked(share=0.99, locked_share=0.999999).split(data, 1)
    assert split.train.interactions.item.tolist() == [3] and split.test.interactions.item.tolist() == [1, 2]


def test_the_facts_count_the_test_and_the_users_for_whom_the_files_order_decides_it():
    rows = [(0, 0, 5.0), (0, 1, 4.0), (1, 0, 3.0), (1, 1, 2.0), (2, 0, 2.0)]
    split = Locked(locked_share=0.999999).split(ratings(rows, 3, 2, times=[7, 7, 7, 8, 9]), 1)
    assert split.facts == {
        "test_users": 2,
        "test_ratings": 2,
        "users_tied_at_cut": 0.5,  # user 0, both of whose ratings are of time 7
        "test_ids": ids_digest(split.test),
    }


def test_repeats_of_the_locked_users_have_one_test_set_and_seeds_of_their_own():
    splits = list(Locked(repeats=3).splits(world()))
    assert len({split.digest for split in splits}) == 1 and len({split.seed for split in splits}) == 3
    assert not Locked().resamples and Tuning().resamples
    assert [split.repeat for split in Locked(only=(2,)).splits(world())] == [2]


def test_how_much_is_locked_is_counted_and_said():
    data = world()
    mask = locked(data.users)
    count = Count.of(data)
    assert (count.users, count.of_users) == (mask.sum(), 200)
    assert count.ratings == mask[data.interactions.user].sum()
    assert count.describe().startswith(f"{mask.sum()} of 200 users ({mask.mean():.1%}), with ")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (ratings([(0, 0, 5.0), (0, 1, 4.0)], 1, 2), "no times, which split=locked needs"),
        (ratings([(0, 0, 5.0), (0, 1, 4.0)], 1, 2, times=[1, 2]), "expected locked users with two ratings"),
    ],
    ids=["no times", "nobody"],
)
def test_data_without_times_or_without_locked_users_are_refused(data: Dataset, words: str):
    with pytest.raises(DataError, match=words):
        Locked(locked_share=1e-9).split(data, 1)


def test_data_whose_users_are_all_locked_leave_nothing_to_choose_by():
    with pytest.raises(DataError, match="expected users that are not locked"):
        Tuning(locked_share=1 - 1e-12).split(world(), 1)
