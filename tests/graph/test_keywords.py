"""Sentences and words of texts of all kinds."""

from __future__ import annotations

import numpy as np

from recsys.graph.keywords import Keywords


def words(text: str) -> list[list[str]]:
    """Of each sentence."""
    found = Keywords.of([text], 1)
    return [
        [found.words[word] for word in found.word[found.sentence == sentence]]
        for sentence in range(int(found.sentence.max(initial=-1)) + 1)
    ]


def test_stop_words_numbers_and_single_letters_are_left_out_and_sentences_end_where_they_end():
    assert words("The Strings are warm, bright!  It's that I've bought 2 more; don't\nwait") == [
        ["strings", "warm", "bright"],
        ["bought"],
        ["don't"],
        ["wait"],
    ]


def test_markup_is_left_out_and_other_alphabets_are_read():
    assert words("<b>Guter</b>&nbsp;Klang<br/>überall &amp; laut") == [["guter", "klang", "überall", "laut"]]
    assert words("Хорошая гитара。音がいい") == [["хорошая", "гитара"], ["音がいい"]]


def test_a_word_of_fewer_texts_than_asked_is_no_word_of_the_vocabulary_but_keeps_its_place():
    found = Keywords.of(["warm tone tone", "", "warm buzz"], 2)
    assert found.words == ("warm",)
    assert (found.text.tolist(), found.word.tolist()) == ([0, 0, 0, 2, 2], [0, -1, -1, 0, -1])
    assert found.n_texts == 3


def test_neighbours_are_fewer_than_a_window_of_keywords_apart_and_of_one_sentence():
    found = Keywords.of(["alpha beta gamma. delta"], 1)
    assert sorted(zip(*(part.tolist() for part in found.neighbours(3)), strict=True)) == [(0, 1), (0, 2), (1, 2)]
    assert sorted(zip(*(part.tolist() for part in found.neighbours(2)), strict=True)) == [(0, 1), (1, 2)]


def test_texts_without_a_word_have_none_and_a_text_of_a_hundred_thousand_words_has_all():
    assert len(Keywords.of(["", "the 12 !"], 1).word) == 0
    assert len(Keywords.of([], 1).words) == 0
    long = Keywords.of(["alpha beta " * 50_000], 1)
    assert (long.words, len(long.word)) == (("alpha", "beta"), 100_000)
    first, second = long.neighbours(2)
    assert len(first) == 99_999
    assert (np.diff([first, second], axis=0) == 1).all()
