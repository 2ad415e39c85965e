"""Texts on the screen with their categories; by a kept model and by one that is fitted; refusals."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from recsys.cli import classify
from recsys.dataset import DataError
from recsys.models.svm import Svm
from recsys.store import learned
from recsys.texts import LabelledTexts, TrainSet
from tests import jobs

ROOT = Path(__file__).resolve().parents[2]
TEXTS = LabelledTexts.of(
    "made", {"title": ["deep nets", "graph walks"] * 5, "note": ["images", "nodes"] * 5}, [["Nets"], ["Graphs"]] * 5
)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    learned.save(Svm().fit(TrainSet(TEXTS, TEXTS), 1)).write(tmp_path / "run" / "model")
    return tmp_path / "run"


def shown(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_a_line_is_a_text_of_the_first_view_or_of_the_one_that_is_named(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    file = tmp_path / "my titles.txt"
    file.write_text("walks on a graph\n\n  deep [x]\n", encoding="utf-8")
    assert classify.main([str(file), "--run", str(run)]) == 0
    assert shown(capsys) == ["Graphs  walks on a graph", "Nets  deep [x]"]
    classify.main([str(file), "--run", str(run), "--view", "note"])
    assert shown(capsys) == ["Graphs  walks on a graph", "Nets  deep [x]"]


def test_a_table_has_a_column_a_view_and_a_missing_one_is_empty(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "t.csv").write_text("year,note,title\n1,images,unheard\n2,,graph\n")
    classify.main([str(tmp_path / "t.csv"), "--run", str(run)])
    assert shown(capsys) == ["Nets  unheard  images", "Graphs  graph"]
    (tmp_path / "t.tsv").write_text("note\nnodes\n")
    classify.main([str(tmp_path / "t.tsv"), "--run", str(run)])
    assert shown(capsys) == ["Graphs  nodes"]


def test_long_texts_are_cut_and_empty_ones_are_counted(
    run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sys, "stdin", io.StringIO("deep " * 1_000_000 + "\n?!\n"))
    classify.main(["-", "--run", str(run)])
    first, second, note = shown(capsys)
    assert first.startswith("Nets  deep deep") and first.endswith("…") and len(first) < 120
    assert second.endswith("  ?!")
    assert note == "1 of 2 texts without a word to go by: their categories are those of an empty text"


def test_what_cannot_be_classified_is_refused(run: Path, tmp_path: Path):
    (tmp_path / "empty.txt").write_text("\n \n")
    (tmp_path / "latin.txt").write_bytes("café".encode("latin-1"))
    (tmp_path / "other.csv").write_text("name\nx\n")
    for name, words in (
        ("none.txt", "expected a file of texts, found none"),
        ("empty.txt", "expected a text a line, got none"),
        ("latin.txt", "expected UTF-8, got another encoding"),
        ("other.csv", "expected a column named title or note, found none; rename the columns"),
    ):
        with pytest.raises(DataError, match=words):
            classify.main([str(tmp_path / name), "--run", str(run)])
    with pytest.raises(DataError, match="expected --view to be one of title, note, which the model reads, got plot"):
        classify.main([str(tmp_path / "empty.txt"), "--run", str(run), "--view", "plot"])
    with pytest.raises(DataError, match=r"found no model/ in it; correct --run"):
        classify.main(["-", "--run", str(tmp_path)])
    with pytest.raises(DataError, match="expected no options of a run beside --run"):
        classify.main(["-", "--run", str(run), "model=x"])
    with pytest.raises(DataError, match=r"the run is of task=rank; pass the dataset= of texts with categories"):
        classify.show(jobs.request(), "-", "")


@pytest.mark.slow
def test_the_command_takes_the_options_of_a_run_and_leaves_nothing_behind(tmp_path: Path):
    (tmp_path / "train.csv").write_text("title,category\n" + "deep nets,Nets\ngraph walks,Graphs\n" * 10)
    (tmp_path / "mine.txt").write_text("a graph\ndeep\n")
    words = ["dataset=texts-file", f"dataset.path={tmp_path / 'train.csv'}", "dataset.views=[title]", "model=svm"]
    command = [sys.executable, "-m", "recsys", "classify", str(tmp_path / "mine.txt"), *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert (done.returncode, done.stderr) == (0, "")
    introduction, *lines = done.stdout.splitlines()
    assert introduction.startswith("train: 20 texts, 1 views, 2 categories")
    assert lines == ["Graphs  a graph", "Nets  deep"]
