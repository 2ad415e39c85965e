"""What items are compared by where they have neither genres nor tags."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from recsys.features.likeness import compared_by
from recsys.features.tags import tf_idf
from tests.worlds import ratings


def test_without_genres_and_tags_items_are_compared_by_the_words_of_their_reviews_or_else_of_their_texts():
    plain = ratings([(0, 0, 5.0), (0, 1, 3.0), (0, 2, 3.0), (1, 0, 2.0)], 2, 4)
    assert compared_by(plain) is None
    reviews = np.array(["Warm tone, warm sound.", "warm", "", "bright"], object)
    reviewed = replace(plain, interactions=replace(plain.interactions, text=reviews))
    found = compared_by(reviewed).toarray()  # bright, sound, tone, warm; the last item has no review
    expected = tf_idf(sparse.csr_matrix([[1, 1, 1, 2], [0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0.0]])).toarray()
    assert found == pytest.approx(expected)
    described = replace(plain, item_table={"text": np.array(["warm tone", "", "tone", ""], object)})
    assert (compared_by(described).toarray() > 0).tolist() == [[True, True], [False, False], [True, False], [False] * 2]
    genres = {"genres": np.eye(4, dtype=np.uint8)}
    assert compared_by(replace(reviewed, item_table=genres)).nnz == 4
