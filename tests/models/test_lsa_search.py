"""Latent semantic analysis finds what goes together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from recsys.dataset import Array
from recsys.models.lsa import Lsa
from recsys.retriever import Embeds, Judged
from recsys.text.lsa import Lsa as LsaEmbedder
from recsys.texts import Corpus

# `car` and `auto` are never in one text, but both go with `road`; `leaf` and `tree` go with neither.
TEXTS = ("car road", "auto road", "car road road", "auto road road", "leaf tree", "leaf tree tree")
ITEMS = {str(number): ("", text) for number, text in enumerate(TEXTS)}
CORPUS = Corpus.of("x", {"q": "car"}, ITEMS, [("q", "0", 1.0)])


def test_a_word_finds_the_texts_of_its_synonym():
    searcher = Lsa(LsaEmbedder(2)).fit(Judged(CORPUS, CORPUS), 1)
    scores = searcher.scores(["car"])[0]
    assert scores[1] > 0.9  # auto road
    assert np.abs(scores[4:]).max() < 0.1


def test_scores_are_cosines_of_the_vectors_that_an_index_takes():
    searcher = Lsa(LsaEmbedder(3)).fit(Judged(CORPUS, CORPUS), 1)
    assert isinstance(searcher, Embeds)
    assert np.linalg.norm(searcher.item_vectors, axis=1) == pytest.approx(1)
    queries = ["car tree", "road", "unheard"]
    expected = searcher.query_vectors(queries) @ searcher.item_vectors.T
    assert searcher.scores(queries) == pytest.approx(expected, abs=1e-6)
    assert (searcher.scores(["unheard"]) == 0).all()


@dataclass(frozen=True)
class FirstLetter:
    """Any embedder will do: here one of the first letter."""

    def fit(self, texts: Sequence[str], seed: int) -> FirstLetter:
        return self

    def embed(self, texts: Sequence[str]) -> Array:
        return np.array([[text[0] == letter for letter in "cal"] for text in texts], np.float32)


def test_another_embedder_can_make_the_vectors():
    searcher = Lsa(FirstLetter()).fit(Judged(CORPUS, CORPUS), 1)
    assert searcher.scores(["leaf"]).tolist() == [[0, 0, 0, 0, 1, 1]]
