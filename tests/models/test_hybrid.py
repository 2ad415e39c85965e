"""The two orders in one, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.models.hybrid import Hybrid
from recsys.models.lsa import Lsa
from recsys.retriever import Judged, Searcher
from recsys.texts import Corpus
from tests.models.test_lsa_search import CORPUS, FirstLetter

LETTERS = Lsa(FirstLetter())
# By words `road` finds 0 to 3; by the first letter it finds nothing, and `car` finds 0 and 2.


def judged(query: str, relevant: str) -> Judged:
    items = {str(number): ("", text) for number, text in enumerate(CORPUS.texts)}
    corpus = Corpus.of("x", {"q": query}, items, [("q", relevant, 1.0)])
    return Judged(corpus, corpus)


def standardised(scores: np.ndarray) -> np.ndarray:
    return (scores - scores.mean()) / scores.std()


def test_scores_are_standardised_query_by_query_and_added_up():
    searcher = Hybrid(LETTERS, weights=(0.5,)).fit(judged("car", "0"), 1)
    words, letters = searcher.words.scores(["car"])[0], searcher.other.scores(["car"])[0]
    expected = standardised(words) + 0.5 * standardised(letters)
    assert searcher.scores(["car"])[0] == pytest.approx(expected, abs=1e-6)
    assert searcher.scores(["unheard"]).tolist() == [[0] * 6]  # all equal, in both


def test_the_weight_is_the_one_that_is_best_for_the_validation_queries():
    # By words `c leaf` finds 4 and 5, by the first letter 0 and 2; `c road road` finds 2 and 3, or again 0 and 2.
    by_letters = Hybrid(LETTERS, weights=(0, 10)).fit(judged("c leaf", "2"), 1)
    assert by_letters.learned == {"weight": 10}
    by_words = Hybrid(LETTERS, weights=(0, 10)).fit(judged("c road road", "3"), 1)
    assert by_words.learned == {"weight": 0}


def test_reciprocal_ranks_are_added_up_and_equal_scores_share_theirs():
    searcher = Hybrid(LETTERS, fusion="rrf", k=60).fit(judged("car", "0"), 1)
    assert searcher.learned == {}
    scores = searcher.scores(["leaf"])[0]
    # By words 4 (shorter) is first, 5 second, the others share ranks 3 to 6; by letters 4 and 5 share ranks 1 and 2.
    assert scores[4] == pytest.approx(1 / 61 + 1 / 61.5)
    assert scores[5] == pytest.approx(1 / 62 + 1 / 61.5)
    assert scores[:4] == pytest.approx([1 / 64.5 + 1 / 64.5] * 4)


def test_the_other_model_learns_from_the_queries_of_the_split():
    seen = list[tuple[Judged, int]]()

    class Learner:
        def fit(self, judged: Judged, seed: int) -> Searcher:
            seen.append((judged, seed))
            return LETTERS.fit(judged, seed)

    split = judged("car", "0")
    searcher = Hybrid(Learner()).fit(split, 7)
    assert seen == [(split, 7)]
    assert searcher.scores(["car"]).tolist() == Hybrid(LETTERS).fit(split, 7).scores(["car"]).tolist()


def test_without_a_weight_to_choose_from_it_is_refused():
    with pytest.raises(ValueError, match="weights"):
        Hybrid(LETTERS, weights=())
