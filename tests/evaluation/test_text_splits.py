"""Stratified splits by text: shares of each category, with one category a text and with several."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.dataset import Array, DataError
from recsys.evaluation.text_splits import Texts, stratified
from recsys.texts import LabelledTexts

SHARES = np.array([0.43, 0.2, 0.37])


def texts(*counts: int) -> LabelledTexts:
    """As many texts of A, B, C as are said."""
    own = [(name,) for name, count in zip("ABC", counts, strict=False) for _ in range(count)]
    return LabelledTexts.of("made", {"title": [f"text {row}" for row in range(len(own))]}, own)


def parts(labels: Array, seed: int = 1) -> Array:
    return stratified(labels, SHARES, np.random.default_rng(seed))


def test_each_category_has_its_share_in_each_part():
    split = Texts().split(texts(100, 200), 1)
    assert split.train.train.labels.sum(axis=0).tolist() == [43, 86]
    assert split.train.validation.labels.sum(axis=0).tolist() == [20, 40]
    assert split.test.labels.sum(axis=0).tolist() == [37, 74]
    assert split.facts == {"train_texts": 129, "validation_texts": 60, "test_texts": 111}


def test_of_two_texts_one_is_train_and_one_test_and_a_single_one_is_train():
    labels = np.eye(3, dtype=bool)[[0] * 50 + [1, 1, 2]]
    for seed in range(20):
        found = parts(labels, seed)
        assert sorted(found[50:52].tolist()) == [0, 2]
        assert found[52] == 0


def test_texts_with_several_categories_keep_each_ones_shares():
    rng = np.random.default_rng(3)
    labels = rng.random((600, 6)) < np.array([0.5, 0.3, 0.2, 0.1, 0.05, 0.03])
    labels = labels[labels.any(axis=1)]
    found = parts(labels)
    assert (found >= 0).all()
    for part, share in enumerate(SHARES):
        own = labels[found == part].sum(axis=0)
        assert own == pytest.approx(share * labels.sum(axis=0), abs=2)
        assert (found == part).sum() == pytest.approx(share * len(labels), abs=6)


def test_parts_are_disjoint_and_whole_and_repeats_differ():
    data = texts(30, 40, 50)
    first, second = (Texts().split(data, number) for number in (1, 2))
    own = [part.ids.ids.tolist() for part in (first.train.train, first.train.validation, first.test)]
    assert sorted(row for part in own for row in part) == list(range(120))
    assert first.digest != second.digest
    assert first.digest == Texts(repeats=3).split(data, 1).digest
    assert first.test.views["title"][0] == f"text {first.rows[0]}"


def test_shares_that_leave_no_texts_are_refused():
    with pytest.raises(DataError, match=r"shares of 0.8 and 0.2 leave no texts to train; change split.share"):
        Texts(share=0.8).split(texts(10, 10), 1)
    with pytest.raises(DataError, match="expected texts in train, validation and test, got none of 2 in validation"):
        Texts().split(texts(1, 1), 1)
