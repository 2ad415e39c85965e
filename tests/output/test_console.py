"""What a person sees."""

from __future__ import annotations

import io
import logging
from pathlib import Path

import pytest
from rich.console import Console
from rich.progress import Progress

from recsys import progress
from recsys.execution.executor import Work
from recsys.output import console
from recsys.results import Finished
from tests import jobs

pytestmark = pytest.mark.usefixtures("no_pictures")


def test_without_a_terminal_there_are_plain_lines_and_no_control_codes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs.run(tmp_path)
    shown = capsys.readouterr().out
    assert "\x1b" not in shown and "\r" not in shown
    lines = shown.splitlines()
    assert lines[0] == "world: 2 users, 4 items, 7 ratings; made in memory"
    assert lines[1] == "2 repeats, in this process"
    assert [line.partition(":")[0] for line in lines[2:4]] == ["repeat 1 of 2", "repeat 2 of 2"]


def test_the_table_holds_precision_with_its_interval_and_the_references(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs.run(tmp_path)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    title = "precision@K, rated (candidates: the user's held-out items; relevant: rating >= 4)"
    at = lines.index(title.split())
    assert lines[at + 1] == ["K", "1"]  # of 1, 5, 10, 20, 50 these protocols have 1 alone
    # Half the interval: 12.706 * 0.35355 * sqrt(1/2 + 1) = 5.502
    assert lines[at + 2] == ["known", "0.750", "±5.502"]
    assert [line[0] for line in lines[at + 3 : at + 6]] == ["popularity", "random", "oracle"]
    assert lines[at + 5] == ["oracle", "1.000", "±.000"]
    assert any("95%" in line for line in lines)


def test_one_repeat_has_no_interval_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    jobs.run(tmp_path, only=(1,))
    shown = capsys.readouterr().out
    assert "±" not in shown
    assert "One repeat, so no interval" in shown
    assert "repeat 1: fit" in shown


def test_a_model_that_is_its_own_reference_stands_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    jobs.run(tmp_path, name="popularity")
    shown = capsys.readouterr().out
    assert sum(line.startswith("popularity") for line in shown.splitlines()) == 2  # once a protocol


def test_the_end_names_the_folder_and_its_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    jobs.run(tmp_path / "runs" / "one")
    assert "Files: runs/one/ (summary.json, " in capsys.readouterr().out


def test_a_terminal_shows_repeats_epochs_and_the_time_left() -> None:
    shown = io.StringIO()
    screen = Console(file=shown, force_terminal=True, width=120)
    with console.progress(screen, "known", 2) as tell:
        progress.report("known rating: epoch", 3, 7)
        tell(console.line(finished(), "precision", 2))
    text = shown.getvalue()
    assert "known: repeat" in text and "known rating: epoch" in text and "3/7" in text and "left:" in text
    assert "repeat 1 of 2: fit" in text


@pytest.mark.parametrize(("done", "left"), [(0, "left: ?"), (1, "left: 1:30:00"), (3, "left: 0:10:00")])
def test_the_time_left_is_that_of_the_rest_at_the_pace_so_far(done: int, left: str) -> None:
    now = 0.0
    bars = Progress(get_time=lambda: now)
    bar = bars.add_task("", total=4)
    now = 1800.0
    bars.update(bar, completed=done)
    assert console.Left().render(bars.tasks[0]).plain == left


def test_nobody_watches_after_the_block() -> None:
    screen = Console(file=io.StringIO(), force_terminal=True, width=120)
    with console.progress(screen, "known", 2):
        pass
    progress.report("known rating: epoch", 1, 7)
    assert "epoch" not in screen.file.getvalue()  # type: ignore[attr-defined]


def finished() -> Finished:
    return Work(jobs.request().job(jobs.World().load()), 1).finish(1).finished


def test_a_table_of_five_cutoffs_fits_into_eighty_columns() -> None:
    cells = [console._cell(console.Summary(0.684, 0.02, 0.611, 0.757, (0.7, 0.66))) for _ in console.SHOWN]
    assert cells[0] == "0.684 ±.073"
    assert len("popularity  ") + sum(len(cell) + 2 for cell in cells) - 2 <= 80


def test_a_message_that_repeats_is_said_once() -> None:
    once = console.Once()
    records = [logging.makeLogRecord({"msg": "%s is missing", "args": (name,)}) for name in ("a", "a", "b", "a")]
    assert [once.filter(record) for record in records] == [True, False, True, False]
