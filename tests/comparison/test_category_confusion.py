"""F1 by category and the confusion matrix, from files of a run made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from recsys.comparison import category_confusion
from recsys.comparison.runs import Run

TRUE = [(1, 10, "A"), (1, 11, "A"), (1, 12, "B-side"), (2, 10, "A"), (2, 13, "C")]
FOUND = [(1, 10, "A"), (1, 11, "B-side"), (1, 12, "B-side"), (2, 10, "A"), (2, 13, "A")]


def run(folder: Path | None, label: str = "svm", unit: str = "text") -> Run:
    values = {"mean": 0.5, "sd": 0.0, "low": 0.4, "high": 0.6, "repeats": [0.5, 0.5]}
    stamp = {"protocols": {"classify": {}}, "test_rows": {"1": "a", "2": "b"}}
    summary: dict[str, Any] = {"unit": unit, "stamp": stamp, "resamples": True, "intervals": "corrected"}
    return Run(label, folder, {**summary, "metrics": {"classify/f1_B-side": values, "classify/accuracy": values}}, {})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    columns = ["repeat", "text", "category"]
    pd.DataFrame(TRUE, columns=columns).to_parquet(tmp_path / "splits.parquet")
    pd.DataFrame(FOUND, columns=columns).assign(protocol="classify").to_parquet(tmp_path / "categories.parquet")
    return tmp_path


def test_texts_are_counted_by_true_and_predicted_category(folder: Path):
    by_category, matrix = category_confusion.tables([run(folder), run(folder, "other")], run(folder))
    assert by_category.head == ("category", "svm", "other")
    assert by_category.rows == (("A", "", ""), ("B-side", "0.500", "0.500"), ("C", "", ""))
    assert matrix.head == ("true", "1", "2", "3")
    assert matrix.rows == (("1 A", "1.0", "0.5", ""), ("2 B-side", "", "0.5", ""), ("3 C", "0.5", "", ""))


def test_texts_of_several_categories_and_runs_without_files_have_no_matrix(folder: Path):
    assert category_confusion.tables([run(None)], run(None)) == []
    more = pd.DataFrame([*TRUE, (1, 10, "C")], columns=["repeat", "text", "category"])
    more.to_parquet(folder / "splits.parquet")
    assert len(category_confusion.tables([run(folder)], run(folder))) == 1


def test_runs_of_other_tasks_have_none(folder: Path):
    assert category_confusion.tables([run(folder, unit="user")], run(folder, unit="user")) == []
