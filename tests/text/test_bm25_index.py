"""BM25 of texts, against the formula."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.dataset import DataError
from recsys.text.bm25 import Bm25Index

TEXTS = ("Flow past wings, flow.", "heat of the wings", "cold")


def test_a_score_is_the_formulas_and_a_word_that_is_asked_twice_counts_twice():
    index = Bm25Index.of(TEXTS, k1=0.9, b=0.4)
    # Words without stop words: flow past wings flow (4), heat wings (2), cold (1); mean 7/3. n = 3.
    idf = {"flow": np.log1p((3 - 1 + 0.5) / 1.5), "wings": np.log1p((3 - 2 + 0.5) / 2.5)}

    def weight(count: int, length: int) -> float:
        return count / (count + 0.9 * (1 - 0.4 + 0.4 * length / (7 / 3)))

    flow = [idf["flow"] * weight(2, 4), 0, 0]
    wings = [idf["wings"] * weight(1, 4), idf["wings"] * weight(1, 2), 0]
    scores = index.scores(["FLOW of wings!", "wings wings"])
    assert scores[0] == pytest.approx(np.add(flow, wings), rel=1e-5)
    assert scores[1] == pytest.approx(np.multiply(2, wings), rel=1e-5)


def test_words_that_no_text_has_add_nothing():
    index = Bm25Index.of(TEXTS)
    assert (index.scores(["unheard", "", "the of"]) == 0).all()
    assert index.scores(["cold unheard"]).tolist() == index.scores(["cold"]).tolist()
    assert index.scores([]).shape == (0, 3)


def test_texts_without_a_word_are_refused():
    with pytest.raises(DataError, match="expected texts with words, got 2 without one"):
        Bm25Index.of(["", "of the"])


def test_a_stemmer_goes_over_texts_and_queries():
    index = Bm25Index.of(TEXTS, stemmer="english")
    assert (index.scores(["wing"]) > 0).tolist() == [[True, True, False]]
    assert index.scores(["wings"]).tolist() == index.scores(["wing"]).tolist()
    with pytest.raises(DataError, match=r"model\.stemmer: expected one of .*english.*, got 'klingon'"):
        Bm25Index.of(TEXTS, stemmer="klingon")
