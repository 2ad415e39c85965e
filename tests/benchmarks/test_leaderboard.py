"""The table of results/: numbers of real runs, side by side only where they are of the same thing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import leaderboard
from benchmarks.leaderboard import BEGIN, END, Refused
from tests import jobs


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Two runs of the hand-worked world, in which the model has precisions 1/2, 1/2, 7/12 and 1, 1, 1."""
    for label in ("known", "known, again"):
        jobs.run(leaderboard.folder(tmp_path, label), name="known")
    return tmp_path


def test_the_cells_are_the_means_and_half_intervals_of_the_summary(runs: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(leaderboard, "SHOWN", (1, 3))
    found = leaderboard.read(runs, ["known", "known, again"])
    metric = found["known"]["metrics"]["rated/precision_at_1"]
    half = (metric["high"] - metric["low"]) / 2
    lines = leaderboard.table("rated", found)
    assert lines[0].startswith("| model | P@1 | P@3 |")
    assert lines[2].startswith(f"| known | 0.750 ± {half:.3f} | 0.792 ±")
    assert [line.split(" | ")[0] for line in lines[2:]] == [
        *("| known", "| known, again", "| popularity", "| random", "| oracle")
    ]


def test_differences_are_paired_repeat_by_repeat(runs: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(leaderboard, "AGAINST", "difference")
    found = leaderboard.read(runs, ["known", "known, again"])
    for label, shift in (("known", 0.0), ("known, again", -0.25)):
        values = found["known"]["metrics"]["rated/precision_at_1"]["repeats"]
        found[label]["metrics"]["rated/precision_at_10"] = {
            **found["known"]["metrics"]["rated/precision_at_1"],
            "repeats": [value + shift for value in values],
        }
        for reference in found[label]["references"].values():
            reference["rated/precision_at_10"] = reference["rated/precision_at_1"]
    lines = leaderboard.table("rated", found)
    column = [name.strip() for name in lines[0].split("|")].index("difference")
    cells = {line.split("|")[1].strip(): line.split("|")[column].strip() for line in lines[2:]}
    assert cells["known"] == ""
    assert cells["known, again"] == "-0.250 ± 0.000"  # the same in both repeats, however far these lie apart


def test_runs_on_other_splits_are_refused_and_the_difference_is_named(runs: Path):
    file = leaderboard.folder(runs, "known, again") / "summary.json"
    summary = json.loads(file.read_text())
    summary["stamp"]["test_rows"]["1"] = "another"
    file.write_text(json.dumps(summary))
    with pytest.raises(Refused, match="known and known, again differ in test_rows"):
        leaderboard.read(runs, ["known", "known, again"])


def test_the_table_goes_between_the_marks_and_leaves_the_rest(tmp_path: Path):
    readme = tmp_path / "README.md"
    readme.write_text(f"above\n{BEGIN}\nold\n{END}\nbelow\n")
    leaderboard.place(readme, ["new"])
    leaderboard.place(readme, ["newer"])
    assert readme.read_text() == f"above\n{BEGIN}\n\nnewer\n\n{END}\nbelow\n"
    readme.write_text("no marks")
    with pytest.raises(Refused, match="expected the lines"):
        leaderboard.place(readme, ["new"])


def test_every_row_names_a_model_of_the_suite():
    known = {file.stem for file in (leaderboard.ROOT / "conf" / "model").glob("*.yaml")}
    assert {label.split(",")[0] for label in leaderboard.ROWS} <= known
