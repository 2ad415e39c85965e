"""The k-core: who is left out, and what is left of everything that belongs to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from recsys.data.core import Core, core
from recsys.dataset import DataError, Dataset, Triples
from tests.toy_task import Source as Texts
from tests.worlds import ratings

# User 3 has one rating. Without it item 3 has one, and without item 3 user 2 has one.
CHAIN = [(0, 0, 5), (0, 1, 4), (1, 0, 3), (1, 1, 2), (2, 1, 1), (2, 3, 5), (3, 3, 4)]


def chain() -> Dataset:
    plain = ratings(CHAIN, 5, 5, times=range(7), folds=[1, 2, 1, 2, 1, 2, 1])  # user 4 and items 2 and 4 have none
    facts = Triples.of(np.array([1, 3, 5]), np.zeros(3), np.array([5, 5, 0]), ("Ann",), ("director",))
    return Dataset.of(
        "chain",
        plain.interactions,
        plain.users,
        plain.items,
        user_table={"age": np.array([20, 30, 40, 50, 60])},
        item_table={"genres": np.eye(5, dtype=np.uint8)},
        labels={"genres": tuple("abcde")},
        graph=facts,
    )


def test_leaving_out_goes_on_until_all_who_stay_have_enough():
    left = core(chain(), 2, 2)
    assert left.users.ids.tolist() == [100, 101]
    assert left.items.ids.tolist() == [500, 501]
    assert left.interactions.user.tolist() == [0, 0, 1, 1]
    assert left.interactions.item.tolist() == [0, 1, 0, 1]
    assert left.interactions.rating.tolist() == [5, 4, 3, 2]
    assert left.interactions.time.tolist() == [0, 1, 2, 3]
    assert left.interactions.fold.tolist() == [1, 2, 1, 2]


def test_tables_and_graph_stay_with_those_who_stay():
    left = core(chain(), 2, 2)
    assert left.user_table["age"].tolist() == [20, 30]
    assert left.item_table["genres"].tolist() == [[1, 0, 0, 0, 0], [0, 1, 0, 0, 0]]
    assert left.labels == {"genres": tuple("abcde")}
    graph = left.graph  # what was said of item 3 is gone; entities come after two items in place of five
    assert graph is not None
    assert (graph.head.tolist(), graph.tail.tolist()) == ([1, 2], [2, 0])


def test_what_was_left_out_is_told():
    assert core(chain(), 2, 2).facts == {
        "min_user": 2,
        "min_item": 2,
        "dropped_users": 3,
        "dropped_items": 3,
        "dropped_ratings": 3,
    }


def test_one_side_alone_loses_the_other_sides_members_without_a_rating_too():
    left = core(chain(), 0, 3)
    assert left.items.ids.tolist() == [501]
    assert left.users.ids.tolist() == [100, 101, 102]


def test_where_nobody_has_enough_that_is_an_error():
    with pytest.raises(
        DataError, match=r"chain: expected users of 3 ratings or more on items of 0 or more, found none"
    ):
        core(chain(), 3, 0)


@dataclass(frozen=True)
class Source:
    def load(self) -> Dataset:
        return chain()


def test_it_stands_around_any_loader_of_ratings():
    assert Core(Source(), min_user=2, min_item=2).load().fingerprint == core(chain(), 2, 2).fingerprint
    with pytest.raises(DataError, match="lessons has none; leave them out"):
        Core(Texts(), min_user=2).load()
