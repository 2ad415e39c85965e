"""Which settings have seen the locked users, as reports and the store tell."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from recsys import job
from recsys.comparison.runs import Run
from recsys.evaluation.locked_users import Locked
from recsys.evaluation.splits import RandomSplit
from recsys.execution.local import Local
from recsys.experiments import seen
from recsys.models.item_mean import ItemMean
from recsys.output.tracking import NoTracking
from tests.tuning.peaked import configured


def run(folder: Path, damping: float = 20.0, splitter: Any = None) -> Run:
    """Of the model item_mean, on locked users if nothing else is said."""
    request = replace(
        configured()({}),
        name="item_mean",
        model=ItemMean(damping),
        splitter=splitter or Locked(repeats=1, locked_share=0.3),
        tracker=NoTracking(),
    )
    job.run(request, Local(), folder)
    return Run.read(folder, folder.name)


def report(folder: Path, of: Run, damping: float, locked: object, **adopted: int) -> None:
    study = {
        "dataset": {"fingerprint": of.stamp["dataset"]["fingerprint"]},
        "locked": locked,
        "best": {"trial": 1},
        **adopted,
        "all": [{"number": number, "parameters": {"damping": value}} for number, value in enumerate((20.0, damping))],
    }
    folder.mkdir(exist_ok=True)
    (folder / "item_mean.json").write_text(json.dumps(study), encoding="utf-8")


def test_settings_that_are_a_studys_best_are_told_from_older_ones_and_all_are_counted(tmp_path: Path):
    older, tuned = run(tmp_path / "runs" / "older"), run(tmp_path / "runs" / "tuned", 7.0)
    run(tmp_path / "runs" / "other", 9.0, RandomSplit(repeats=1))
    report(tmp_path / "tuning", older, 7.0012, {"users": 18})  # adopted to three significant digits
    first, second = seen.notes([older, tuned], tmp_path / "tuning", [tmp_path / "runs"])
    assert first.startswith("Searched settings chosen by a study without these users: tuned. All others are older")
    assert first.endswith(": older.")
    assert second == "Settings of each model ever measured on these users, as far as the store knows: item_mean 2."


def test_what_counts_is_the_setting_that_was_adopted_be_it_the_best_or_not(tmp_path: Path):
    tuned = run(tmp_path / "runs" / "tuned", 7.0)
    for adopted, found in (({"adopted": 1}, "tuned"), ({"adopted": 0}, "none")):
        report(tmp_path / "tuning", tuned, 7.0, {"users": 18}, **adopted)
        assert f"without these users: {found}." in seen.notes([tuned], tmp_path / "tuning", [])[0]


def test_a_study_that_locked_nobody_away_or_had_other_data_is_no_evidence(tmp_path: Path):
    tuned = run(tmp_path / "runs" / "tuned", 7.0)
    report(tmp_path / "tuning", tuned, 7.0, None)
    assert "without these users: none." in seen.notes([tuned], tmp_path / "tuning", [])[0]
    assert "without these users: none." in seen.notes([tuned], tmp_path / "nowhere", [])[0]


def test_tables_on_other_splits_have_no_such_notes(tmp_path: Path):
    assert seen.notes([run(tmp_path / "random", splitter=RandomSplit(repeats=1))], tmp_path, []) == []


def test_an_older_study_which_does_not_say_what_it_adopted_is_taken_by_its_best():
    trials = [{"number": 0, "parameters": {"damping": 20.0}}, {"number": 1, "parameters": {"damping": 7.0}}]
    study: dict[str, Any] = {"best": {"trial": 1}, "all": trials}
    assert (seen.found(study), seen.found({**study, "adopted": 0})) == ({"damping": 7.0}, {"damping": 20.0})
