"""Categories of neighbours and clusters on vectors with a known answer; the files of the program."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import text_figures
from benchmarks.text_figures import clustered, lengths, nearest
from recsys.texts import LabelledTexts

TRAIN = np.array([[1.0, 0.0], [2.0, 0.1], [0.0, 1.0], [0.1, 3.0], [0.2, 1.0]])
LABELS = np.eye(2, dtype=bool)[[0, 1, 1, 1, 0]]


def test_the_nearest_are_those_of_the_highest_cosine_and_the_most_frequent_category_wins():
    asked = np.array([[5.0, 0.0], [0.0, 0.1]])
    found = nearest(TRAIN, LABELS, asked, 3)
    assert found[0].tolist() == [0, 1]  # texts 0 and 2
    assert found[1].tolist() == [0, 1]  # 0 and 1 of a category each: the first; 2 and 3
    assert found[2].tolist() == [0, 1]  # 0, 1 and 4; 2, 3 and 4


def test_a_cluster_stands_for_its_most_frequent_category():
    asked = np.array([[9.0, 1.0], [1.0, 9.0]])
    labels = np.eye(2, dtype=bool)[[0, 0, 1, 1, 0]]
    found = clustered(TRAIN, labels, (asked, asked[1:]), 2, 1)
    assert [own.tolist() for own in found] == [[0, 1], [1]]
    assert clustered(TRAIN, labels, (asked,), 1, 1)[0].tolist() == [0, 0]  # three of five


def test_lengths_are_of_texts_that_have_words():
    data = LabelledTexts.of("made", {"title": ["deep graph nets", "", "the graph"]}, [["A"], ["A"], ["B"]])
    assert lengths(data) == {"title": {"A": [3], "B": [1]}}


@pytest.mark.slow
def test_the_program_writes_both_figures_and_the_numbers(tmp_path: Path):
    small = ["model.units=8", "model.filters=8", "model.dim=8", "model.training.epochs=2", "dataset.texts=100"]
    words = ["--out", str(tmp_path), "--most", "4", "dataset=synthetic-texts", *small]
    assert text_figures.main(words) == 0
    names = {"text_lengths_synthetic-texts", "text_neighbours_synthetic-texts"}
    assert {file.stem for file in tmp_path.glob("*.svg")} == {file.stem for file in tmp_path.glob("*.png")} == names
    stored = json.loads((tmp_path / "text_neighbours_synthetic-texts.json").read_text())
    assert {way: len(parts["test"]) for way, parts in stored["macro_f1"].items()} == {"nearest texts": 4, "k-means": 4}
