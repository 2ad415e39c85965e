"""BM25 of texts for any query: the weights of all words in all texts, found once.

    score(q, i) = sum_{w in q} log(1 + (n - n_w + 1/2) / (n_w + 1/2)) f_wi / (f_wi + k1 (1 - b + b |i| / mean |i|))

w runs over the words of q, as often as they occur; f_wi is the count of w in text i, n_w the number of texts with w.
Robertson and Zaragoza 2009, equation 3.15, with Lucene's logarithm, which is never negative; computed by the package
bm25s.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from recsys.dataset import Array, DataError, read_only

K1, B = 0.9, 0.4
"""Of Anserini's and BEIR's baselines."""


@dataclass(frozen=True, slots=True)
class Bm25Index:
    """words: str (V,), sorted; weights: sparse float32 (V, n_texts); stemmer: that the words went through."""

    words: Array
    weights: Any
    stemmer: str | None

    @classmethod
    def of(cls, texts: Sequence[str], k1: float = K1, b: float = B, stemmer: str | None = None) -> Bm25Index:
        """stemmer: a language of Snowball's, such as english; None: words stay as they are.

        Raises `DataError` where no text has a word, and on a language that Snowball does not have.
        """
        import bm25s

        tokens = tokenized(texts, stemmer)
        if not any(tokens):
            raise DataError(f"BM25: expected texts with words, got {len(texts)} without one; check the items' columns")
        index = bm25s.BM25(k1=k1, b=b, method="lucene")
        index.index(tokens, show_progress=False)
        words = np.array([word for word in index.vocab_dict if word])  # it adds an empty one
        column = np.array([index.vocab_dict[word] for word in words.tolist()])
        scores: Any = index.scores
        shape = len(texts), len(scores["indptr"]) - 1
        matrix = sparse.csc_matrix((scores["data"], scores["indices"], scores["indptr"]), shape)
        order = np.argsort(words)
        weights = sparse.csr_matrix(matrix[:, column[order]].T)
        weights.sort_indices()
        return cls(read_only(words[order]), weights, stemmer)

    def scores(self, queries: Sequence[str]) -> Array:
        """float32 (len(queries), n_texts): a query's row does not depend on the others."""
        rows = tokenized(queries, self.stemmer)
        found = np.array([word for row in rows for word in row], str)
        place = np.minimum(np.searchsorted(self.words, found), len(self.words) - 1)
        known = self.words[place] == found
        row = np.repeat(np.arange(len(rows)), [len(words) for words in rows])[known]
        counts = sparse.csr_matrix((np.ones(len(row), np.float32), (row, place[known])), (len(rows), len(self.words)))
        counts.sort_indices()  # sums are taken in the order of the words
        return np.asarray((counts @ self.weights).toarray(), np.float32)

    def why(self, query: str, text: int) -> str:
        """The words that the query and the text share, those that count most first."""
        (words,) = tokenized([query], self.stemmer)
        known = [word for word in dict.fromkeys(words) if word in self.words]
        weight = {word: float(self.weights[np.searchsorted(self.words, word), text]) for word in known}
        return ", ".join(sorted((word for word in known if weight[word] > 0), key=lambda word: -weight[word]))


def tokenized(texts: Sequence[str], stemmer: str | None) -> list[list[str]]:
    """The words of each text: runs of two or more letters, digits or underscores, in lower case, without bm25s' English
    stop words."""
    import bm25s

    logging.getLogger("bm25s").setLevel(logging.WARNING)  # it asks for DEBUG when it is imported
    stem: Any = None if stemmer is None else _stemmer(stemmer)
    rows = bm25s.tokenize(list(texts), stopwords="en", stemmer=stem, return_ids=False, show_progress=False)
    return [[str(word) for word in row] for row in rows]


def _stemmer(language: str) -> Any:
    import Stemmer

    snowball: Any = Stemmer
    try:
        return snowball.Stemmer(language)
    except KeyError as error:
        known = ", ".join(snowball.algorithms())
        raise DataError(f"model.stemmer: expected one of {known}, got {language!r}") from error
