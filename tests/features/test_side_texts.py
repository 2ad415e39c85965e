"""Whose texts are whose, and what a row has to do without."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recsys.dataset import DataError, Dataset, Interactions
from recsys.features.side_texts import SideTexts
from recsys.graph.keywords import Keywords
from recsys.graph.word_graph import Limits, WordGraphs
from tests.worlds import ratings

ROWS = [(0, 0, 5.0), (0, 1, 2.0), (1, 1, 4.0), (1, 2, 5.0)]


def reviewed(*texts: str) -> Dataset:
    plain = ratings(ROWS, 3, 3)
    log = plain.interactions
    return replace(plain, interactions=Interactions.of(log.user, log.item, log.rating, text=texts))


def described(**table: list[str]) -> Dataset:
    return replace(ratings(ROWS, 3, 3), item_table={name: np.array(values, object) for name, values in table.items()})


def owned(of: SideTexts) -> dict[int, list[str]]:
    return {owner: [of.texts[text] for text in of.text[of.owner == owner]] for owner in sorted(set(of.owner.tolist()))}


def test_reviews_are_texts_of_their_user_and_of_their_item():
    of = SideTexts.of(reviewed("a", "b", "c", "d"), 4.0)
    assert owned(of) == {0: ["a", "b"], 1: ["c", "d"], 3: ["a"], 4: ["b", "c"], 5: ["d"]}


def test_without_reviews_an_items_text_is_its_description_or_title_and_a_users_those_of_what_was_liked():
    train = described(text=["x", "", "z"], title=["one", "two", "three"])
    assert owned(SideTexts.of(train, 4.0)) == {0: ["x"], 1: ["two", "z"], 3: ["x"], 4: ["two"], 5: ["z"]}
    assert owned(SideTexts.of(described(title=["one", "two", "three"]), 2.0))[0] == ["one", "two"]


def test_a_row_does_without_its_review_on_both_sides_and_without_a_description_on_the_users_alone():
    rows = np.array([2, 0])
    train = reviewed("a", "b", "c", "d")
    assert [part.tolist() for part in SideTexts.of(train, 4.0).left_out(train.interactions, rows)] == [[2, 0], [2, 0]]
    train, rows = described(text=["x", "y", "z"]), np.array([2, 0, 1])  # the last is no like
    found = SideTexts.of(train, 4.0).left_out(train.interactions, rows)
    assert [part.tolist() for part in found] == [[1, 0, -1], [-1, -1, -1]]


def test_rows_that_are_held_out_stand_in_nobodys_texts():
    held_out = np.array([False, True, False, True])
    for train, expected in (
        (reviewed("a", "b", "c", "d"), {0: ["a"], 1: ["c"], 3: ["a"], 4: ["c"]}),
        (described(text=["x", "y", "z"]), {0: ["x"], 1: ["y"], 3: ["x"], 4: ["y"], 5: ["z"]}),
    ):
        of = SideTexts.of(train, 4.0)
        owner, text = of.without(train.interactions, held_out)
        assert owned(replace(of, owner=owner, text=text)) == expected


def test_data_without_any_text_are_refused():
    with pytest.raises(DataError, match=r"expected reviews, or texts or titles of items, found none; "):
        SideTexts.of(ratings(ROWS, 3, 3), 4.0)
    with pytest.raises(DataError, match="found none"):
        SideTexts.of(described(title=["", "", ""]), 4.0)


def test_a_word_that_only_a_test_review_has_reaches_no_graph():
    data = reviewed("warm tone", "warm buzz", "planted word", "warm hum")
    train = data.take(np.array([0, 1, 3]))
    of = SideTexts.of(train, 4.0)
    graphs = WordGraphs.of(Keywords.of(of.texts, 1), of.owner, of.text, 6, 3, 1)
    found = graphs.batch(np.arange(6), np.full(6, -1), Limits(100, 100, 1))
    assert {graphs.words[word] for word in found.word} == {"warm", "tone", "buzz", "hum"}
    assert "planted" not in graphs.words
