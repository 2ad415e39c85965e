"""Walk-forward splits at moments of the whole log, worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from recsys.dataset import DataError, Dataset, Interactions, Vocabulary
from recsys.evaluation.global_time import GlobalTime
from recsys.evaluation.splits import Split
from tests.worlds import dense, ratings

ROWS = [(0, 0), (0, 1), (1, 0), (1, 2), (2, 0), (0, 3), (3, 1), (1, 4)]
TIMES = [1, 2, 3, 4, 4, 5, 6, 7]


@pytest.fixture
def world() -> Dataset:
    """In the order of a source that is not that of time."""
    order = [5, 0, 7, 3, 1, 6, 4, 2]
    return ratings([(*ROWS[row], 4.0) for row in order], 4, 5, times=[TIMES[row] for row in order])


def pairs(part: Dataset) -> set[tuple[int, int]]:
    return set(zip(part.interactions.user.tolist(), part.interactions.item.tolist(), strict=True))


def test_each_repeat_trains_before_its_moment_and_tests_up_to_the_next(world: Dataset):
    # The ratings at a quarter, a half and three quarters of the way are those of times 3, 4 and 6.
    first, second, third = GlobalTime(moments=(0.25, 0.5, 0.75)).splits(world)
    assert (pairs(first.train), pairs(first.test)) == (set(ROWS[:2]), set(ROWS[2:3]))
    assert (pairs(second.train), pairs(second.test)) == (set(ROWS[:3]), set(ROWS[3:6]))  # both ratings of time 4
    assert (pairs(third.train), pairs(third.test)) == (set(ROWS[:6]), set(ROWS[6:]))
    assert [split.repeat for split in (first, second, third)] == [1, 2, 3]


def test_new_users_and_items_stay_in_the_test_set_and_are_counted(world: Dataset):
    second, third = list(GlobalTime(moments=(0.25, 0.5, 0.75)).splits(world))[1:]
    # Test (1, 2), (2, 0), (0, 3) after (0, 0), (0, 1), (1, 0): user 2, and items 2 and 3, are new.
    assert {name: value for name, value in second.facts.items() if name != "test_ids"} == {
        "moment": "1970-01-01T00:00:04",
        "until": "1970-01-01T00:00:06",
        "test_ratings": 3,
        "of_new_users": 1,
        "of_new_items": 2,
        "test_users": 3,
        "new_users": 1,
        "test_items": 3,
        "new_items": 2,
    }
    assert (third.facts["of_new_users"], third.facts["new_users"], third.facts["new_items"]) == (1, 1, 1)
    assert "until" not in third.facts


def test_the_hash_of_the_test_ids_is_that_of_the_pairs_whatever_the_order_of_the_source():
    def copy(user_ids: list[int], item_ids: list[str], rows: list[tuple[int, int]], times: list[int]) -> Split:
        user, item = np.array(rows).T
        interactions = Interactions.of(user, item, np.full(len(rows), 4.0), np.array(times))
        data = Dataset.of("copy", interactions, Vocabulary.of(user_ids), Vocabulary.of(item_ids))
        return GlobalTime(moments=(0.5,)).split(data, 1)

    one = copy([1, 2], ["a", "b"], [(0, 0), (1, 1), (0, 1), (1, 0)], [1, 2, 3, 4])
    turned = copy([2, 1], ["b", "a"], [(0, 1), (1, 0), (0, 0), (1, 1)], [4, 3, 2, 1])
    other = copy([1, 2], ["a", "b"], [(0, 0), (1, 1), (0, 1), (1, 0)], [1, 3, 2, 4])
    assert one.facts["test_ids"] == turned.facts["test_ids"] != other.facts["test_ids"]


def test_no_train_rating_is_as_late_as_a_test_rating():
    for split in GlobalTime().splits(dense(1)):
        assert split.train.interactions.time.max() < split.test.interactions.time.min()


def test_the_first_moments_alone_or_one_of_them_are_those_among_all(world: Dataset):
    among = list(GlobalTime(moments=(0.25, 0.5, 0.75)).splits(world))
    first = list(GlobalTime(moments=(0.25, 0.5, 0.75), repeats=2).splits(world))
    (second,) = GlobalTime(moments=(0.25, 0.5, 0.75), only=(2,)).splits(world)
    assert [split.facts for split in first] == [split.facts for split in among[:2]]
    assert (second.facts, second.seed, second.digest) == (among[1].facts, among[1].seed, among[1].digest)


def test_its_repeats_are_no_resamples():
    assert not GlobalTime().resamples


def test_its_words_tell_the_moments():
    assert GlobalTime(moments=(0.5, 0.8)).describe() != GlobalTime(moments=(0.5, 0.9)).describe()
    assert GlobalTime(moments=(0.5, 0.8), repeats=1).describe() == GlobalTime(moments=(0.5, 0.8)).describe()


@pytest.mark.parametrize(
    ("times", "moments", "message"),
    [
        ([0, 0, 0, 0], (0.5,), "has no times, which split=global_time needs; use split=random"),
        ([7, 7, 7, 8], (0.5,), r"moment 0\.5 is the time of the first rating, which leaves train empty"),
        ([1, 7, 7, 8], (0.3, 0.5), r"moments 0\.3 and 0\.5 are of the same time, which leaves the test set between"),
    ],
)
def test_moments_that_leave_train_or_test_empty_are_refused(times: list[int], moments: tuple[float, ...], message: str):
    data = ratings([(user, 0, 4.0) for user in range(4)], 4, 1, times=times)
    with pytest.raises(DataError, match=message):
        list(GlobalTime(moments=moments).splits(data))


def test_times_that_are_each_users_order_are_refused(world: Dataset):
    with pytest.raises(
        DataError, match="expected time stamps, which split=global_time compares between users, got each"
    ):
        GlobalTime().split(replace(world, times="order"), 1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"moments": (0.5, 0.4)}, r"expected ascending moments, got \[0\.5, 0\.4\]"),
        ({"moments": (0.5, 0.5)}, r"expected ascending moments, got \[0\.5, 0\.5\]"),
        ({"repeats": 6}, "expected at most 5 repeats, one for each of the moments, got 6"),
        ({"repeats": 2, "only": (3,)}, r"expected distinct repeats from 1 to 2, got \[3\]"),
        ({"only": (1, 1)}, r"expected distinct repeats from 1 to 5, got \[1, 1\]"),
        ({"only": ()}, r"expected distinct repeats from 1 to 5, got \[\]"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], message: str):
    with pytest.raises(ValueError, match=message):
        GlobalTime(**settings)
    with pytest.raises(ValidationError):
        GlobalTime(moments=(1.0,))
