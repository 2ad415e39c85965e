"""Runs by hand, for the tests of what follows them: the world of `tests.jobs`, kept in a folder as a driver does."""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

from recsys import atomic
from recsys.environment import environment
from recsys.evaluation.ranking_task import Rank
from recsys.evaluation.splits import Folds, RandomSplit
from recsys.execution.executor import Work
from recsys.execution.local import Local
from recsys.output.tracking import NoTracking, Tracker
from recsys.results import Description, Job
from recsys.store.run_folder import Record, RunFolder, Status
from tests.jobs import FULL, RATED, Known, World
from tests.worlds import ratings

PROTOCOLS = (RATED, FULL)
FILES = (Path("summary.json"), Path("environment.json"), Path("per_user.parquet"), Path("model/document.json"))


def job(name: str = "known", model: Any = None) -> Job:
    return Job(name, 3, Rank(), World().load(), Folds(seed=3, repeats=2), PROTOCOLS, model or Known())


def many(name: str = "many") -> Job:
    """Of as many repeats as one likes."""
    data = ratings([(u, i, float(1 + (u * i) % 5)) for u in range(6) for i in range(4)], 6, 4)
    return Job(name, 3, Rank(), data, RandomSplit(seed=3, repeats=40, share=0.5), PROTOCOLS, Known())


def begin(folder: Path, job: Job, repeats: Sequence[int], tracking: str | None) -> RunFolder:
    """A new run, or the one that is there goes on."""
    run = RunFolder(folder)
    if (folder / "run.json").exists():
        run.update(status="running", repeats=tuple(repeats), tracking=tracking)
    else:
        about, code = Description.of(job), environment()
        record = Record(uuid.uuid4().hex, "k", {}, "running", time.time(), tuple(repeats), about, tracking, "", code)
        run.write(record)
    return run


def keep(run: RunFolder, job: Job, number: int) -> None:
    """Runs one repeat, where it is lacking."""
    if run.missing([number]):
        ((_, shard),) = Local().run([Work(job, number, keep_model=False)])
        run.keep(shard, "none")


def write_files(run: RunFolder) -> Sequence[Path]:
    """What stands for the run's other files."""
    results = run.results()
    metrics = {name: asdict(metric) for name, metric in results.metrics.items()}
    for file in FILES:
        (run.path / file).parent.mkdir(exist_ok=True)
        (run.path / file).write_text(f"{file} of {results.numbers}")
    atomic.write_json(run.path / "summary.json", {"metrics": metrics})
    return FILES


def follow(
    folder: Path,
    tracker: Tracker | None = None,
    *,
    job: Job,
    repeats: Sequence[int] = (1, 2),
    status: Status = "finished",
    interrupted: bool = False,
    before: Callable[[int], None] = lambda number: None,
    within: AbstractContextManager[Any] | None = None,
) -> str | None:
    """Runs the repeats, followed by the tracker, and says what `close` says."""
    tracker = tracker or NoTracking()
    with within or nullcontext():
        run = begin(folder, job, repeats, tracker.store)
        follower = tracker.follow(run)
        for number in repeats:
            before(number)
            keep(run, job, number)
            follower.repeat()
        run.update(status=status)
        return follower.close(() if interrupted else write_files(run), interrupted=interrupted)


def held(uri: str, run: RunFolder) -> list[tuple[Any, ...]]:
    """All that an SQLite store has of a run and its repeats, row by row, but for ids and the colour."""
    with closing(sqlite3.connect(uri.removeprefix("sqlite:///"))) as database:
        runs = "SELECT runs.* FROM runs JOIN tags USING (run_uuid) WHERE lifecycle_stage = 'active' AND tags.key = ?"
        parents = database.execute(
            f"SELECT run_uuid, name, status, start_time, end_time FROM ({runs} AND tags.value = ?)",
            ("run_id", run.record.id),
        ).fetchall()
        children = [
            child
            for parent, *_ in parents
            for child in database.execute(
                f"SELECT run_uuid, name, status, start_time, end_time FROM ({runs} AND tags.value = ?)",
                ("mlflow.parentRunId", parent),
            )
        ]
        rows: list[tuple[Any, ...]] = []
        for run_id, name, *about in (*parents, *children):
            rows.append((name, "run", *about))
            for table, columns in (
                ("metrics", "key, step, value, timestamp"),
                ("latest_metrics", "key, step, value, timestamp"),
                ("params", "key, value"),
                ("tags", "key, value"),
            ):
                found = database.execute(f"SELECT {columns} FROM {table} WHERE run_uuid = ?", (run_id,))
                unlike = ("run_id", "mlflow.parentRunId", "mlflow.runColor")
                rows += [(name, table, *map(str, row)) for row in found if row[0] not in unlike]
            inputs = database.execute("SELECT count(*) FROM inputs WHERE destination_id = ?", (run_id,)).fetchone()
            rows.append((name, "inputs", *inputs))
        return sorted(rows, key=str)
