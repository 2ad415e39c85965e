"""TF-IDF vectors of texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys.dataset import Array, read_only


@dataclass(frozen=True, slots=True)
class TfIdf:
    """Of a text, x_w = (1 + log tf_w) (1 + log((1 + n) / (1 + df_w))), of length 1.

    tf_w: how often it has word w; df_w: how many of the n texts that it was fitted to have it. Words are runs of two or
    more letters, digits or underscores, in lower case, without scikit-learn's English stop words.

    words: V of them; idf: float32 (V,)
    """

    words: tuple[str, ...]
    idf: Array

    @classmethod
    def fit(cls, texts: Sequence[str], most: int | None = None) -> TfIdf:
        """most: words that are kept, the most frequent ones; None: all."""
        from sklearn.feature_extraction.text import CountVectorizer

        vectorizer = CountVectorizer(stop_words="english", max_features=most)
        try:
            counts: Any = vectorizer.fit_transform(texts)
        except ValueError:  # scikit-learn's for texts without a word
            return cls((), read_only(np.zeros(0, np.float32)))
        idf = 1 + np.log((1 + len(texts)) / (1 + np.bincount(counts.indices, minlength=counts.shape[1])))
        return cls(tuple(map(str, vectorizer.get_feature_names_out())), read_only(idf.astype(np.float32)))

    def vectors(self, texts: Sequence[str]) -> Any:
        """Sparse float32 (len(texts), V); a row of 0 for a text without a known word."""
        from scipy import sparse
        from sklearn.feature_extraction.text import CountVectorizer
        from sklearn.preprocessing import normalize

        if not self.words:
            return sparse.csr_matrix((len(texts), 0), dtype=np.float32)
        counts: Any = CountVectorizer(vocabulary=self.words).transform(texts).astype(np.float32)
        counts.data = (1 + np.log(counts.data)) * self.idf[counts.indices]
        counts.sort_indices()
        return normalize(counts)
