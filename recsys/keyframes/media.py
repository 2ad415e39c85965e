"""A folder of videos and pictures named after the items of a catalogue."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from recsys.dataset import DataError

VIDEOS = (".mp4", ".mkv", ".avi", ".webm", ".mov", ".gif")
PICTURES = (".jpg", ".jpeg", ".png", ".webp")


@dataclass(frozen=True, slots=True)
class Film:
    """An item and what there is to see of it.

    name       its id as the files spell it
    videos, pictures   files
    frames     the pictures of its folder, in order of their names
    """

    name: str
    videos: tuple[Path, ...]
    pictures: tuple[Path, ...]
    frames: tuple[Path, ...]

    @property
    def digest(self) -> str:
        """SHA-256 over the SHA-256 of each file, 16 hexadecimal digits: equal pixels and times, equal digest."""
        whole = hashlib.sha256()
        for file in (*self.videos, *self.pictures, *self.frames):
            with file.open("rb") as opened:
                whole.update(hashlib.file_digest(opened, "sha256").digest())
        return whole.hexdigest()[:16]


def films(folder: Path) -> list[Film]:
    """Every item of FOLDER/<item id>.ENDING and FOLDER/<item id>/PICTURE, in order of the ids.

    An item with several of these is seen in all of them. Files of other endings are nobody's.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: expected a folder of videos and pictures named <item id>.ENDING, found none")
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            found.setdefault(path.name, []).extend(_of(sorted(path.iterdir()), PICTURES))
        else:
            found.setdefault(path.stem, []).extend(_of([path], VIDEOS + PICTURES))
    found = {name: files for name, files in found.items() if files}
    if not found:
        endings = ", ".join(VIDEOS + PICTURES)
        raise DataError(f"{folder}: expected files <item id>.ENDING or folders <item id>/ with {endings}; found none")
    ids = dict(zip(found, identities(list(found)), strict=True))
    return [_film(folder, name, found[name]) for name in sorted(found, key=lambda name: ids[name])]


def identities(names: Sequence[str]) -> list[int] | list[str]:
    """The ids that names stand for: integers where all are written as whole numbers are (7, not 007), else strings."""
    if all(name.isascii() and name.isdecimal() and str(int(name)) == name for name in names):
        return [int(name) for name in names]
    return list(names)


def _film(folder: Path, name: str, files: Sequence[Path]) -> Film:
    own = [file for file in files if file.parent == folder]
    frames = tuple(file for file in files if file.parent != folder)
    return Film(name, tuple(_of(own, VIDEOS)), tuple(_of(own, PICTURES)), frames)


def _of(files: Sequence[Path], endings: Sequence[str]) -> list[Path]:
    return [file for file in files if file.suffix.lower() in endings and not file.name.startswith(".")]
