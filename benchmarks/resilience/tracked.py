"""What MLflow's SQLite file holds of a run, read without MLflow: what was sent is not judged by what sent it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

Points = tuple[tuple[str, int, float], ...]
"""(name, step, value), every one as often as it is there; seconds and memory, which differ by nature, are left out."""
LIVE = "lifecycle_stage = 'active'"


@dataclass(frozen=True, slots=True)
class Tracked:
    """repeats: number -> status and points of each run of that repeat. files: names below the run's artifacts."""

    status: str
    params: Mapping[str, str]
    points: Points
    files: tuple[str, ...] | None
    repeats: Mapping[str, tuple[tuple[str, Points], ...]]


def tracked(database: Path, run_id: str) -> list[Tracked]:
    """Each live run of that id (of `Record.id`); none where there is no database."""
    if not database.exists():
        return []
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return [_run(connection, uuid, *row) for uuid, *row in _with_tag(connection, "run_id", run_id)]


def live(database: Path) -> int:
    """How many runs there are that are not in the trash, repeats included."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return int(connection.execute(f"select count(*) from runs where {LIVE}").fetchone()[0])


def difference(database: Path, run_id: str, expected: Tracked) -> str | None:
    """In what the run's place in MLflow differs from that of a run that was never stopped, in words; None: nothing."""
    found = tracked(database, run_id)
    if len(found) != 1:
        return f"MLflow has {len(found)} live runs of it"
    run = found[0]
    if run.status != expected.status:
        return f"MLflow's status is {run.status}"
    if run.repeats.keys() != expected.repeats.keys():
        return f"MLflow has the repeats {', '.join(sorted(run.repeats)) or 'none'}"
    for number, children in run.repeats.items():
        if len(children) != 1:
            return f"MLflow has repeat {number} {len(children)} times"
        if children != expected.repeats[number]:
            return f"MLflow has repeat {number} as {children[0][0]}, or with other points"
    for name in ("params", "points") if run.files is None else ("params", "points", "files"):
        if getattr(run, name) != getattr(expected, name):
            return f"MLflow has other {name}"
    extra = live(database) - 1 - len(expected.repeats)
    return f"MLflow has {extra} live runs too many" if extra else None


def _run(connection: sqlite3.Connection, uuid: str, status: str, place: str) -> Tracked:
    children: dict[str, list[tuple[str, Points]]] = {}
    for child, child_status, _ in _with_tag(connection, "mlflow.parentRunId", uuid):
        query = "select value from tags where run_uuid = ? and key = 'repeat'"
        row = connection.execute(query, (child,)).fetchone()
        number = row[0] if row else "?"
        children.setdefault(number, []).append((child_status, _points(connection, child)))
    params = dict(connection.execute("select key, value from params where run_uuid = ?", (uuid,)))
    repeats = {number: tuple(runs) for number, runs in children.items()}
    return Tracked(status, params, _points(connection, uuid), _files(place), repeats)


def _with_tag(connection: sqlite3.Connection, key: str, value: str) -> list[tuple[Any, ...]]:
    query = f"""select runs.run_uuid, runs.status, runs.artifact_uri from runs join tags using (run_uuid)
                where tags.key = ? and tags.value = ? and {LIVE}"""
    return connection.execute(query, (key, value)).fetchall()


def _points(connection: sqlite3.Connection, uuid: str) -> Points:
    query = "select key, step, value from metrics where run_uuid = ? order by key, step, value"
    rows = connection.execute(query, (uuid,)).fetchall()
    return tuple(row for row in rows if not row[0].endswith("_s") and row[0] != "peak_rss_mb")


def _files(place: str) -> tuple[str, ...] | None:
    """None: a server keeps them."""
    parts = urlsplit(place)
    if parts.scheme not in ("", "file"):
        return None
    folder = Path(unquote(parts.path))
    return tuple(sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()))
