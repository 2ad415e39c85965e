"""What is told of a training, by hand, and the files of the program."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from benchmarks import tower_training
from recsys.contrastive import History
from recsys.dataset import DataError


def test_scores_are_those_of_the_test_pairs_relevant_or_not():
    history = History("margin", 0.3, 1, np.array([0.5, 0.25]), np.array([0.1, 0.4, 0.3]))
    table = np.array([[0.1, 0.9, 0.2], [0.7, 0.3, 0.5]])
    pairs = SimpleNamespace(
        query=np.array([0, 0, 1, 1]), item=np.array([1, 2, 0, 1]), positive=np.array([1, 0, 1, 0]) > 0
    )
    searcher: Any = SimpleNamespace(history=history, scores=lambda queries: table)
    split: Any = SimpleNamespace(test_pairs=pairs, test=SimpleNamespace(query_texts=("a", "b")))
    found = tower_training.trained(searcher, split)
    assert found["margin"] == 0.3
    assert found["loss"] == [0.5, 0.25]
    assert (found["scores"]["relevant"][0], found["scores"]["relevant"][-1]) == (0.7, 0.9)
    assert (found["scores"]["hard negatives"][0], found["scores"]["hard negatives"][-1]) == (0.2, 0.3)
    (cells,) = tower_training.table({"one": found}).rows
    assert cells[:6] == ("one", "margin 0.3", "0.5000", "0.2500", "2", "1")
    assert cells[6] == "0.800 (0.710 to 0.890)"


def test_data_without_queries_are_refused(tmp_path: Path):
    with pytest.raises(DataError, match="expected data of queries"):
        tower_training.main(["--out", str(tmp_path), "dataset=synthetic-100k"])


@pytest.mark.slow
def test_the_program_writes_losses_and_scores_of_one_tower_and_of_two(tmp_path: Path):
    small = ["model.hidden=8", "model.training.epochs=2", "model.training.margins=[0.3]"]
    assert tower_training.main(["--name", "made_up", "--out", str(tmp_path), "dataset=synthetic-corpus", *small]) == 0
    stored = json.loads((tmp_path / "made_up.json").read_text())
    assert {label: len(row["loss"]) for label, row in stored["rows"].items()} == {
        f"{model}, {loss}": 2 for model in ("single_tower", "dual_tower") for loss in ("margin", "infonce")
    }
    assert {file.suffix for file in tmp_path.iterdir()} == {".json", ".md", ".png", ".svg"}
    page = (tmp_path / "made_up.md").read_text()
    assert page.startswith("# How the towers are trained: synthetic-corpus")
    assert "| dual_tower, infonce | temperature 0.05 |" in page
    assert "tower_training --name made_up dataset=synthetic-corpus model.hidden=8" in page
