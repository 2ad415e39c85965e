"""Files and folders that are there whole or not at all, whatever ends the process while they are written."""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

UNFINISHED = ".unfinished"
"""Ending of what is being written; one that stayed behind may be deleted."""
CHECKSUMS = "checksums.json"
"""In a folder made by `folder`: the SHA-256 of each of its files."""


def write_bytes(file: Path, content: bytes) -> None:
    """Writes beside the file, then takes its place: readers find the old content or the new."""
    unfinished = file.with_name(f"{file.name}.{os.getpid()}{UNFINISHED}")
    try:
        with unfinished.open("wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        unfinished.replace(file)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    sync(file.parent)


def write_text(file: Path, content: str) -> None:
    write_bytes(file, content.encode())


def write_json(file: Path, value: object) -> None:
    """Readable JSON; a number that is not finite becomes null."""
    write_text(file, json.dumps(_finite(value), indent=1, ensure_ascii=False, allow_nan=False) + "\n")


@contextmanager
def replacing(file: Path) -> Generator[Path]:
    """A path to write to, for libraries that open files themselves; it takes the file's place when the block ends."""
    unfinished = file.with_name(f"{file.name}.{os.getpid()}{UNFINISHED}")
    try:
        yield unfinished
        sync(unfinished)
        unfinished.replace(file)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    sync(file.parent)


@contextmanager
def folder(target: Path) -> Generator[Path]:
    """An empty folder to fill, which becomes `target` when the block ends, with the checksums of its files.

    Raises `FileExistsError` where `target` is there and not empty.
    """
    unfinished = target.with_name(f"{target.name}.{os.getpid()}{UNFINISHED}")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        yield unfinished
        write_json(unfinished / CHECKSUMS, checksums(unfinished))  # over a copied one, too
        for inside in unfinished.rglob("*"):
            sync(inside)
        sync(unfinished)
        unfinished.rename(target)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    sync(target.parent)


def checksums(place: Path) -> dict[str, str]:
    """Path within the folder -> SHA-256, of all files but `CHECKSUMS`."""
    files = sorted(file for file in place.rglob("*") if file.is_file() and file.name != CHECKSUMS)
    return {file.relative_to(place).as_posix(): digest(file) for file in files}


def digest(file: Path) -> str:
    """SHA-256 in hexadecimal digits."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def damage(place: Path) -> str | None:
    """What is wrong with a folder made by `folder`, in words; None where its files are as they were written."""
    try:
        expected: Any = json.loads((place / CHECKSUMS).read_text(encoding="utf-8"))
        present = checksums(place)
    except (OSError, ValueError) as error:
        return " ".join(str(error).split())
    if not isinstance(expected, dict):
        return f"{CHECKSUMS} holds no checksums"
    for name in {**cast(dict[str, str], expected), **present}:
        if name not in present:
            return f"{name} is missing"
        if present[name] != expected.get(name):
            return f"{name} has another checksum than when it was written"
    return None


def sync(path: Path) -> None:
    """Waits until a file's content, or a folder's list of names, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(part) for key, part in cast(Mapping[object, Any], value).items()}
    if isinstance(value, (list, tuple)):
        return [_finite(part) for part in cast(list[Any], value)]
    return value
