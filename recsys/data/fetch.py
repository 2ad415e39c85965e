"""Downloads an archive and unpacks it atomically: an interruption never leaves a partial folder."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pooch

from recsys import atomic
from recsys.dataset import DataError, DataUnavailable

CONNECT_S, READ_S = 4.0, 20.0
"""Timeouts in seconds for the connection and for the next bytes; short, for machines without network."""
_POOCH = {"SHA-256": "sha256", "MD5": "md5"}


@dataclass(frozen=True, slots=True)
class Archive:
    """A zip with one folder in it.

    urls        tried in this order, once each; with a checksum plain http is as safe as https
    checksum    None: taken unchecked
    folder      the folder's name inside the zip
    algorithm   of the checksum: what the publisher gives
    """

    urls: Sequence[str]
    checksum: str | None
    folder: str
    algorithm: Literal["SHA-256", "MD5"] = "SHA-256"


def fetch(archive: Archive, target: Path) -> str:
    """Makes `target` the archive's folder, all of it or nothing, see `atomic.folder`; returns the URL it came from.

    Raises `DataUnavailable`, its message the reasons line by line, where no URL answers or `target` cannot be written,
    and `DataError` where the only answers were not the archive.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-")
    except OSError as error:
        raise DataUnavailable(f"{target.parent}: cannot be written to ({error.strerror})") from error
    with temporary as name:
        file, url = _download(archive, Path(name))
        try:
            with zipfile.ZipFile(file) as archive_file:
                archive_file.extractall(name)
            unpacked = Path(name, archive.folder)
            if not unpacked.is_dir():
                raise DataError(f"{url}: expected a folder {archive.folder}/ in the archive, found none")
            _keep(unpacked, target)
        except zipfile.BadZipFile as error:
            raise DataError(f"{url}: expected a zip archive, got another file ({error}); fetch it again") from error
    return url


def _download(archive: Archive, folder: Path) -> tuple[Path, str]:
    reasons: list[str] = []
    wrong: list[str] = []
    for url in archive.urls:
        checksum = None if archive.checksum is None else f"{_POOCH[archive.algorithm]}:{archive.checksum}"
        get: Any = pooch.HTTPDownloader(timeout=(CONNECT_S, READ_S), chunk_size=1 << 16)
        try:
            return Path(pooch.retrieve(url, checksum, f"{archive.folder}.zip", folder, downloader=get)), url
        except OSError as error:  # every network error of requests is one
            reasons.append(f"{url}: {_reason(error)}")
        except ValueError:  # raised by pooch for a wrong checksum
            wrong.append(url)
    if wrong:
        raise DataError(
            f"{wrong[0]}: expected an archive with {archive.algorithm} {archive.checksum}, got another, which was "
            "thrown away (a proxy or a login page may have answered instead); fetch it again, or pass "
            "dataset.root=FOLDER with an unpacked copy, or dataset.verify=false to take the new archive"
        )
    raise DataUnavailable("\n".join(reasons))


def _keep(unpacked: Path, target: Path) -> None:
    try:
        with atomic.folder(target) as folder:
            for part in unpacked.iterdir():
                part.rename(folder / part.name)
    except OSError:
        if not target.is_dir():  # else another process was faster, with the same archive
            raise


def _reason(error: OSError) -> str:
    """The innermost cause, in one line, without the connection object's repr."""
    cause = error.args[0] if error.args else error
    text = error.strerror or str(getattr(cause, "reason", cause))
    return " ".join((text.partition("): ")[2] or text).split())
