"""What a person sees."""

from __future__ import annotations

import io
import logging
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from rich.progress import Progress

from recsys import job, progress
from recsys.evaluation.protocols import FULL, NEXT_ITEM, RATED, SAMPLED_NEGATIVES, Protocol
from recsys.execution.executor import Work
from recsys.execution.local import Local
from recsys.output import console
from recsys.output.tracking import NoTracking
from recsys.request import Request
from recsys.results import Finished
from tests import jobs, toy_task

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


def test_what_was_done_to_the_data_is_said_below_their_size(capsys: pytest.CaptureFixture[str]) -> None:
    plain = jobs.World().load()
    console.introduce(console.screen(), replace(plain, facts={"min_user": 5, "dropped_users": 1200, "repeats": "last"}))
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:] == ["Data: min user 5, dropped users 1,200, repeats last."]


def test_the_table_holds_what_a_protocol_is_read_by_with_intervals_and_the_references(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs.run(tmp_path)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    title = "rated (candidates: the user's held-out items; relevant: rating >= 4)"
    at = lines.index(title.split())
    assert lines[at + 1] == ["P@1", "GAUC"]  # of the cutoffs 1, 2, 3
    # Half the interval: 12.706 * 0.35355 * sqrt(1/2 + 1) = 5.502; GAUC is undefined in the second repeat.
    assert lines[at + 2] == ["known", "0.750", "±5.502", "nan", "±nan"]
    assert [line[0] for line in lines[at + 3 : at + 6]] == ["popularity", "random", "oracle"]
    assert lines[at + 5][:3] == ["oracle", "1.000", "±.000"]
    assert any("95%" in line for line in lines)


def test_the_users_whose_precision_no_model_changes_stand_below_the_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs.run(tmp_path)
    said = [line for line in capsys.readouterr().out.splitlines() if "K candidates or fewer" in line]
    # Repeat 1: none of two users at K = 1; repeat 2: both. Only where the candidates are held-out items.
    assert said == [
        "rated: 50% of the users at K = 1 have K candidates or fewer: their precision@K is the same for every model."
    ]


def test_the_next_item_is_read_by_hit_rate_and_ndcg(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    request = replace(jobs.request(), protocols=[NEXT_ITEM])
    job.run(request, Local(), tmp_path)
    lines = capsys.readouterr().out.splitlines()
    at = lines.index("next_item (candidates: all items that the user has not rated in train; relevant: rating >= 0)")
    assert lines[at + 1].split() == ["HR@1", "HR@5", "HR@10", "NDCG@5", "NDCG@10"]
    assert any(line.startswith("repeat 1 of 2: ") and "next_item/hit_rate_at_10 1.000" in line for line in lines)


def test_another_task_shows_its_own_metric(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    request = Request(
        name="first_word",
        seed=1,
        task=toy_task.Classify(),
        source=toy_task.Source(),
        splitter=toy_task.Halves(),
        protocols=[toy_task.Accuracy()],
        model=toy_task.FirstWord(),
        tracker=NoTracking(),
        config="",
    )
    job.run(request, Local(), tmp_path)
    lines = capsys.readouterr().out.splitlines()
    at = lines.index("views (right: the category with the highest score)")
    assert lines[at + 1].split() == ["accuracy"]
    assert lines[at + 2].split() == ["first_word", "1.000", "±.000"]
    assert any(line.startswith("repeat 1 of 2: ") and line.endswith("views/accuracy 1.000") for line in lines)


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
        tell(console.line(finished(), [jobs.RATED], 2))
    text = shown.getvalue()
    assert "known: repeat" in text and "known rating: epoch" in text and "3/7" in text and "left:" in text
    assert "repeat 1 of 2: fit" in text


@pytest.mark.parametrize(("silence", "said"), [(0.0, "known rating: epoch 3 of 7\n"), (60.0, "")])
def test_off_a_terminal_a_line_says_how_far_a_fit_is_after_a_silence(
    silence: float, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "SILENCE", silence)
    shown = io.StringIO()
    with console.progress(Console(file=shown, width=120), "known", 2):
        progress.report("known rating: epoch", 3, 7)
    assert shown.getvalue() == said


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


@pytest.mark.parametrize("protocol", [RATED, FULL, NEXT_ITEM, SAMPLED_NEGATIVES], ids=lambda protocol: protocol.name)
def test_what_a_protocol_is_read_by_fits_into_eighty_columns(protocol: Protocol) -> None:
    cells = [console._cell(console.Summary(0.684, 0.02, 0.611, 0.757, (0.7, 0.66))) for _ in protocol.read_by]
    assert cells[0] == "0.684 ±.073"
    assert len("knowledge_graph  ") + sum(len(cell) + 2 for cell in cells) - 2 <= 80


def test_a_message_that_repeats_is_said_once() -> None:
    once = console.Once()
    records = [logging.makeLogRecord({"msg": "%s is missing", "args": (name,)}) for name in ("a", "a", "b", "a")]
    assert [once.filter(record) for record in records] == [True, False, True, False]
