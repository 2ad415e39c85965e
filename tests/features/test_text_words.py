"""Words of texts by number, worked out by hand."""

from __future__ import annotations

import numpy as np

from recsys.features.text_words import MASKED, TextWords, words_of

TEXTS = ["The graph of graphs: a Graph!", "deep graph, deep nets", ""]


def test_words_are_runs_of_two_letters_or_more_in_lower_case_without_stop_words():
    assert list(words_of("The GRAPH of a_1 x, and 42 ужасы 図書 館")) == ["graph", "a_1", "42", "ужасы", "図書"]
    assert list(words_of("the of and")) == []


def test_the_most_frequent_words_are_kept_and_of_equal_ones_the_first_in_the_alphabet():
    assert TextWords.of(TEXTS, 10).words == ("graph", "deep", "graphs", "nets")
    assert TextWords.of(TEXTS, 3).words == ("graph", "deep", "graphs")


def test_other_words_are_passed_over_and_a_text_is_cut_after_the_words_that_are_read():
    words = TextWords(("graph", "deep"))
    encoded = words.encode(["a new graph, deep", "unknown", "deep graph deep"], limit=2)
    assert encoded.words.tolist() == [1, 2, 2, 1]
    assert encoded.lengths.tolist() == [2, 0, 2]
    assert words.encode(["deep " * 1_000_000], limit=500).lengths.tolist() == [500]
    assert words.encode([]).lengths.tolist() == []


def test_texts_are_padded_to_the_longest_or_to_what_is_asked_for():
    encoded = TextWords(("graph", "deep")).encode(["graph", "", "deep deep graph"])
    assert encoded.padded(np.array([0, 2])).tolist() == [[1, MASKED, MASKED], [2, 2, 1]]
    assert encoded.padded(np.array([1])).tolist() == [[MASKED]]
    assert encoded.padded(np.array([2, 2]), 4).tolist() == [[2, 2, 1, MASKED]] * 2


def test_texts_are_taken_by_their_rows_in_any_order():
    texts = TextWords(("graph", "deep", "user")).encode(["graph deep", "", "user", "deep deep graph"])
    taken = texts.take(np.array([3, 1, 0]))
    assert taken.lengths.tolist() == [3, 0, 2]
    assert taken.words.tolist() == [2, 2, 1, 1, 2]
    assert texts.take(np.zeros(0, int)).lengths.tolist() == []
