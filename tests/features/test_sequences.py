"""Sequences and sentences by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recsys.dataset import Array
from recsys.features.masking import Masking
from recsys.features.sequences import Sequences, padded
from tests.worlds import ratings

LEVELS = np.array([1.0, 3.0, 5.0])


def sequences(*rows: tuple[int, int, float, int], users: int = 3, items: int = 9) -> Sequences:
    """Of (user, item, rating, time)."""
    world = ratings([row[:3] for row in rows], users, items, times=[row[3] for row in rows])
    return Sequences.of(world.interactions, users, items, LEVELS)


def outside(users: Array, profiles: Any) -> Array:
    """One kind: the profile itself."""
    return profiles.toarray()[:, None]


def masking(**changes: Any) -> Masking:
    plain = {"length": 32, "tokens": 64, "share": 0.5, "last": 0.0, "ratings": True, "blanks_too": True}
    return Masking(**plain | {"positions": True, "placed": 1.0} | changes)


def test_events_come_oldest_first_and_equal_times_in_the_logs_order():
    found = sequences((1, 4, 5, 20), (0, 1, 3, 9), (1, 2, 1, 10), (1, 3, 3, 10), (0, 5, 5, 8))
    assert found.item.tolist() == [5, 1, 2, 3, 4]
    assert found.rating.tolist() == [3, 2, 1, 2, 3]  # places among the levels, from 1
    assert found.lengths.tolist() == [2, 3, 0]


def test_only_events_of_one_user_and_time_change_places():
    found = sequences((0, 0, 1, 5), (0, 1, 1, 7), (0, 2, 3, 7), (0, 3, 1, 9), (1, 4, 1, 7))
    orders = {tuple(found.shuffled(np.random.default_rng(seed)).item.tolist()) for seed in range(20)}
    assert orders == {(0, 1, 2, 3, 4), (0, 2, 1, 3, 4)}
    other = found.shuffled(np.random.default_rng(0))
    assert dict(zip(other.item.tolist(), other.rating.tolist(), strict=True))[2] == 2  # its rating goes with it


def test_rows_are_the_events_before_a_place_then_padding():
    found = sequences((0, 0, 1, 1), (0, 1, 3, 2), (0, 2, 5, 3), (1, 7, 5, 1))
    item, rating, there = found.rows(np.array([3, 4]), np.array([2, 1]), 3)
    assert item.tolist() == [[1, 2, 0], [7, 0, 0]]
    assert rating.tolist() == [[2, 3, 0], [3, 0, 0]]
    assert there.tolist() == [[True, True, False], [True, False, False]]
    assert found.profiles(item, rating, there).toarray()[:, [1, 2, 7]].tolist() == [[3, 5, 0], [0, 0, 5]]


def test_padded_lengths_double_up_to_the_longest():
    assert padded(np.array([0, 1, 16, 17, 32, 33, 100, 500]), 100).tolist() == [16, 16, 16, 32, 32, 64, 100, 100]


def long(users: int = 6, events: int = 20) -> Sequences:
    rows = [(user, event, 3.0, event) for user in range(users) for event in range(events)]
    return sequences(*rows, users=users, items=events)


@pytest.mark.parametrize("blanks_too", [True, False])
def test_blanks_are_the_share_of_events_and_hide_the_item_they_are_asked_for(blanks_too: bool):
    (found,) = masking(blanks_too=blanks_too, tokens=200).epoch(long(), outside, np.random.default_rng(1))
    given = found.sentences
    for row in range(len(given.token)):
        asked, label = given.asked[row][found.weight[row] > 0], found.label[row][found.weight[row] > 0]
        assert len(asked) == 10  # half of 20
        assert label.tolist() == asked.tolist()  # event t is item t
        assert (given.token[row, asked] == 20).all()
        assert not given.seen[row, asked].any()
        assert (given.rating[row, asked] == (2 if blanks_too else 0)).all()
        assert given.seen[row].sum() == 10  # neither blanks nor padding
        assert given.position[row, :20].tolist() == list(range(19, -1, -1))
        assert (given.outside[row, 0, asked] == 0).all()  # others see the rest alone
        assert (given.outside[row, 0] > 0).sum() == 10


def test_blanks_without_a_place_share_a_position_of_their_own():
    (found,) = masking(placed=0.0, tokens=200).epoch(long(), outside, np.random.default_rng(1))
    given = found.sentences
    assert (given.position[given.token == 20] == 32).all()
    row, column = np.nonzero(given.seen)
    assert (given.position[row, column] == 19 - column).all()
    lessons = list(masking(placed=0.5).epoch(long(60), outside, np.random.default_rng(1)))
    blanks = np.concatenate([one.sentences.position[one.sentences.token == 20] for one in lessons])
    assert (blanks == 32).mean() == pytest.approx(0.5, abs=0.1)


def test_every_user_is_read_in_an_epoch_in_batches_of_one_shape():
    lessons = list(masking().epoch(long(users=7), outside, np.random.default_rng(1)))
    assert {lesson.sentences.token.shape for lesson in lessons} == {(2, 32)}
    assert len(lessons) == 4  # 7 users in twos, the last one with another again


def test_the_last_event_alone_is_the_blank_of_a_sentence_that_ends_anywhere():
    lessons = list(masking(last=1.0, length=16).epoch(long(60), outside, np.random.default_rng(1)))
    ends: set[int] = set()
    for lesson in lessons:
        assert lesson.label.shape[1] == 1
        for row in range(len(lesson.label)):
            label, seen = int(lesson.label[row, 0]), lesson.sentences.seen[row]
            assert lesson.sentences.position[row, lesson.sentences.asked[row, 0]] == 0
            before = lesson.sentences.token[row, seen].tolist()
            assert before == list(range(max(0, label - 15), label))
            ends.add(label)
    assert min(ends) <= 2
    assert max(ends) >= 18


def test_of_a_long_history_any_stretch_is_read():
    found: set[int] = set()
    for seed in range(20):
        for lesson in masking(length=16).epoch(long(), outside, np.random.default_rng(seed)):
            found |= set(lesson.label[lesson.weight > 0].tolist())
    assert found == set(range(20))


def test_something_is_always_seen():
    pair = sequences((0, 1, 3, 1), (0, 2, 3, 2))
    (found,) = masking(share=0.9).epoch(pair, outside, np.random.default_rng(1))
    assert found.weight.sum(axis=1).tolist() == [1.0] * len(found.weight)
    assert found.sentences.seen.sum(axis=1).tolist() == [1] * len(found.weight)
