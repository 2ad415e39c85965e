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
    """An item and its media files.

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
        digest = hashlib.sha256()
        for file in (*self.videos, *self.pictures, *self.frames):
            with file.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
        return digest.hexdigest()[:16]


def films(folder: Path) -> list[Film]:
    """Every item of FOLDER/<item id>.ENDING and FOLDER/<item id>/PICTURE, in order of the ids.

    An item may have several of these. Files of other endings are ignored.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: expected a folder of videos and pictures named <item id>.ENDING, found none")
    files_of: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            files_of.setdefault(path.name, []).extend(_with_ending(sorted(path.iterdir()), PICTURES))
        else:
            files_of.setdefault(path.stem, []).extend(_with_ending([path], VIDEOS + PICTURES))
    files_of = {name: files for name, files in files_of.items() if files}
    if not files_of:
        endings = ", ".join(VIDEOS + PICTURES)
        raise DataError(f"{folder}: expected files <item id>.ENDING or folders <item id>/ with {endings}; found none")
    ids = dict(zip(files_of, identities(list(files_of)), strict=True))
    return [_film(folder, name, files_of[name]) for name in sorted(files_of, key=lambda name: ids[name])]


def identities(names: Sequence[str]) -> list[int] | list[str]:
    """The ids that names spell: integers where all are written as whole numbers are (7, not 007), else strings."""
    if all(name.isascii() and name.isdecimal() and str(int(name)) == name for name in names):
        return [int(name) for name in names]
    return list(names)


def _film(folder: Path, name: str, files: Sequence[Path]) -> Film:
    top_level = [file for file in files if file.parent == folder]
    frames = tuple(file for file in files if file.parent != folder)
    return Film(name, tuple(_with_ending(top_level, VIDEOS)), tuple(_with_ending(top_level, PICTURES)), frames)


def _with_ending(files: Sequence[Path], endings: Sequence[str]) -> list[Path]:
    return [file for file in files if file.suffix.lower() in endings and not file.name.startswith(".")]
