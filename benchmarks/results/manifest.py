"""results/manifest.json: of which commit and code each file is, and what it took."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType

from benchmarks.results.plan import KEPT, Target
from recsys import atomic

NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """How a target was made.

    code      see `benchmarks.results.made_by`
    files     name -> SHA-256, of those that the commands left
    seconds   from the first command's start to the last one's end; what an attempt before has left is not counted
    """

    commands: tuple[str, ...]
    commit: str
    code: str
    files: Mapping[str, str]
    seconds: float
    date: str
    processor: str
    cores: int


def read(results: Path) -> Mapping[str, Entry]:
    """Target -> its entry; empty where there is no manifest."""
    file = results / NAME
    if not file.exists():
        return MappingProxyType({})
    stored: Mapping[str, dict[str, object]] = json.loads(file.read_text(encoding="utf-8"))
    return {name: Entry(**entry) for name, entry in stored.items()}  # pyright: ignore[reportArgumentType]


def keep(results: Path, name: str, entry: Entry) -> None:
    entries = {**read(results), name: entry}
    atomic.write_json(results / NAME, {target: asdict(made) for target, made in sorted(entries.items())})


def hashes(results: Path, target: Target) -> Mapping[str, str]:
    """Name -> SHA-256 of the target's files that are there."""
    files = sorted({file for pattern in target.files for file in results.glob(pattern)})
    return {file.name: atomic.digest(file) for file in files}


def state(results: Path, target: Target, entry: Entry | None, code: Callable[[], str]) -> str:
    """`current`, or in words why not; code: gives the present one, which takes seconds, and is asked for last."""
    there = hashes(results, target)
    if not there:
        return "missing"
    if entry is None:
        return "older than the manifest"
    if dict(there) != dict(entry.files):
        changed = sorted(name for name in {*there, *entry.files} if there.get(name) != entry.files.get(name))
        return f"changed since it was made: {', '.join(changed)}"
    return "current" if entry.code == code() else "of other code or settings"


def unclaimed(results: Path, targets: Mapping[str, Target]) -> Iterator[str]:
    """Names in results/ that no target writes and `KEPT` does not explain."""
    claimed = {file for target in targets.values() for pattern in target.files for file in results.glob(pattern)}
    yield from sorted(file.name for file in results.iterdir() if file not in claimed and file.name not in KEPT)
