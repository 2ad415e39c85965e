"""Latent semantic analysis: TF-IDF vectors, projected on the directions in which the texts differ most. A baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked
from scipy import sparse

from recsys.dataset import Array, DataError, read_only
from recsys.text.embedder import unit_rows

ITERATIONS = 15
"""Power iterations of the randomised SVD; with 5, scikit-learn's default, the last directions still depend on the seed.
"""


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Lsa:
    """Deerwester et al. 1990, Indexing by Latent Semantic Analysis, with the weights of TF-IDF.

        x_w = (1 + log tf_w) (1 + log((1 + n) / (1 + df_w))), of length 1;  X = U S V' over n texts;  e = V' x / |V' x|

    tf_w: how often the text has word w; df_w: how many texts have it. Words are runs of two or more letters, digits or
    underscores, in lower case; scikit-learn's English stop words are left out.

    dimensions   columns of V; of fewer texts or words, one less than these
    """

    dimensions: Annotated[int, Ge(1)] = 256

    def fit(self, texts: Sequence[str], seed: int) -> FittedLsa:
        """Raises `DataError` where there are not two texts and two words."""
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer

        vectorizer = TfidfVectorizer(sublinear_tf=True, stop_words="english")
        try:
            weights = vectorizer.fit_transform(texts)
        except ValueError:  # scikit-learn's for texts without a word
            weights = np.empty((len(texts), 0))
        if min(weights.shape) < 2:
            raise DataError(
                f"lsa: expected at least two texts and two different words of two letters or more, got "
                f"{weights.shape[0]} texts and {weights.shape[1]} words; take another embedder, or data with texts"
            )
        dimensions = min(self.dimensions, min(weights.shape) - 1)
        svd = TruncatedSVD(dimensions, n_iter=ITERATIONS, random_state=seed).fit(weights)
        words = tuple(str(word) for word in vectorizer.get_feature_names_out())
        components = np.asarray(svd.components_, np.float32).T
        return FittedLsa(words, read_only(vectorizer.idf_.astype(np.float32)), read_only(components))


@dataclass(frozen=True, slots=True)
class FittedLsa:
    """words: V of them; idf: float32 (V,); components: float32 (V, d)."""

    words: tuple[str, ...]
    idf: Array
    components: Array

    def embed(self, texts: Sequence[str]) -> Array:
        return unit_rows(self.weights(texts) @ self.components)

    def weights(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """float32 (len(texts), V): the TF-IDF vectors x."""
        from sklearn.feature_extraction.text import CountVectorizer
        from sklearn.preprocessing import normalize

        counts: Any = CountVectorizer(vocabulary=self.words).transform(texts).astype(np.float32)
        counts.data = (1 + np.log(counts.data)) * self.idf[counts.indices]
        return sparse.csr_matrix(normalize(counts) if len(texts) else counts)
