"""Equal keys, equal numbers: what decides a run's numbers changes its key, and nothing else does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from recsys.data.synthetic import Synthetic
from recsys.evaluation.splits import Folds, LeaveOneOut, RandomSplit
from recsys.models.ease import Ease
from recsys.results import Job
from recsys.store import code, key
from recsys.store.key import Key, differences
from run import built
from tests import jobs
from tests.configuration import CONF, composed
from tests.worlds import dense

JOB = Job("ease", 1, jobs.request().task, dense(1), RandomSplit(repeats=2), (jobs.RATED,), Ease())


def of(job: Job) -> Key:
    return Key.of(job, Synthetic())


def test_which_repeats_run_and_the_models_name_change_nothing() -> None:
    same = (
        replace(JOB, splitter=RandomSplit(repeats=10)),
        replace(JOB, splitter=RandomSplit(repeats=2, only=(2,))),
        replace(JOB, name="another"),
        replace(JOB, data=dense(1)),
    )
    assert {of(job).digest for job in same} == {of(JOB).digest}
    assert len(of(JOB).digest) == 16


@pytest.mark.parametrize(
    ("job", "words"),
    [
        (replace(JOB, splitter=RandomSplit(seed=2)), "settings split.seed (1 before, 2 now)"),
        (replace(JOB, splitter=LeaveOneOut()), "settings split.class (recsys.evaluation.splits.RandomSplit before, "),
        (replace(JOB, model=Ease(like_threshold=3)), "settings model.like_threshold (4.0 before, 3.0 now)"),
        (replace(JOB, protocols=(replace(jobs.RATED, cutoffs=(1, 2)),)), "settings protocols ("),
        (replace(JOB, data=dense(2)), "data world ("),
        (replace(JOB, seed=2), "settings seed (1 before, 2 now)"),
    ],
    ids=["split", "kind of split", "model", "protocols", "data", "seed"],
)
def test_what_decides_the_numbers_changes_the_key_and_is_named(job: Job, words: str) -> None:
    assert of(job).digest != of(JOB).digest
    assert words in differences(of(JOB).parts, of(job).parts)


def test_kinds_of_split_with_the_same_settings_are_different_keys() -> None:
    assert of(replace(JOB, splitter=LeaveOneOut())).digest != of(replace(JOB, splitter=Folds())).digest


def test_code_counts_from_the_pipeline_to_the_model_and_no_further() -> None:
    modules = of(JOB).parts["code"]
    inside = {"recsys.pipeline", "recsys.evaluation.metrics", "recsys.models.ease", "recsys.data.synthetic"}
    assert inside <= set(modules)
    assert not {"recsys.output.console", "recsys.models.svdpp", "recsys.experiments.runner", "recsys"} & set(modules)


def test_measures_of_other_tasks_and_other_splits_do_not_count() -> None:
    of_others = {
        "recsys.evaluation.label_measurement",
        "recsys.evaluation.graded_metrics",
        "recsys.evaluation.locked_users",
    }
    assert not of_others & set(of(JOB).parts["code"])


def test_other_code_or_versions_are_another_key(monkeypatch: pytest.MonkeyPatch) -> None:
    before, closure = of(JOB), code.closure

    def changed(modules: Iterable[str]) -> Mapping[str, str]:
        return {**closure(modules), "recsys.evaluation.metrics": "another"}

    monkeypatch.setattr(code, "closure", changed)
    assert differences(before.parts, of(JOB).parts) == "code recsys.evaluation.metrics"
    monkeypatch.setattr(code, "closure", closure)
    monkeypatch.setattr(key, "version", lambda package: "9" if package == "numpy" else None)
    assert "packages numpy (" in differences(before.parts, of(JOB).parts)


@pytest.mark.parametrize("name", sorted(file.stem for file in (CONF / "model").glob("*.yaml")))
def test_every_model_of_the_suite_has_a_key(name: str) -> None:
    made = built(composed(f"model={name}"))
    digest = of(replace(JOB, model=made["model"])).digest
    assert digest == of(replace(JOB, model=made["model"])).digest != of(JOB).digest or name == "ease"


def test_settings_that_no_other_process_would_know_again_are_refused() -> None:
    class Opaque:
        pass

    with pytest.raises(TypeError, match="expected settings of numbers, words, lists and dataclasses"):
        of(replace(JOB, model=jobs.Known(inner=Opaque())))  # type: ignore[arg-type]


def test_long_lists_of_differences_are_cut() -> None:
    before: dict[str, Any] = {"settings": {str(number): 0 for number in range(9)}}
    now: dict[str, Any] = {"settings": {str(number): 1 for number in range(9)}}
    assert differences(before, now).endswith(" and 4 more")
