"""Documents of users and items."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.features.documents import Documents
from recsys.graph.keywords import Keywords

TEXTS = ("warm tone, warm neck", "loud buzz", "", "tone buzz hum")
# Owner 0 has texts 0 and 1, owner 1 none, owner 2 texts 1, 2 and 3.
OWNER, TEXT = np.array([0, 0, 2, 2, 2]), np.array([0, 1, 1, 2, 3])
SEED = 4  # with it, these owners' texts come in this order


def words(
    owners: list[int], left_out: list[int], most: int = 9, least: int = 1, *, stays: bool = False
) -> list[list[str]]:
    keywords = Keywords.of(TEXTS, 1)
    documents = Documents.of(keywords, OWNER, TEXT, 3, SEED, stays=stays)
    found = documents.batch(np.array(owners), np.array(left_out), most, least)
    assert found.shape[0] == len(owners)
    return [[keywords.words[word] for word in row if word < len(keywords.words)] for row in found.tolist()]


def test_a_document_is_the_words_of_all_texts_in_their_order():
    assert words([0, 1, 2], [-1, -1, -1]) == [
        ["warm", "tone", "warm", "neck", "loud", "buzz"],
        [],
        ["loud", "buzz", "tone", "buzz", "hum"],
    ]


def test_a_text_that_is_left_out_is_gone_and_the_words_behind_it_come_up():
    assert words([0, 0, 2], [0, 1, 3], most=3) == [["loud", "buzz"], ["warm", "tone", "warm"], ["loud", "buzz"]]


def test_a_word_that_is_frequent_by_the_text_left_out_alone_is_gone_with_it():
    # In two texts or more: tone (0, 3) and buzz (1, 3). Without text 3 they are in one.
    assert words([0, 2], [-1, -1], least=2) == [["tone", "buzz"], ["buzz", "tone", "buzz"]]
    assert words([0, 2], [3, 3], least=2) == [[], []]
    assert words([2], [0], least=2) == [["buzz", "buzz"]]


def test_a_word_of_a_text_that_others_have_still_is_as_frequent_as_before():
    assert words([0, 2], [3, 3], least=2, stays=True) == [["tone", "buzz"], ["buzz"]]


def test_of_a_document_that_is_cut_each_owner_has_texts_of_its_own_choice():
    texts = [f"word{chr(97 + one)}{chr(97 + two)}" for one in range(5) for two in range(5)]
    owner, text = np.repeat(np.arange(60), 25), np.tile(np.arange(25), 60)
    keywords = Keywords.of(texts, 1)
    first = Documents.of(keywords, owner, text, 60, 1).batch(np.arange(60), np.full(60, -1), 5, 1)
    assert len(np.unique(first)) == 25 and len(np.unique(first, axis=0)) > 10
    fewer = Documents.of(keywords, owner[text != 7], text[text != 7], 60, 1)
    without = Documents.of(keywords, owner, text, 60, 1).batch(np.arange(60), np.full(60, 7), 24, 1)
    assert fewer.batch(np.arange(60), np.full(60, -1), 24, 1).tolist() == without.tolist()


def test_texts_that_nobody_has_do_not_make_a_word_frequent():
    keywords = Keywords.of(TEXTS, 1)
    documents = Documents.of(keywords, np.array([0]), np.array([0]), 1, SEED)
    assert dict(zip(keywords.words, documents.text_count.tolist(), strict=True))["tone"] == 1


@pytest.mark.parametrize("owners", [[1], [1, 1]])
def test_documents_without_a_word_have_a_place_for_one(owners: list[int]):
    documents = Documents.of(Keywords.of(TEXTS, 1), OWNER, TEXT, 3, SEED)
    found = documents.batch(np.array(owners), np.full(len(owners), -1), 5, 1)
    assert found.tolist() == [[len(documents.text_count)]] * len(owners)
