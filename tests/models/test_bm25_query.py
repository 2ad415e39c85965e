"""BM25 for queries: title and text are one document."""

from __future__ import annotations

from recsys.models.bm25_query import Bm25Query
from recsys.retriever import Judged
from recsys.texts import Corpus

ITEMS = {"a": ("wing", "flow past it"), "b": ("heat", "a wing is hot"), "c": ("cold", "nothing")}
CORPUS = Corpus.of("x", {"q": "any"}, ITEMS, [("q", "c", 1.0)])


def test_words_of_title_and_text_are_found_and_relevance_is_not_looked_at():
    searcher = Bm25Query().fit(Judged(CORPUS, CORPUS), 1)
    assert (searcher.scores(["wing", "nothing", "any"]) > 0).tolist() == [
        [True, True, False],
        [False, False, True],
        [False, False, False],
    ]
