"""The made-up corpus has the structure that is planted in it."""

from __future__ import annotations

from recsys.data.synthetic_corpus import SyntheticCorpus

SMALL = SyntheticCorpus(fields=3, subjects=2, items=4, queries=2)


def test_a_query_has_the_items_of_its_subject_in_grade_2_and_those_of_its_field_in_grade_1():
    corpus = SMALL.load()
    assert corpus.sizes == {"queries": 12, "items": 24, "relevance judgements": 12 * 8}
    for query in range(12):
        own = corpus.query == query
        assert sorted(corpus.grade[own].tolist()) == [1] * 4 + [2] * 4


def test_words_of_a_subject_stand_in_the_texts_of_its_own_items_alone():
    corpus = SMALL.load()
    words = [{*title.split()} for title in corpus.titles]  # of the item's subject alone
    for query, text in enumerate(corpus.query_texts):
        subject_words = text.split()[:2]
        mine = {int(item) for item in corpus.item[(corpus.query == query) & (corpus.grade == 2)]}
        for item in range(24):
            assert item in mine or not words[item] & {*subject_words}


def test_settings_and_seed_fix_it():
    assert SMALL.load().fingerprint == SMALL.load().fingerprint
    assert (
        SMALL.load().fingerprint != SyntheticCorpus(fields=3, subjects=2, items=4, queries=2, seed=7).load().fingerprint
    )
