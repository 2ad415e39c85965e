"""The two orders in one, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.models.hybrid import Hybrid
from recsys.retriever import Judged
from recsys.texts import Corpus
from tests.models.test_lsa_search import CORPUS, FirstLetter

# By words `road` finds 0 to 3; by the first letter it finds nothing, and `car` finds 0 and 2.


def judged(query: str, relevant: str) -> Judged:
    items = {str(number): ("", text) for number, text in enumerate(CORPUS.texts)}
    corpus = Corpus.of("x", {"q": query}, items, [("q", relevant, 1.0)])
    return Judged(corpus, corpus)


def standardised(scores: np.ndarray) -> np.ndarray:
    return (scores - scores.mean()) / scores.std()


def test_scores_are_standardised_query_by_query_and_added_up():
    searcher = Hybrid(weights=(0.5,), embedder=FirstLetter()).fit(judged("car", "0"), 1)
    words, vectors = searcher.words.scores(["car"])[0], searcher.vectors.scores(["car"])[0]
    expected = standardised(words) + 0.5 * standardised(vectors)
    assert searcher.scores(["car"])[0] == pytest.approx(expected, abs=1e-6)
    assert searcher.scores(["unheard"]).tolist() == [[0] * 6]  # all equal, in both


def test_the_weight_is_the_one_that_is_best_for_the_validation_queries():
    # By words `c leaf` finds 4 and 5, by the first letter 0 and 2; `c road road` finds 2 and 3, or again 0 and 2.
    by_vectors = Hybrid(weights=(0, 10), embedder=FirstLetter()).fit(judged("c leaf", "2"), 1)
    assert by_vectors.learned == {"weight": 10}
    by_words = Hybrid(weights=(0, 10), embedder=FirstLetter()).fit(judged("c road road", "3"), 1)
    assert by_words.learned == {"weight": 0}


def test_reciprocal_ranks_are_added_up_and_equal_scores_share_theirs():
    searcher = Hybrid(fusion="rrf", k=60, embedder=FirstLetter()).fit(judged("car", "0"), 1)
    assert searcher.learned == {}
    scores = searcher.scores(["leaf"])[0]
    # By words 4 (shorter) is first, 5 second, the others share ranks 3 to 6; by letters 4 and 5 share ranks 1 and 2.
    assert scores[4] == pytest.approx(1 / 61 + 1 / 61.5)
    assert scores[5] == pytest.approx(1 / 62 + 1 / 61.5)
    assert scores[:4] == pytest.approx([1 / 64.5 + 1 / 64.5] * 4)


def test_without_a_weight_to_choose_from_it_is_refused():
    with pytest.raises(ValueError, match="weights"):
        Hybrid(weights=())
