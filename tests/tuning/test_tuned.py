"""A model that chooses its settings in each fit, from what it is given to learn from and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys import pipeline
from recsys.data.synthetic import Synthetic
from recsys.dataset import Dataset
from recsys.evaluation.ranking_task import Rank
from recsys.evaluation.splits import RandomSplit
from recsys.models.ease import Ease
from recsys.results import Job
from recsys.store import learned
from recsys.store.key import Key
from recsys.tuning.space import changed, space
from recsys.tuning.tuned import Tuned
from tests.tuning.peaked import PROTOCOLS, SPACE, Peaked, refuses, study, world
from tests.worlds import dense


def tuned(model: Any = None, **changes: Any) -> Tuned:
    settings: dict[str, Any] = {"trials": 12, "startup": 4, "split": RandomSplit(repeats=2)}
    return Tuned(model or Peaked(), space(SPACE), tuple(PROTOCOLS), **{**settings, **changes})


def test_it_chooses_the_best_setting_and_reports_it():
    scorer = tuned(trials=25).fit(world(), 1)
    assert abs(scorer.learned["at"] - 20) < 3
    assert scorer.learned["of.kind"] == 0  # the first of the choices
    assert scorer.learned["tuning.objective"] > 0.5
    assert np.argmax(scorer.grid(np.arange(1), "implicit")[0]) == round(scorer.learned["at"])


def test_it_learns_from_all_of_train_with_what_it_chose_on_splits_inside():
    seen: list[Dataset] = []
    data = world()
    tuned(Peaked(before=seen.append), trials=3).fit(data, 1)
    *inner, last = (len(train) for train in seen)
    assert last == len(data)
    assert set(inner) == {len(data) - round(0.2 * len(data))} and len(inner) == 6


def test_the_same_train_and_seed_choose_the_same():
    first, again = tuned().fit(world(), 1), tuned().fit(world(), 1)
    assert first.learned == again.learned != tuned().fit(world(), 2).learned


def test_the_models_own_values_of_what_is_searched_count_for_nothing():
    assert tuned(Peaked(at=20.0)).fit(world(), 1).learned == tuned(Peaked(at=3.0)).fit(world(), 1).learned


def test_its_scores_are_those_of_the_model_with_what_was_chosen():
    searched = space({"implicit": {"l2": {"low": 40.0, "high": 6000.0}}})
    chosen = Tuned(Ease(), searched, tuple(PROTOCOLS), trials=3, split=RandomSplit(repeats=1)).fit(dense(3), 5)
    model, users = changed(Ease(), {"implicit.l2": chosen.learned["implicit.l2"]}), np.arange(10)
    assert np.array_equal(chosen.grid(users, "implicit"), model.fit(dense(3), 5).grid(users, "implicit"))


def test_a_setting_that_does_not_work_is_not_chosen(caplog: pytest.LogCaptureFixture):
    calls: list[int] = []

    def often(train: Dataset) -> None:
        calls.append(1)
        if len(calls) in (4, 6):
            refuses(train)

    tuned(Peaked(before=often), trials=6).fit(world(), 1)
    assert caplog.messages == ["a trial of Peaked failed: expected something else"] * 2


def test_it_runs_as_any_other_model_and_is_kept(tmp_path: Path):
    splitter, data = RandomSplit(repeats=1), world()
    repeat = pipeline.repeat(Rank(), data, splitter, PROTOCOLS, tuned(trials=3), 1)
    learned.save(repeat.fitted).write(tmp_path)
    users = np.arange(5)
    assert np.array_equal(learned.load(tmp_path).grid(users, "rating"), repeat.fitted.grid(users, "rating"))


def test_its_key_counts_what_is_searched_and_the_version_of_optuna():
    def key(model: Any) -> Key:
        return Key.of(Job("peaked", 1, Rank(), world(), RandomSplit(), tuple(PROTOCOLS), model), Synthetic())

    base = tuned()
    wider = replace(base, space=space({**SPACE, "at": {"low": 0.0, "high": 38.0}}))
    assert len({key(model).digest for model in (base, wider, replace(base, trials=13))}) == 3
    assert "optuna" in key(base).parts["packages"] and "optuna" not in key(Ease()).parts["packages"]


def test_splits_of_users_who_are_locked_are_not_inside_train(tmp_path: Path):
    with pytest.raises(ValueError, match=r"expected split@tune\.split=random"):
        Tuned.of(study(tmp_path), Peaked(), PROTOCOLS)
