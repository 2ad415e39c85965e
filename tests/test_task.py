"""A task other than ranking goes through the whole pipeline: files, screen, and a run in MLflow."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from recsys import job
from recsys.cli import compare
from recsys.dataset import DataError
from recsys.execution.local import Local
from recsys.output.tracking import MLflow, NoTracking, Tracker
from recsys.request import Request
from tests import jobs
from tests.toy_task import Accuracy, Classify, FirstWord, Halves, Source


def run(folder: Path, tracker: Tracker, model: FirstWord, name: str) -> None:
    job.run(Request(name, 1, Classify(), Source(), Halves(), [Accuracy()], model, tracker, ""), Local(), folder)


def test_its_files_speak_of_its_own_unit(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    run(tmp_path, NoTracking(), FirstWord(), "first_word")
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert (summary["task"], summary["unit"]) == ("classify", "text")
    # Trained on one text of either kind, the first word tells the other one's kind; `biology` is right half the time.
    assert summary["metrics"]["views/accuracy"]["repeats"] == [1, 1]
    assert summary["references"]["first category"]["views/accuracy"]["repeats"] == [0.5, 0.5]
    assert summary["stamp"]["protocols"] == {"views": {"right": "the category with the highest score"}}
    values = pd.read_parquet(tmp_path / "per_text.parquet")
    assert list(values.columns) == ["repeat", "protocol", "text", "metric", "k", "value"]
    assert values[["repeat", "text", "k", "value"]].to_numpy().tolist() == [
        [1, 7, 0, 1],
        [1, 9, 0, 1],
        [2, 8, 0, 1],
        [2, 10, 0, 1],
    ]
    guesses = pd.read_parquet(tmp_path / "categories.parquet")
    assert guesses[["text", "category"]].to_numpy().tolist()[:2] == [[7, "biology"], [9, "maths"]]
    assert pd.read_parquet(tmp_path / "splits.parquet").text.tolist() == [7, 9, 8, 10]
    said = capsys.readouterr().out
    assert "lessons: 4 texts, 1 views, 2 categories" in said
    assert "views (right: the category with the highest score)" in said
    assert "first category" in said
    assert summary["stamp"]["facts"] == {"1": {"test_words": 4}, "2": {"test_words": 4}}
    assert "Splits: test words 4." in said


@pytest.mark.slow
def test_mlflow_keeps_its_numbers_under_their_names(tmp_path: Path):
    tracker = MLflow(uri=f"sqlite:///{tmp_path}/mlflow.db")
    run(tmp_path / "run", tracker, FirstWord(), "first_word")
    client = tracker.client()
    (experiment,) = (found for found in client.search_experiments() if found.name == "lessons")
    runs = client.search_runs([experiment.experiment_id])
    whole = next(found for found in runs if found.info.run_name == "first_word")
    assert whole.data.metrics["views/accuracy"] == 1
    assert whole.data.tags["task"] == "classify"
    assert {file.path for file in client.list_artifacts(whole.info.run_id)} >= {"per_text.parquet", "summary.json"}


def test_two_runs_are_compared_in_the_words_of_their_unit(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    run(tmp_path / "first", NoTracking(), FirstWord(), "first_word")
    run(tmp_path / "none", NoTracking(), FirstWord(words=0), "no_words")
    folders = [f"first={tmp_path}/first", f"none={tmp_path}/none"]
    compare.main([*folders, "--test", "accuracy", "--out", str(tmp_path / "out")])
    said = capsys.readouterr().out
    assert "Δaccuracy vs first" in said
    assert "texts worse" in (tmp_path / "out/compared.md").read_text() and "users" not in said
    rows = pd.read_csv(tmp_path / "out" / "compared.csv")
    difference = rows[(rows.label == "none") & (rows.reference == "first")]
    assert difference["mean"].tolist() == [-0.5]
    assert rows[rows.reference.isna()]["mean"].tolist() == [1, 0.5]


def test_data_of_another_task_are_refused_with_the_way_out(tmp_path: Path):
    with pytest.raises(DataError, match=r"task=classify expects data of the type LabelledTexts, world is Dataset; cho"):
        job.run(
            Request("x", 1, Classify(), jobs.World(), Halves(), [Accuracy()], FirstWord(), NoTracking(), ""),
            Local(),
            tmp_path,
        )
