"""TF-IDF, against the formula."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.text.tfidf import TfIdf


def test_a_vector_has_the_formulas_weights_and_length_1():
    fitted = TfIdf.fit(["flow flow wing", "wing"])
    assert fitted.words == ("flow", "wing")
    idf = 1 + np.log([3 / 2, 3 / 3])
    raw = np.array([(1 + np.log(2)) * idf[0], idf[1]])
    assert fitted.vectors(["flow flow wing"]).toarray()[0] == pytest.approx(raw / np.linalg.norm(raw), rel=1e-5)
    assert fitted.vectors(["unheard"]).nnz == 0


def test_texts_without_a_word_have_vectors_without_a_column():
    fitted = TfIdf.fit(["", "the of"])
    assert fitted.vectors(["wing", "x"]).shape == (2, 0)
