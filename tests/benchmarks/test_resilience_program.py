"""What judges the runs can say no: folders and databases with known faults."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.resilience import __main__ as program
from benchmarks.resilience import bench, folders, outcome, report, tracked
from benchmarks.resilience.commands import Ended, Unexpected
from benchmarks.resilience.kills import Killed, summarized
from recsys import atomic
from recsys.store.run_folder import RunFolder
from tests import jobs

REPEAT = ("rated/auc", 0, 0.5)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("expected") / "run"
    jobs.run(folder)
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    jobs.run(folder)
    return folder


def test_the_same_run_twice_does_not_differ(run: Path, expected: Path) -> None:
    assert outcome.difference(run, expected) is None


def test_one_byte_of_a_table_or_of_a_finished_repeat_is_a_difference(run: Path, expected: Path) -> None:
    folders.flip(run / "rankings.parquet")
    assert outcome.difference(run, expected) == "rankings.parquet has other bytes"
    folders.flip(run / "repeats" / "0002" / "splits.parquet")
    assert "splits.parquet has another checksum" in str(outcome.difference(run, expected))


def test_a_missing_file_another_number_and_a_run_that_has_not_ended_are_differences(run: Path, expected: Path) -> None:
    text = (run / "summary.json").read_text(encoding="utf-8")
    atomic.write_text(run / "summary.json", text.replace('"seed": 3', '"seed": 4'))
    assert outcome.difference(run, expected) == "summary.json has another seed"
    (run / "per_user.parquet").unlink()
    assert outcome.difference(run, expected) == "per_user.parquet is missing"
    RunFolder(run).update(status="running")
    assert outcome.difference(run, expected) == "run.json says running"


def database(
    place: Path, runs: Sequence[tuple[str, str, str]] = (), points: Sequence[tuple[str, str, int, float]] = ()
) -> Path:
    """A finished run `p` with the repeat `c`, as in MLflow's tables, and more runs (id, tag, its value) and points."""
    with closing(sqlite3.connect(place)) as connection:
        connection.executescript(
            """create table runs (run_uuid, status, lifecycle_stage, artifact_uri);
               create table tags (key, value, run_uuid);
               create table params (key, value, run_uuid);
               create table metrics (key, value, timestamp, run_uuid, step);
               insert into params values ('rate', '0.5', 'p')"""
        )
        for uuid, key, value in [("p", "run_id", "x"), ("c", "mlflow.parentRunId", "p"), *runs]:
            connection.execute("insert into runs values (?, 'FINISHED', 'active', 'mlflow-artifacts:/1')", (uuid,))
            connection.execute("insert into tags values (?, ?, ?)", (key, value, uuid))
            connection.execute("insert into tags values ('repeat', '1', ?)", (uuid,))
        rows = [("c", *REPEAT), ("c", "fit_s", 0, 3.0), *points]
        for time, (uuid, key, step, value) in enumerate(rows):
            connection.execute("insert into metrics values (?, ?, ?, ?, ?)", (key, value, time, uuid, step))
        connection.commit()
    return place


def test_what_mlflow_holds_is_read_without_seconds_and_memory(tmp_path: Path) -> None:
    (found,) = tracked.tracked(database(tmp_path / "a.db"), "x")
    assert found == tracked.Tracked("FINISHED", {"rate": "0.5"}, (), None, {"1": (("FINISHED", (REPEAT,)),)})
    assert tracked.difference(tmp_path / "a.db", "x", found) is None
    assert tracked.tracked(tmp_path / "none.db", "x") == []


@pytest.mark.parametrize(
    ("runs", "points", "words"),
    [
        ((("q", "run_id", "x"),), (), "MLflow has 2 live runs of it"),
        ((("d", "mlflow.parentRunId", "p"),), (), "MLflow has repeat 1 2 times"),
        ((("d", "run_id", "another"),), (), "MLflow has 1 live runs too many"),
        ((), (("c", *REPEAT),), "MLflow has repeat 1 as FINISHED, or with other points"),
        ((), (("p", *REPEAT),), "MLflow has other points"),
    ],
    ids=["run twice", "repeat twice", "another run", "point twice", "point too many"],
)
def test_doubles_in_mlflow_are_differences(
    runs: Sequence[tuple[str, str, str]], points: Sequence[tuple[str, str, int, float]], words: str, tmp_path: Path
) -> None:
    (found,) = tracked.tracked(database(tmp_path / "a.db"), "x")
    assert tracked.difference(database(tmp_path / "b.db", runs, points), "x", found) == words


def test_a_refusal_is_one_sentence_with_what_it_must_name() -> None:
    good = Ended(1, 0.1, "", "FOLDER: in use (process 7 on here)\n")
    assert folders.refused(good, "FOLDER", "process 7 ") == []
    assert folders.refused(replace(good, code=0)) == ["exit code 0"]
    assert folders.refused(good, "process 8 ")[0].startswith("the sentence lacks 'process 8 '")
    assert folders.refused(replace(good, err="Traceback (most recent call last)\nOSError\n")) == [
        "a traceback",
        "2 lines on standard error",
    ]


def place_for_runs(folder: Path) -> bench.Bench:
    return bench.Bench(folder, 3, 1, ("local",), lambda _: None)


def killed(kept: int, *problems: str, had_ended: bool = False) -> Killed:
    return Killed(kept, 8, True, 0.5, had_ended, False, 0, problems)


def test_kills_are_counted_by_what_they_hit_and_one_problem_fails_all(tmp_path: Path) -> None:
    found = [killed(0), killed(3), killed(8, had_ended=True)]
    row = summarized(place_for_runs(tmp_path), found)
    assert row.ok
    assert "3 of 3 identical; 1 before the first repeat was kept, 1 between repeats, 0 after the last" in row.found
    assert "2 after at least one finished repeat" in row.found
    row = summarized(place_for_runs(tmp_path), [*found[:2], killed(8, "rankings.parquet has other bytes")])
    assert row.ok is False
    assert row.found.startswith("2 of 3 identical")
    assert row.found.endswith("rankings.parquet has other bytes")


def test_fewer_kills_than_asked_for_are_a_failure(tmp_path: Path) -> None:
    assert summarized(place_for_runs(tmp_path), [killed(1)]).ok is False


def test_a_scenario_that_cannot_go_on_is_a_failed_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: bench.Bench) -> list[bench.Row]:
        raise Unexpected("expected two repeats, got exit code 1")

    monkeypatch.setattr(program, "SCENARIOS", {"broken": broken})
    (row,) = program.tried("broken", place_for_runs(tmp_path))
    assert (row.ok, row.found) == (False, "expected two repeats, got exit code 1")


def test_the_table_names_what_failed_and_what_was_not_done(tmp_path: Path) -> None:
    rows = [
        bench.Row("killed", "SIGKILL", 30, "same bytes", "30 of 30", True),
        bench.Row("disk", "tmpfs", 1, "readable", "a | b\nc", False),
        bench.Row("mount", "tmpfs", 0, "readable", "not done: no root", None),
    ]
    report.write(tmp_path / "results" / "resilience.md", place_for_runs(tmp_path), rows, 12.3)
    text = (tmp_path / "results" / "resilience.md").read_text(encoding="utf-8")
    assert "| killed | SIGKILL | 30 | same bytes | 30 of 30 | ok |" in text
    assert "| disk | tmpfs | 1 | readable | a \\| b c | **failed** |" in text
    assert "- 3 scenarios, 1 failed, 1 not done; 12 minutes" in text
    assert (tmp_path / "results" / "resilience.json").exists()
