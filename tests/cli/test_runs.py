"""What runs there are on this disk, and which of them go."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from recsys.__main__ import main
from recsys.store import lock
from recsys.store.run_folder import RunFolder
from tests import jobs

pytestmark = pytest.mark.usefixtures("no_pictures")


@pytest.fixture
def outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A finished run, one that was killed after a repeat 40 days ago, and one that nobody can read."""
    monkeypatch.setattr("recsys.output.console.WIDTH", 80)  # a folder can be copied from a narrow screen, too
    folder = tmp_path / "outputs"
    jobs.run(folder / "monday/finished")
    jobs.run(folder / "monday/killed", only=(1,))
    killed = RunFolder(folder / "monday/killed")
    killed.update(status="running", repeats=(1, 2), started=time.time() - 40 * 86400)
    jobs.run(folder / "unreadable")
    (folder / "unreadable/run.json").write_text("{}")
    capsys.readouterr()
    return folder


def listed(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, list[str]]:
    """Folder's name -> the other cells of its row."""
    assert main(["runs", *words]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[1:]]
    return {Path(row[-1]).name: row[:-1] for row in rows if "/" in row[-1]}


def test_each_run_is_listed_with_key_status_repeats_size_and_age(
    outputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = listed(capsys, str(outputs))
    assert set(rows) == {"finished", "killed", "unreadable"}
    key = RunFolder(outputs / "monday/finished").record.key
    assert rows["finished"][:7] == [key, "finished", "2", "of", "2", "known", "world"]
    assert rows["killed"][:5] == [key, "killed", "1", "of", "2"]
    assert rows["killed"][-3:-1] == ["40", "days,"]
    assert rows["unreadable"][0] == "unreadable"
    assert all("MB" in row for row in rows.values())


def test_a_run_that_is_being_written_says_so_and_is_not_deleted(
    outputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with lock.held(outputs / "monday/killed"):
        assert listed(capsys, str(outputs))["killed"][1] == "running"
        assert "killed" not in listed(capsys, str(outputs / "monday"), "--delete")
    assert (outputs / "monday/killed/repeats/0001").exists()


def test_those_that_are_asked_for_go_and_no_others(outputs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert set(listed(capsys, str(outputs), "--status", "killed", "--older-than", "30")) == {"killed"}
    assert set(listed(capsys, str(outputs), "--older-than", "50", "--status", "finished")) == set()
    assert (outputs / "monday/killed").exists()  # without --delete
    main(["runs", str(outputs), "--older-than", "30", "--status", "killed", "--delete"])
    assert f"deleted {outputs}/monday/killed" in capsys.readouterr().out
    assert set(listed(capsys, str(outputs))) == {"finished", "unreadable"}
    assert main(["runs", str(outputs / "nowhere")]) == 0
    assert capsys.readouterr().out == "No such run here.\n"
