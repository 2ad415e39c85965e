"""The command for studies hands over to run.py; every search space fits its model."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from omegaconf import OmegaConf

import run
from recsys.cli import tune
from recsys.dataset import DataError
from recsys.environment import ROOT
from recsys.evaluation.locked_users import Tuning
from recsys.evaluation.splits import RandomSplit
from recsys.tuning.settings import StudySettings
from recsys.tuning.space import Range, changed, present
from tests.configuration import CONF, composed

STUDIES = sorted(file.stem for file in (CONF / "tune").glob("*.yaml"))


def made(*words: str) -> Any:
    return run.built(composed(*words))


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The words that run.py was called with, each time; the third call fails."""
    calls: list[list[str]] = []

    def call(command: list[str]) -> int:
        assert command[1] == str(ROOT / "run.py")
        calls.append(command[2:])
        return 7 if len(calls) == 3 else 0

    monkeypatch.setattr(subprocess, "call", call)
    return calls


def test_a_model_is_tuned_in_its_own_space(called: list[list[str]]):
    assert tune.main(["model=ease", "tune.trials=4", "dataset=synthetic-100k"]) == 0
    assert called == [["model=ease", "tune=ease", "tune.trials=4", "dataset=synthetic-100k"]]


def test_another_study_may_be_named(called: list[list[str]]):
    tune.main(["model=ease", "tune=mine"])
    assert called == [["model=ease", "tune=mine"]]


def test_all_models_are_tuned_baselines_first_and_what_stops_one_stops_all(called: list[list[str]]):
    assert tune.main(["--all", "tracking=none"]) == 7
    assert [words[0] for words in called] == ["model=item_mean", "model=ease", "model=item_knn"]
    assert all(words[2:] == ["tracking=none"] for words in called)


@pytest.mark.parametrize("words", [[], ["dataset=ml-100k"], ["--all", "model=ease"]])
def test_either_a_model_or_all(words: list[str]):
    with pytest.raises(DataError, match="expected model=NAME, or --all"):
        tune.main(words)


def test_the_order_of_all_holds_every_study_of_conf():
    assert sorted(tune.ORDER) == STUDIES


@pytest.mark.parametrize("name", STUDIES)
def test_a_space_holds_the_models_present_setting_and_the_model_takes_its_ends(name: str):
    built = made(f"model={name}", f"tune={name}")
    study, model = built["tune"], built["model"]
    now = present(model, study.space)
    assert changed(model, now) == model
    for path, dimension in study.space.items():
        ends = [dimension.low, dimension.high] if isinstance(dimension, Range) else dimension.choices
        for value in ends:
            assert changed(model, {path: value}) != model or value == now[path]


@pytest.mark.parametrize(
    ("name", "values"),
    [("xdeepfm", {"dnn": [32], "rating.l2": 0.005}), ("bert4rec", {"hidden": 32, "training.learning_rate": 1e-3})],
)
def test_a_trials_request_has_the_settings_in_its_model_and_in_its_config(name: str, values: dict[str, Any]):
    model = made(f"model={name}")["model"]
    config = composed(f"model={name}", f"tune={name}")
    request = run.changed(config, values, name)
    assert request.model == changed(model, values)
    assert run.changed(config, {}, name).model == model  # the configuration stayed as it was
    kept = OmegaConf.create(request.config)
    assert {path: OmegaConf.select(kept.model, path) for path in values} == values
    assert request.source.fallback is None


def test_the_settings_of_a_study_are_those_of_the_code_but_for_what_is_searched_and_where_files_go():
    study = made("model=ease", "tune=ease")["tune"]
    assert StudySettings(study.space, results=study.results) == study
    assert (study.trials, study.split) == (20, Tuning())
    assert study.results == ROOT / "results" / "tuning"


def test_splits_inside_train_may_be_asked_for_and_the_seed_flows_into_them():
    study = made("model=ease", "tune=ease", "split@tune.split=random", "tune.split.repeats=1", "seed=4")["tune"]
    assert (study.split, study.seed) == (RandomSplit(repeats=1, seed=4), 4)


@pytest.mark.parametrize("file", sorted((CONF / "experiment").glob("nested_*.yaml")), ids=lambda file: file.stem)
def test_nested_rows_search_the_space_of_their_model(file: Path):
    fixed, nested = OmegaConf.load(file).experiment.rows.values()
    built = made(*nested)
    assert built["tune"].nested and made(*fixed)["model"] == built["model"]
    assert present(built["model"], built["tune"].space)
