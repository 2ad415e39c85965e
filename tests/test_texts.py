"""The data of tasks on text."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recsys.dataset import DataError
from recsys.texts import Corpus, LabelledTexts, TaggedSentences

QUERIES = {"q1": "how cells divide", "q2": "prime numbers"}
ITEMS = {"a": ("Mitosis", "A cell divides."), "b": ("Primes", "Two, three, five."), "c": ("", "Nothing.")}


def test_a_corpus_knows_its_judgements_by_row_and_its_content_by_its_fingerprint():
    corpus = Corpus.of("lessons", QUERIES, ITEMS, [("q1", "a", 2.0), ("q2", "b", 1.0)])
    assert (corpus.query.tolist(), corpus.item.tolist(), corpus.grade.tolist()) == ([0, 1], [0, 1], [2, 1])
    assert corpus.sizes == {"queries": 2, "items": 3, "relevance judgements": 2}
    again = Corpus.of("other", QUERIES, ITEMS, [("q1", "a", 2.0), ("q2", "b", 1.0)])
    assert corpus.fingerprint == again.fingerprint
    assert corpus.fingerprint != Corpus.of("lessons", QUERIES, ITEMS, [("q1", "a", 1.0), ("q2", "b", 1.0)]).fingerprint
    assert corpus.fingerprint != replace(corpus, texts=("x", *corpus.texts[1:])).fingerprint


def test_chosen_queries_keep_their_texts_and_judgements_and_all_items_stay():
    corpus = Corpus.of("lessons", QUERIES, ITEMS, [("q1", "a", 2.0), ("q2", "b", 1.0), ("q2", "c", 3.0)])
    turned = corpus.of_queries(np.array([1, 0]))
    assert turned.queries.ids.tolist() == ["q2", "q1"]
    assert turned.query_texts == ("prime numbers", "how cells divide")
    assert (turned.query.tolist(), turned.item.tolist(), turned.grade.tolist()) == ([1, 0, 0], [0, 1, 2], [2, 1, 3])
    alone = corpus.of_queries(np.array([1]))
    assert (alone.query.tolist(), alone.item.tolist()) == ([0, 0], [1, 2])
    assert alone.items is corpus.items


def test_the_parts_of_a_publisher_go_with_the_queries_and_make_other_data():
    judged = [("q1", "a", 2.0), ("q2", "b", 1.0)]
    corpus = Corpus.of("lessons", QUERIES, ITEMS, judged, parts={"q1": "test", "q2": "train"})
    assert corpus.part is not None
    assert corpus.part.tolist() == [2, 0]
    turned = corpus.of_queries(np.array([1, 0])).part
    assert turned is not None
    assert turned.tolist() == [0, 2]
    assert corpus.fingerprint != Corpus.of("lessons", QUERIES, ITEMS, judged).fingerprint


def test_a_document_is_title_and_text_of_an_item_where_it_has_both():
    corpus = Corpus.of("lessons", QUERIES, ITEMS, [("q1", "a", 2.0)])
    assert corpus.documents == ("Mitosis A cell divides.", "Primes Two, three, five.", "Nothing.")


@pytest.mark.parametrize(
    ("relevance", "said"),
    [
        ([], "expected at least one relevant item, got none"),
        ([("q1", "z", 1.0)], "relevance names the item 'z', which is not among the item ids"),
        ([("q9", "a", 1.0)], "relevance names the query 'q9', which is not among the query ids"),
        ([("q1", "a", 0.0)], "expected grades above 0, got 0"),
        ([("q1", "a", 1.0), ("q1", "a", 2.0)], "expected one grade for each query and item, got 'q1', 'a' twice"),
    ],
)
def test_a_corpus_that_does_not_fit_together_is_refused(relevance: list[tuple[str, str, float]], said: str):
    with pytest.raises(DataError, match=said):
        Corpus.of("lessons", QUERIES, ITEMS, relevance)


def test_chosen_texts_keep_ids_views_and_labels_together():
    data = LabelledTexts.of("t", {"title": "abc", "abstract": "xyz"}, [["m"], ["b", "m"], ["b"]], ids=[5, 6, 7])
    assert data.categories == ("b", "m")
    part = data.take(np.array([2, 1]))
    assert (part.ids.ids.tolist(), part.views["abstract"]) == ([7, 6], ("z", "y"))
    assert part.labels.tolist() == [[True, False], [True, True]]
    assert part.fingerprint != data.fingerprint


def test_texts_without_a_category_and_views_of_another_length_are_refused():
    with pytest.raises(DataError, match="expected texts with a category each, got 1"):
        LabelledTexts.of("t", {"title": "ab"}, [["m"], []])
    with pytest.raises(DataError, match="the view 'title' has 3 texts, expected 2"):
        LabelledTexts.of("t", {"title": "abc"}, [["m"], ["m"]])


def test_sentences_come_apart_into_tokens_and_tags():
    data = TaggedSentences.of("s", [[("the", "O"), ("cell", "B-TOPIC")], [("ends", "O")]])
    assert data.tokens == (("the", "cell"), ("ends",))
    assert data.tags == (("O", "B-TOPIC"), ("O",))
    assert data.sizes == {"sentences": 2, "tokens": 3}
    with pytest.raises(DataError, match="got an empty one at row 1"):
        TaggedSentences.of("s", [[("a", "O")], []])
