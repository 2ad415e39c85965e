"""What a network reads of texts: the words, where views are cut, vectors to start with; macro F1 by hand."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from recsys.dataset import DataError
from recsys.reading import Reader, Settings, lsa_vectors, macro_f1, word2vec_vectors
from recsys.texts import LabelledTexts


def texts(titles: list[str]) -> LabelledTexts:
    return LabelledTexts.of("made", {"title": titles, "note": [""] * len(titles)}, [["A"]] * len(titles))


def test_a_view_is_cut_where_95_per_cent_of_its_filled_texts_end():
    titles = [" ".join(f"w{number}" for number in range(length)) for length in range(1, 101)] + [""] * 50
    assert Reader.of(texts(titles), Settings()).limits == (96, 1)
    assert Reader.of(texts(titles), Settings(longest=40)).limits == (40, 1)
    reader = Reader.of(texts(titles), Settings(longest=40))
    assert [own.lengths.max() for own in reader.encode({"title": ["w1 " * 1_000_000]})] == [40, 0]


def test_texts_without_words_are_refused():
    with pytest.raises(
        DataError, match="expected words of two letters or more in title, note, got none; cut the texts"
    ):
        Reader.of(texts(["图", "a b"]), Settings())


def test_macro_f1_is_the_mean_over_the_categories_that_are_there():
    true = np.array([[True, False, False], [True, False, False], [False, True, False]])
    found = np.array([[True, False, False], [False, False, True], [False, True, False]])
    assert macro_f1(found, true) == pytest.approx((2 / 3 + 1) / 2)


def test_without_gensim_the_other_ways_are_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "gensim", None)
    monkeypatch.setitem(sys.modules, "gensim.models", None)
    with pytest.raises(DataError, match=r"found none; run: pip install 'gensim>=4\.4,<5', or pass learned, lsa"):
        word2vec_vectors([["a"]], ("a",), 3, 1)


def test_word2vec_is_given_trains_words_and_its_vectors_are_scaled(monkeypatch: pytest.MonkeyPatch):
    given: dict[str, Any] = {}

    def word2vec(sentences: list[list[str]], **settings: Any) -> SimpleNamespace:
        given.update(settings, sentences=sentences)
        return SimpleNamespace(wv={"deep": np.array([2.0, -2.0]), "graph": np.array([-4.0, 4.0])})

    package, models = ModuleType("gensim"), ModuleType("gensim.models")
    models.__dict__["Word2Vec"] = word2vec
    monkeypatch.setitem(sys.modules, "gensim", package)
    monkeypatch.setitem(sys.modules, "gensim.models", models)
    vectors = word2vec_vectors([["deep", "graph"]], ("graph", "deep"), 2, 9)
    assert vectors[0] / vectors[1] == pytest.approx([-2, -2])
    assert vectors.std() == pytest.approx(0.1)
    assert given["sentences"] == [["deep", "graph"]]
    assert (given["vector_size"], given["seed"], given["workers"]) == (2, 9, 1)


def test_words_of_the_same_texts_begin_with_like_vectors():
    texts = ["graph node walk", "node graph", "walk graph node"] * 4 + ["deep layer net", "layer net", "net deep"] * 4
    words = ("graph", "node", "walk", "deep", "layer", "net")
    vectors = lsa_vectors(texts, words, 3, np.random.default_rng(1))
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([0.1 * np.sqrt(3)] * 6)
    similar = vectors @ vectors.T / 0.03
    assert (similar[:3, :3] > 0.6).all()
    assert np.abs(similar[:3, 3:]).max() < 0.1


def test_of_fewer_texts_than_numbers_the_rest_is_drawn():
    vectors = lsa_vectors(["graph node", "node walk"], ("graph", "node", "walk"), 20, np.random.default_rng(1))
    assert vectors.shape == (3, 20)
    assert vectors[:, 5:].std() == pytest.approx(0.1, rel=0.3)
