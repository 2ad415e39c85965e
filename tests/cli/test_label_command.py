"""Sentences on the screen with their entities; by a kept model and by one that is fitted; refusals."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from recsys.cli import label
from recsys.dataset import DataError
from recsys.evaluation.label_references import FrequentTag
from recsys.store import learned
from tests import jobs

ROOT = Path(__file__).resolve().parents[2]
TAGS = FrequentTag({"bruce": "B-ACTOR", "willis": "I-ACTOR", "drama": "B-GENRE", "ужас": "B-GENRE"}, "O")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    learned.save(TAGS).write(tmp_path / "run" / "model")
    return tmp_path / "run"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "my sentences.txt").write_text("a drama with bruce willis\n\n  ужас 1984 [x]\n", encoding="utf-8")
    return tmp_path / "my sentences.txt"


def test_a_kept_model_puts_entities_in_brackets(run: Path, file: Path, capsys: pytest.CaptureFixture[str]):
    assert label.main([str(file), "--run", str(run)]) == 0
    assert capsys.readouterr().out == "a [drama: GENRE] with [bruce willis: ACTOR]\n[ужас: GENRE] 1984 [x]\n"


def test_tags_can_be_had_line_by_line(run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("bruce willis\ndrama\n"))
    label.main(["-", "--run", str(run), "--bio"])
    assert capsys.readouterr().out == "bruce\tB-ACTOR\nwillis\tI-ACTOR\n\ndrama\tB-GENRE\n\n"


def test_what_cannot_be_tagged_is_refused(run: Path, file: Path, tmp_path: Path):
    (tmp_path / "empty.txt").write_text("\n \n")
    (tmp_path / "latin.txt").write_bytes("café".encode("latin-1"))
    for name, words in (
        ("none.txt", "expected a file with a sentence a line, found none"),
        ("empty.txt", "expected a sentence a line, got none"),
        ("latin.txt", "expected UTF-8, got another encoding"),
    ):
        with pytest.raises(DataError, match=words):
            label.main([str(tmp_path / name), "--run", str(run)])
    with pytest.raises(DataError, match=r"found no model/ in it; correct --run"):
        label.main([str(file), "--run", str(tmp_path)])
    with pytest.raises(
        DataError, match="expected no options of a run beside --run, whose model is fitted, got model=x"
    ):
        label.main([str(file), "--run", str(run), "model=x"])
    with pytest.raises(DataError, match=r"the run is of task=rank; pass the dataset= of tagged sentences"):
        label.show(jobs.request(), str(file), as_bio=False)


@pytest.mark.slow
def test_the_command_takes_the_options_of_a_run_and_leaves_nothing_behind(file: Path, tmp_path: Path):
    (tmp_path / "train.bio").write_text("\n".join(["bruce B-ACTOR", "willis I-ACTOR", "is O", "here O", "", ""] * 10))
    words = ["dataset=bio-file", f"dataset.path={tmp_path / 'train.bio'}", "split.share=0.1", "model.training.epochs=1"]
    command = [sys.executable, "-m", "recsys", "label", str(file), *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert (done.returncode, done.stderr) == (0, "")
    introduction, *lines = done.stdout.splitlines()
    assert introduction.startswith("train: 10 sentences, 40 tokens")
    assert len(lines) == 2
