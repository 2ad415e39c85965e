"""Collaborative filtering by queries, by hand."""

from __future__ import annotations

import pytest

from recsys.models.cf import Cf
from recsys.retriever import Judged
from recsys.text.tfidf import TfIdf
from recsys.texts import Corpus

QUERIES = {"p": "wing flow", "q": "wing", "r": "heat"}
ITEMS = {name: ("", f"text {name}") for name in "abc"}
TRAIN = Corpus.of("x", QUERIES, ITEMS, [("p", "a", 2.0), ("q", "a", 1.0), ("q", "b", 1.0), ("r", "c", 3.0)])


def test_a_score_is_the_sum_of_the_neighbours_grades_times_their_cosines():
    cosine = TfIdf.fit(TRAIN.query_texts).vectors(["wing", *TRAIN.query_texts]).toarray()
    to_p = float(cosine[0] @ cosine[1])
    assert 0 < to_p < 1
    scores = Cf().fit(Judged(TRAIN, TRAIN), 1).scores(["wing"])[0]
    assert scores == pytest.approx([2 * to_p + 1, 1, 0])


def test_only_the_nearest_queries_count():
    scores = Cf(n_neighbors=1).fit(Judged(TRAIN, TRAIN), 1).scores(["wing", "unheard"])
    assert scores[0] == pytest.approx([1, 1, 0])
    assert scores[1].tolist() == [0, 0, 0]


def test_the_items_texts_are_not_read():
    blank = Corpus.of("x", QUERIES, dict.fromkeys("abc", ("", "")), [("p", "a", 2.0)])
    assert Cf().fit(Judged(blank, blank), 1).scores(["wing flow text"])[0].argmax() == 0
