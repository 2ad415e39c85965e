"""Studies from end to end, on a world whose best setting is known."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys import driver
from recsys.dataset import DataError, Dataset
from recsys.environment import ROOT
from recsys.evaluation.locked_users import locked
from recsys.evaluation.splits import LeaveOneOut, RandomSplit
from recsys.execution.local import Local
from recsys.execution.process import Process
from recsys.output.tracking import MLflow
from recsys.request import Request
from recsys.store import search
from recsys.tuning import runner, trial_queue
from recsys.tuning.choice import adopted
from recsys.tuning.settings import StudySettings
from tests.tuning.peaked import USERS, Peaked, configured, refuses, study

pytestmark = pytest.mark.slow

WORDS = ["model=peaked", "tune=peaked"]


def run(folder: Path, settings: StudySettings | None = None, made: Any = None, executor: Any = None) -> dict[str, Any]:
    """The report."""
    settings = settings or study(folder)
    runner.run("peaked", settings, WORDS, executor or Local(), folder / "hydra" / "run", made or configured())
    return json.loads((settings.results / "peaked.json").read_text(encoding="utf-8"))


def without_machine(report: Mapping[str, Any]) -> dict[str, Any]:
    """What two studies of equal seeds share."""
    trials = [{**trial, "seconds": None} for trial in report["all"]]
    return {**report, "all": trials, "cpu_seconds": None, "wall_seconds": None}


class Stops:
    """Raises when the model is fitted for the n-th time."""

    def __init__(self, at: int) -> None:
        self.at, self.fits = at, 0

    def __call__(self, train: Dataset) -> None:
        self.fits += 1
        if self.fits == self.at:
            raise KeyboardInterrupt


def test_a_study_finds_the_setting_that_is_best_and_says_what_it_gained(tmp_path: Path):
    report = run(tmp_path, study(tmp_path, trials=25))
    assert abs(report["best"]["parameters"]["at"] - 20) < 3 and report["best"]["parameters"]["of.kind"] == "near"
    assert report["present"]["parameters"] == {"at": 2.0, "of.kind": "near"}
    assert report["gain"] == pytest.approx(report["best"]["value"] - report["present"]["value"])
    assert report["gain"] > 0.2
    assert np.mean(report["gain_by_repeat"]) == pytest.approx(report["gain"])
    assert (report["trials"]["budget"], report["trials"]["used"], len(report["all"])) == (25, 25, 25)


def test_the_report_says_on_what_and_by_what_it_chose(tmp_path: Path):
    report = run(tmp_path, study(tmp_path, trials=2))
    assert report["objective"] == {"mean_of": ["rated/ndcg@10", "full/ndcg@10"]}
    assert report["locked"]["of_users"] == 60 and report["locked"]["users"] > 0
    assert report["split"].startswith("without the locked users (0.2 of all), random")
    first = report["all"][0]
    assert (len(first["by_repeat"]), first["value"]) == (3, pytest.approx(np.mean(first["by_repeat"])))
    text = (tmp_path / "results" / "peaked.md").read_text(encoding="utf-8")
    assert "python run.py model=peaked tune=peaked" in text and "Locked away: " in text
    assert (tmp_path / "results" / "peaked.png").stat().st_size > 5000


def test_no_trial_sees_a_locked_users_rating(tmp_path: Path):
    seen: list[Dataset] = []

    def sees(train: Dataset) -> None:
        seen.append(train)

    run(tmp_path, study(tmp_path, trials=3), configured(Peaked(before=sees)))
    assert len(seen) == 9
    assert not any(locked(train.users, 0.2)[train.interactions.user].any() for train in seen)
    assert len({len(train) for train in seen}) == 1


def test_a_study_that_was_stopped_goes_on_and_ends_as_one_that_was_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(trial_queue, "SPENT", ())  # what is adopted depends on CPU seconds, which no two studies share
    whole = run(tmp_path / "whole", study(tmp_path / "whole", trials=6))
    for at in (5, 4):  # in the second trial's second repeat, and, going on with it, in the third's second
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path, study(tmp_path, trials=6), configured(Peaked(before=Stops(at))))
    fits = Stops(0)
    report = run(tmp_path, study(tmp_path, trials=6), configured(Peaked(before=fits)))
    assert without_machine(report) == without_machine(whole)
    kept = sum(len(trial["by_repeat"]) for trial in whole["all"])
    assert fits.fits == kept - 4 - 3


def test_a_finished_study_runs_nothing_and_a_larger_budget_goes_on_with_it(tmp_path: Path):
    first, again, more = Stops(0), Stops(0), Stops(0)
    run(tmp_path, study(tmp_path, trials=3), configured(Peaked(before=first)))
    run(tmp_path, study(tmp_path, trials=3), configured(Peaked(before=again)))
    report = run(tmp_path, study(tmp_path, trials=5), configured(Peaked(before=more)))
    assert (first.fits, again.fits, more.fits, report["trials"]["used"]) == (9, 0, 6, 5)


def test_a_report_written_again_keeps_the_commit_and_the_date_of_the_trials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    before = run(tmp_path, study(tmp_path, trials=2))
    monkeypatch.setattr(driver, "environment", lambda: {"commit": "later"})
    monkeypatch.setattr(time, "time", lambda: 4e9)
    assert run(tmp_path, study(tmp_path, trials=2)) == before
    assert before["commit"] not in ("later", "unknown")


def test_other_settings_make_another_study(tmp_path: Path):
    run(tmp_path, study(tmp_path, trials=2))
    run(tmp_path, study(tmp_path, trials=2, seed=2))
    run(tmp_path, study(tmp_path, trials=2), configured(Peaked(at=3.0)))
    assert len(list((tmp_path / "studies").iterdir())) == 3


def test_a_trial_is_a_run_that_says_which_study_it_is_of(tmp_path: Path):
    run(tmp_path, study(tmp_path, trials=7))
    records = [found.record for found in search.runs([tmp_path / "studies"])]
    assert [record.tags["trial"] for record in records] == [str(number) for number in range(len(records))]
    assert {record.tags["study"] for record in records} == {next((tmp_path / "studies").iterdir()).name}
    states = {record.tags["trial_state"]: record.status for record in records}
    assert states["complete"] == "finished" and states.get("pruned", "stopped") == "stopped"
    assert records[0].description.model == "peaked trial 0"
    assert not list((tmp_path / "studies").rglob("models"))


def test_a_setting_that_does_not_work_costs_a_trial_and_not_the_study(tmp_path: Path):
    def made(values: Mapping[str, Any]) -> Request:
        request = configured()(values)
        broken = bool(values) and values["of.kind"] == "far"
        return replace(request, model=replace(request.model, before=refuses)) if broken else request

    report = run(tmp_path, made=made)
    failed = [trial for trial in report["all"] if trial["state"] == "failed"]
    assert failed and all(trial["reason"] == "expected something else" for trial in failed)
    assert all(trial["parameters"]["of.kind"] == "far" for trial in failed)
    assert report["trials"]["used"] == 12


def test_a_study_without_locked_users_says_so(tmp_path: Path):
    assert run(tmp_path, study(tmp_path, trials=2, split=RandomSplit(repeats=2)))["locked"] is None
    report = (tmp_path / "results" / "peaked.md").read_text(encoding="utf-8")
    assert "No user is locked away." in report and "experiment=locked" not in report


def test_on_one_split_what_is_adopted_is_chosen_over_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    given: list[Any] = []
    monkeypatch.setattr(runner, "adopted", lambda *trials: given.extend(trials) or adopted(*trials))
    run(tmp_path, study(tmp_path, trials=3, split=LeaveOneOut(), metrics=["full/ndcg@10"]))
    trials, by_user = given
    assert {number: np.nanmean(values) for number, values in by_user.items()} == pytest.approx(
        {trial.number: trial.value for trial in trials}
    )
    assert {values.shape for values in by_user.values()} == {(USERS,)}
    run(tmp_path / "several", study(tmp_path / "several", trials=2))
    assert given[3] is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"space": {"att": {"low": 1, "high": 2}}}, "tune=peaked: att: Peaked has no such setting"),
        ({"metrics": ["next_item/ndcg@10"]}, "needs the protocol next_item, there are rated, full"),
        ({"metrics": ["rated/beauty@10"]}, "expected tune.metrics that the protocols measure, got rated/beauty_at_10"),
    ],
)
def test_what_cannot_be_searched_is_refused_in_a_sentence(tmp_path: Path, changes: dict[str, Any], words: str):
    with pytest.raises(DataError, match=words):
        run(tmp_path, study(tmp_path, **changes))


def test_mlflow_shows_the_study(tmp_path: Path):
    tracker = MLflow(uri=f"sqlite:///{tmp_path}/mlflow.db")
    report = run(tmp_path, study(tmp_path, trials=3), configured(tracker=tracker))
    client = tracker.client()
    runs = client.search_runs([client.get_experiment_by_name("world").experiment_id], "tags.trial != ''")
    tags = {int(run.data.tags["trial"]): run.data.tags for run in runs}
    assert sorted(tags) == [0, 1, 2]
    for number, trial in enumerate(report["all"]):
        assert tags[number]["trial_state"] == trial["state"] == "complete"
        assert float(tags[number]["objective"]) == pytest.approx(trial["value"], abs=1e-6)
    params = {int(run.data.tags["trial"]): run.data.params for run in runs}
    assert float(params[1]["at"]) == report["all"][1]["parameters"]["at"]


def test_processes_choose_from_the_same_measurements(tmp_path: Path):
    report = run(tmp_path, study(tmp_path, trials=6), executor=Process(workers=2))
    assert report["trials"]["used"] == 6
    here = run(tmp_path / "here", study(tmp_path / "here", trials=6))
    assert report["present"] == here["present"]  # to the bit


def test_a_study_whose_process_is_killed_loses_running_repeats_at_most(tmp_path: Path):
    words = [
        *("-m", "recsys", "tune", "model=item_mean", "dataset=synthetic-100k", "dataset.users=150"),
        *("dataset.items=200", "dataset.ratings=6000", "tune.trials=6", "tracking=none", "executor=local"),
        *(f"tune.results={tmp_path}/results", f"tune.folder={tmp_path}/studies"),
    ]
    first = subprocess.Popen([sys.executable, *words], cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while len(list(tmp_path.glob("studies/*/*/repeats/0???/numbers.json"))) < 5 and first.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    kept = {file: file.stat().st_mtime_ns for file in tmp_path.glob("studies/*/*/repeats/0???/numbers.json")}
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "results" / "item_mean.json").read_text(encoding="utf-8"))
    assert report["trials"]["used"] == 6 and "running" not in report["trials"]
    assert all(file.stat().st_mtime_ns == written for file, written in kept.items())
