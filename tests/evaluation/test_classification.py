"""A predictor with known categories, measured by hand and by scikit-learn; references, files, refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from recsys import job
from recsys.classifier import Labelled, Predicted, Views
from recsys.dataset import Array, DataError
from recsys.evaluation.classify_measurement import CategoryError
from recsys.evaluation.classify_protocol import CategoryMatch
from recsys.evaluation.classify_task import Classify
from recsys.evaluation.parted_split import TextSplit
from recsys.evaluation.text_splits import Texts
from recsys.execution.local import Local
from recsys.output.tracking import NoTracking
from recsys.request import Request
from recsys.texts import LabelledTexts


@dataclass(frozen=True)
class Told:
    labels: Array
    categories: tuple[str, ...] = ("A", "B", "C")
    views: tuple[str, ...] = ("title",)

    def predict(self, views: Views) -> Predicted:
        return Predicted(self.labels * 0.75, self.labels)


def split(test: Array, train: Array | None = None) -> TextSplit:
    """bool (n, 3) each."""
    labels = np.concatenate([np.eye(3, dtype=bool) if train is None else train, np.eye(3, dtype=bool), test])
    names = [[name for name, own in zip("ABC", row, strict=True) if own] for row in labels]
    data = LabelledTexts.of("made", {"title": [f"t{row}" for row in range(len(labels))]}, names)
    before = len(labels) - len(test)
    return TextSplit.of(
        data, 1, 5, [np.arange(before - 3), np.arange(before - 3, before), np.arange(before, len(labels))]
    )


def one_hot(*rows: int) -> Array:
    return np.eye(3, dtype=bool)[list(rows)]


def measured(true: Array, found: Array) -> Mapping[str, float]:
    return Classify().measure(split(true), CategoryMatch(), Told(found)).numbers


def test_averages_over_categories_by_hand():
    # A: 1 of 2 found, 1 of 2 predictions right; B: both found, 2 of 3 right; C is never found
    numbers = measured(one_hot(0, 0, 1, 1, 2), one_hot(0, 1, 1, 1, 0))
    assert numbers["accuracy"] == 3 / 5
    assert numbers["macro_precision"] == pytest.approx((1 / 2 + 2 / 3 + 0) / 3)
    assert numbers["macro_recall"] == pytest.approx((1 / 2 + 1 + 0) / 3)
    assert numbers["macro_f1"] == pytest.approx((1 / 2 + 4 / 5 + 0) / 3)
    assert [numbers[f"f1_{name}"] for name in "ABC"] == pytest.approx([1 / 2, 4 / 5, 0])


def test_a_category_without_a_test_text_has_no_part_in_averages_but_is_wrong():
    numbers = measured(one_hot(0, 1), one_hot(0, 2))
    assert numbers["accuracy"] == 1 / 2
    assert numbers["macro_f1"] == pytest.approx((1 + 0) / 2)
    assert "f1_C" not in numbers


@pytest.mark.parametrize("several", [False, True])
def test_numbers_are_scikit_learns(several: bool):
    rng = np.random.default_rng(2)
    true, found = (one_hot(*rng.integers(3, size=200)) for _ in range(2))
    if several:
        true, found = true | (rng.random(true.shape) < 0.3), found | (rng.random(true.shape) < 0.3)
    numbers = measured(true, found)
    expected: Any = precision_recall_fscore_support(true.astype(int), found.astype(int), average="macro")
    assert [numbers[f"macro_{name}"] for name in ("precision", "recall", "f1")] == pytest.approx(list(expected[:3]))
    assert numbers["accuracy"] == pytest.approx(accuracy_score(true, found))


def test_values_of_texts_have_the_measures_as_their_means_and_their_spread_is_that_of_the_bootstrap():
    rng = np.random.default_rng(4)
    true = one_hot(*rng.choice(3, 1500, p=(0.6, 0.3, 0.1)))
    found = np.where(rng.random(1500)[:, None] < 0.7, true, one_hot(*rng.integers(3, size=1500)))
    whole = Classify().measure(split(true), CategoryMatch(), Told(found))
    values = whole.per_unit["macro_f1"]
    assert values.mean() == pytest.approx(whole.numbers["macro_f1"])
    drawn = [rng.integers(1500, size=1500) for _ in range(400)]
    again = [measured(true[rows], found[rows])["macro_f1"] for rows in drawn]
    assert values.std() / np.sqrt(1500) == pytest.approx(np.std(again), rel=0.15)


def test_references_are_the_most_frequent_category_and_draws_by_share():
    train = one_hot(*[0] * 10, *[1] * 70, *[2] * 20)
    made = split(one_hot(*[0] * 40, *[1] * 500, *[2] * 60), train)
    references = Classify().references(made, [CategoryMatch()])
    views = {"title": ["x"] * 4000}
    majority, drawn = (references[name]["classify"].predict(views).labels for name in ("majority", "random_by_share"))
    assert majority.sum(axis=0).tolist() == [0, 4000, 0]
    assert drawn.mean(axis=0) == pytest.approx([0.1, 0.7, 0.2], abs=0.03)
    assert (drawn.sum(axis=1) == 1).all()


def test_where_texts_have_several_categories_each_is_drawn_by_its_own_share():
    train = np.array([[True, False, True]] * 30 + [[True, False, False]] * 60 + [[False, True, False]] * 10)
    drawn = Classify().references(split(train, train), [CategoryMatch()])["random_by_share"]["classify"]
    labels = drawn.predict({"title": ["x"] * 4000}).labels
    assert labels.any(axis=1).all()
    assert labels.mean(axis=0) == pytest.approx([0.96, 0.1, 0.3], abs=0.05)  # of none, the likeliest


def test_predictions_that_do_not_fit_are_an_error():
    with pytest.raises(CategoryError, match="expected a category or more of 3 for each of 2 texts, got 3 and 1"):
        measured(one_hot(0, 1), np.array([[True, False, False], [False] * 3]))


def test_one_category_and_a_category_with_one_text_are_refused():
    alone = LabelledTexts.of("alone", {"title": ["a", "b"]}, [["A"], ["A"]])
    with pytest.raises(DataError, match="alone: expected two categories or more, got 'A' alone"):
        CategoryMatch().check(alone)
    rare = LabelledTexts.of("rare", {"title": ["a", "b", "c"]}, [["A"], ["A"], ["B"]])
    with pytest.raises(DataError, match=r"expected 2 texts or more of each category, .* got 1 of 'B'; leave it out"):
        CategoryMatch().check(rare)
    made = split(one_hot(0, 1), one_hot(1, 1))
    with pytest.raises(DataError, match="expected texts of two categories or more in train, got one"):
        CategoryMatch().check_split(made)


@dataclass(frozen=True)
class First:
    tasks: ClassVar[tuple[str, ...]] = ("classify",)

    def fit(self, labelled: Labelled, seed: int) -> Told:
        return Told(one_hot(*[0] * 7))


@dataclass(frozen=True)
class Source:
    def load(self) -> LabelledTexts:
        return LabelledTexts.of(
            "made", {"title": ["x y"] * 20}, [["A"], ["B"]] * 8 + [["C"]] * 4, ids=[f"id{n}" for n in range(20)]
        )


def test_a_run_leaves_its_predictions_and_the_true_categories(tmp_path: Path):
    asked = Request(
        name="first",
        seed=1,
        task=Classify(),
        source=Source(),
        splitter=Texts(repeats=1, share=0.35, validation_share=0.2),
        protocols=[CategoryMatch()],
        model=First(),
        tracker=NoTracking(),
        config="{}\n",
    )
    job.run(asked, Local(), tmp_path)
    found, true = (pd.read_parquet(tmp_path / f"{name}.parquet") for name in ("categories", "splits"))
    assert found["category"].tolist() == ["A"] * 7
    assert found["score"].tolist() == [0.75] * 7
    assert found["text"].tolist() == true["text"].tolist()
    assert sorted(true["category"].unique()) == ["A", "B", "C"]
    values = pd.read_parquet(tmp_path / "per_text.parquet")
    assert set(values["metric"]) == {"macro_f1", "accuracy", "macro_precision", "macro_recall", "f1_A", "f1_B", "f1_C"}
