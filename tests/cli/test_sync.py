"""`python -m recsys sync` says what it sent, and goes on where one folder cannot be sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys.__main__ import main
from recsys.output import artifacts
from recsys.store import lock
from recsys.store.run_folder import RunFolder
from tests.output import followed


def made(folder: Path, tracking: str | None, repeats: int = 2) -> RunFolder:
    job = followed.job()
    run = followed.begin(folder, job, range(1, repeats + 1), tracking)
    for number in range(1, repeats + 1):
        followed.keep(run, job, number)
    followed.write_files(run)
    run.update(status="finished")
    return run


@pytest.mark.slow
def test_every_folder_is_sent_to_its_own_store_and_then_there_is_nothing_to_send(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    stores = [f"sqlite:///{tmp_path}/{name}.db" for name in ("a", "b")]
    folders = [str(made(tmp_path / name, store).path) for name, store in zip(("r", "s"), stores, strict=True)]
    assert main(["sync", *folders]) == 0
    said = [
        f"{folder}: 2 repeats and the summary sent to {store}" for folder, store in zip(folders, stores, strict=True)
    ]
    assert capsys.readouterr().out.splitlines() == said
    assert main(["sync", *folders]) == 0
    assert capsys.readouterr().out.splitlines() == [f"{folder}: nothing to send" for folder in folders]


@pytest.mark.slow
def test_another_store_may_be_named_and_a_folder_that_fails_does_not_keep_the_next_from_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "empty").mkdir()
    untracked, store = made(tmp_path / "run", None, repeats=1).path, f"sqlite:///{tmp_path}/runs.db"
    assert main(["sync", str(tmp_path / "empty"), str(untracked), "--tracking", store]) == 1
    said = capsys.readouterr()
    assert said.out == f"{untracked}: 1 repeat and the summary sent to {store}\n"
    assert f"{tmp_path}/empty: expected the folder of a run" in said.err


@pytest.mark.slow
def test_a_server_that_is_still_away_is_named_with_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    run = made(tmp_path / "run", "http://127.0.0.1:9")
    assert main(["sync", str(run.path)]) == 1
    error = capsys.readouterr().err
    assert (
        f"{run.path}: not all was sent to http://127.0.0.1:9" in error and "refused" in error and "--tracking" in error
    )


def test_a_run_that_was_to_be_sent_nowhere_needs_a_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    run = made(tmp_path / "run", None)
    assert main(["sync", str(run.path)]) == 1
    assert "tracking=none; name a store with --tracking URI" in capsys.readouterr().err


def test_what_cannot_be_an_address_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    run = made(tmp_path / "run", None)
    assert main(["sync", str(run.path), "--tracking", "runs.db"]) == 1
    assert "expected sqlite:///FILE or http://HOST:PORT, got 'runs.db'" in capsys.readouterr().err


def test_a_run_that_a_process_writes_is_left_to_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    run = made(tmp_path / "run", "http://127.0.0.1:9")
    with lock.held(run.path):
        assert main(["sync", str(run.path)]) == 0
    assert capsys.readouterr().out == f"{run.path}: passed over, a process is writing it; that process sends it\n"


def test_the_files_are_those_that_show_the_run(tmp_path: Path):
    run = made(tmp_path / "run", None)
    for name in ("run.lock", "summary.json.12.unfinished", "models/0001/document.json"):
        (run.path / name).parent.mkdir(parents=True, exist_ok=True)
        (run.path / name).write_text("")
    assert sorted(artifacts.written(run)) == sorted(followed.FILES)
