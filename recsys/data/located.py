"""Where published data lie: the folder that was named, $RECSYS_DATA, the cache, or a download, in this order."""

from __future__ import annotations

import os
from pathlib import Path

import pooch

from recsys.data.fetch import Archive, fetch
from recsys.dataset import DataUnavailable


def find(name: str, archive: Archive, root: str | None, cache: str | None, download: bool) -> tuple[Path, str]:
    """The folder, and how it was found, in words.

    root, cache   of the loader; a `root` is taken as it is. In the other places the folder is called `name`, in
                  $RECSYS_DATA else as in the archive
    Raises `DataUnavailable`, its message what was tried line by line.
    """
    try:
        return find_here(name, root, cache, archive.folder)
    except DataUnavailable as error:
        tried = str(error)
    if not download:
        raise DataUnavailable(f"{tried}\ndownload: switched off by dataset.download=false")
    cached = _cached(name, cache)
    try:
        url = fetch(archive, cached)
    except DataUnavailable as error:
        raise DataUnavailable(f"{tried}\n{error}") from error
    return cached, f"downloaded from {url}"


def find_here(name: str, root: str | None, cache: str | None, other: str | None = None) -> tuple[Path, str]:
    """As `find`, of data that are not downloaded; other: a second name that the folder may have in $RECSYS_DATA."""
    if root is not None:
        return Path(root).expanduser(), "dataset.root"
    tried: list[str] = []
    shared = os.environ.get("RECSYS_DATA")
    if shared:
        folders = [Path(shared).expanduser() / folder for folder in dict.fromkeys((name, other or name))]
        for folder in folders:
            if folder.exists():
                return folder, "RECSYS_DATA"
        tried.append(f"RECSYS_DATA: {' or '.join(map(str, folders))} is not there")
    else:
        tried.append("RECSYS_DATA: not set")
    cached = _cached(name, cache)
    if cached.exists():
        return cached, "the cache"
    raise DataUnavailable("\n".join([*tried, f"the cache: {cached} is not there"]))


def _cached(name: str, cache: str | None) -> Path:
    return Path(pooch.os_cache("recsys-bench") if cache is None else cache).expanduser() / name


def file(path: str) -> Path:
    """The file of this path; of a relative one that is not there, the one in $RECSYS_DATA if there is one."""
    named = Path(path).expanduser()
    shared = Path(os.environ.get("RECSYS_DATA", "")).expanduser() / named
    return shared if not named.exists() and shared.exists() else named


def advice(name: str, megabytes: int, error: DataUnavailable) -> str:
    """What `find` tried, and what can be done."""
    tried = "\n".join(f"  - {line}" for line in str(error).split("\n"))
    return f"""Tried:
{tried}
To get {name}, do one of these:
  1. connect this machine to the network and run again: it downloads ({megabytes} MB)
  2. put the unpacked {name} folder anywhere and pass dataset.root=FOLDER
  3. set RECSYS_DATA to the folder that holds {name}/"""
