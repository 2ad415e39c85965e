"""Which files belong to which item."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys.dataset import DataError
from recsys.keyframes.media import films


def put(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return folder


def test_an_item_has_its_videos_its_pictures_and_its_folder(tmp_path: Path):
    put(tmp_path, "10.mp4", "10.jpg", "10/b.png", "10/a.JPG", "9.WEBM", "10/notes.txt", "readme.md", ".11.jpg", "11/x")
    nine, ten = films(tmp_path)
    assert (nine.name, [file.name for file in nine.videos]) == ("9", ["9.WEBM"])
    assert [file.name for file in ten.videos] == ["10.mp4"]
    assert [file.name for file in ten.pictures] == ["10.jpg"]
    assert [file.name for file in ten.frames] == ["a.JPG", "b.png"]


def test_ids_are_numbers_where_all_are_and_go_by_their_size(tmp_path: Path):
    assert [film.name for film in films(put(tmp_path, "10.jpg", "9.jpg"))] == ["9", "10"]
    assert [film.name for film in films(put(tmp_path, "007.jpg"))] == ["007", "10", "9"]  # 7 would be another film


def test_the_digest_is_of_what_the_files_hold(tmp_path: Path):
    put(tmp_path, "1.jpg", "2.jpg", "3/a.jpg", "3/b.jpg")
    (tmp_path / "2.jpg").write_bytes(b"1.jpg")
    first, second, third = (film.digest for film in films(tmp_path))
    assert first == second != third
    (tmp_path / "3" / "b.jpg").write_bytes(b"another")
    assert films(tmp_path)[2].digest != third


def test_a_folder_without_media_is_refused(tmp_path: Path):
    with pytest.raises(DataError, match="expected a folder of videos and pictures named"):
        films(tmp_path / "missing")
    with pytest.raises(DataError, match=r"expected files <item id>\.ENDING or folders"):
        films(put(tmp_path, "notes.txt"))
