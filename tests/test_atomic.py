"""Files and folders are there whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from recsys import atomic


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_a_file_that_cannot_be_written_whole_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "numbers.json"
    atomic.write_text(file, "old")

    def fail(descriptor: int) -> None:
        raise OSError("no space")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="no space"):
        atomic.write_text(file, "new")
    assert file.read_text() == "old"
    assert names(tmp_path) == ["numbers.json"]


def test_a_file_that_a_library_writes_takes_its_place_when_it_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text("old")
    with pytest.raises(ZeroDivisionError), atomic.replacing(file) as unfinished:
        unfinished.write_text("half")
        raise ZeroDivisionError
    assert (file.read_text(), names(tmp_path)) == ("old", ["table.csv"])
    with atomic.replacing(file) as unfinished:
        unfinished.write_text("new")
    assert (file.read_text(), names(tmp_path)) == ("new", ["table.csv"])


def test_numbers_that_are_not_finite_are_null_in_json(tmp_path: Path) -> None:
    atomic.write_json(tmp_path / "a.json", {"a": [1.5, float("nan")], "b": (float("inf"),), "c": "é"})
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert json.loads(text) == {"a": [1.5, None], "b": [None], "c": "é"} and "é" in text


def test_a_folder_appears_with_all_its_files_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), atomic.folder(tmp_path / "one") as folder:
        (folder / "a").write_text("a")
        raise ZeroDivisionError
    assert names(tmp_path) == []
    with atomic.folder(tmp_path / "one") as folder:
        (folder / "a").write_text("a")
        assert not (tmp_path / "one").exists()
    assert names(tmp_path / "one") == ["a", "checksums.json"]
    with pytest.raises(OSError), atomic.folder(tmp_path / "one") as folder:
        (folder / "a").write_text("b")
    assert (tmp_path / "one/a").read_text() == "a"
    assert names(tmp_path) == ["one"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda folder: None, None),
        (lambda folder: (folder / "a").write_text("b"), "a has another checksum than when it was written"),
        (lambda folder: (folder / "a").unlink(), "a is missing"),
        (lambda folder: (folder / "b").write_text("b"), "b has another checksum than when it was written"),
        (lambda folder: (folder / "checksums.json").write_text("[]"), "checksums.json holds no checksums"),
        (lambda folder: (folder / "checksums.json").write_text("{"), "Expecting property name"),
    ],
)
def test_what_was_changed_in_a_folder_is_named(tmp_path: Path, change: object, words: str | None) -> None:
    with atomic.folder(tmp_path / "one") as folder:
        (folder / "a").write_text("a")
    change(tmp_path / "one")  # type: ignore[operator]
    found = atomic.damage(tmp_path / "one")
    assert found is None if words is None else words in str(found)
