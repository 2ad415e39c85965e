"""Similarity of content where there are too many items for all of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse

from recsys.features import content_scores
from tests.worlds import dense


def test_of_items_that_are_all_equally_similar_each_keeps_as_many_and_none_is_preferred(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(content_scores, "MOST_SIMILAR", 12)
    train = dense(1)  # 60 items

    def similarity(block: slice) -> Any:
        values = np.full((block.stop - block.start, 60), 0.5)
        values[np.arange(len(values)), (np.arange(block.start, block.stop) + 1) % 60] = 0.9
        return values

    weights = content_scores.sparse_content_scores(train, similarity, 1.0, 2).models["rating"].weights.toarray()
    assert ((weights > 0).sum(axis=0) == 12).all()  # of each item, in its column
    assert (weights[(np.arange(60) + 1) % 60, np.arange(60)] == np.float32(0.9)).all()
    assert not weights.diagonal().any()
    listed = (weights > 0).sum(axis=1)
    assert listed.max() <= 14 and listed.min() >= 10
    again = content_scores.sparse_content_scores(train, lambda block: sparse.csr_matrix(similarity(block)), 1.0, 2)
    assert (again.models["rating"].weights.toarray() == weights).all()
