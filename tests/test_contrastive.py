"""nDCG for early stopping by hand, the learning rate, what is scored anew, and settings that cannot be."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.contrastive import Training, mean_ndcg, reranked
from recsys.texts import Corpus


def test_ndcg_is_the_one_worked_out_by_hand():
    items = {f"i{number}": ("", "text") for number in range(12)}
    corpus = Corpus.of(
        "made", {"a": "a", "b": "b", "c": "c"}, items, [("a", "i0", 2.0), ("a", "i3", 1.0), ("b", "i11", 1.0)]
    )
    scores = np.tile(-np.arange(12, dtype=np.float32), (3, 1))  # i0, i1, ... for each query
    of_a = (3 + 1 / np.log2(5)) / (3 + 1 / np.log2(3))
    assert mean_ndcg(scores, corpus) == pytest.approx((of_a + 0) / 2)  # i11 is not among ten; c has no relevant item
    assert mean_ndcg(np.zeros((3, 12), np.float32), corpus) == pytest.approx((of_a + 0) / 2)  # ties: by row


def test_the_learning_rate_falls_along_a_cosine():
    training = Training(learning_rate=1.0, epochs=4)
    assert [training.rate(epoch) for epoch in (1, 2, 3, 4)] == pytest.approx([1, 0.853553, 0.5, 0.146447], abs=1e-6)


def test_what_is_scored_anew_stands_above_the_rest_in_its_new_order():
    cosines = np.array([0.9, -1.0, 0.5, 0.7, 1.0], np.float32)
    scores = reranked(cosines, 3, lambda rows: np.array([-1.0, 0, 0, 0.3, 1.0], np.float32)[rows])
    assert scores == pytest.approx([2.0, -1.0, 0.5, 3.3, 4.0])
    assert cosines.max() == 1  # as they were
    assert reranked(cosines, 100, lambda rows: np.zeros(len(rows), np.float32)) == pytest.approx([3.0] * 5)


def test_margin_loss_without_margins_is_refused():
    with pytest.raises(ValueError, match="expected at least one of margins"):
        Training(loss="margin", margins=())
    assert Training(loss="margin", margins=(0.2, 0.4)).scales == (0.2, 0.4)
    assert Training(temperature=0.1).scales == (0.1,)
