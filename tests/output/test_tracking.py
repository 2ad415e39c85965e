"""What MLflow keeps, read back from its database."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from recsys.cli import sync
from recsys.environment import revision
from recsys.evaluation import all_candidates_listed, beyond_accuracy
from recsys.evaluation.metrics import COUNTS
from recsys.output.sending import COLOURS
from recsys.output.tracking import MLflow, NoTracking, TrackingError
from tests.jobs import World
from tests.output import followed

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from mlflow import MlflowClient


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("a place")


@pytest.fixture(scope="module")
def tracker(place: Path) -> MLflow:
    return MLflow(uri=f"sqlite:///{place}/runs.db")


@pytest.fixture(scope="module")
def client(tracker: MLflow, place: Path) -> MlflowClient:
    assert followed.follow(place / "run", tracker, job=followed.job()) is None
    return tracker.client()


@dataclass(frozen=True)
class Many(followed.Known):
    table: Mapping[str, int] = field(default_factory=lambda: {str(place): place for place in range(250)})


def named(client: MlflowClient, name: str) -> list[Any]:
    experiment = client.get_experiment_by_name("world")
    assert experiment is not None
    found = client.search_runs([experiment.experiment_id], order_by=["attributes.start_time ASC"])
    return [run for run in found if run.info.run_name == name]


def children(client: MlflowClient, parent: Any) -> list[Any]:
    query = f"tags.mlflow.parentRunId = '{parent.info.run_id}'"
    return list(client.search_runs([parent.info.experiment_id], query, order_by=["attributes.run_name ASC"]))


@pytest.fixture
def parent(client: MlflowClient) -> Any:
    (run,) = named(client, "known")
    return run


def test_the_run_stands_in_the_data_sets_experiment_and_is_finished(parent: Any) -> None:
    assert parent.info.status == "FINISHED"


def test_every_mean_of_the_summary_is_kept_and_the_spread_of_accuracy(
    client: MlflowClient, parent: Any, place: Path
) -> None:
    metrics = json.loads((place / "run/summary.json").read_text())["metrics"]

    def at(key: str, k: str) -> float | None:
        values = {point.step: point.value for point in client.get_metric_history(parent.info.run_id, key)}
        return values.get(int(k or 0))

    for name, metric in metrics.items():
        curve, _, k = name.rpartition("_at_") if "_at_" in name else (name, "", "")
        protocol, _, of = curve.partition("/")
        if of in (*COUNTS, all_candidates_listed.NAME):  # see test_metric_points
            assert at(curve, k) is None, name
            continue
        assert at(curve, k) == metric["mean"], name
        for part in ("sd", "low", "high"):
            expected = None if of in beyond_accuracy.NAMES else metric[part]
            assert at(f"{protocol}_spread/{of}_{part}", k) == expected, (name, part)
    assert parent.data.metrics["rated/precision_at_1"] == 0.75
    seconds = {"fit_s", "fit_cpu_s", "score_s", "score_cpu_s", "rank_s", "rank_cpu_s"}
    assert {*seconds, "peak_rss_mb"} <= set(parent.data.metrics)


def test_only_what_tables_show_has_a_chart_of_its_own(parent: Any) -> None:
    alone = {name for name in parent.data.metrics if "_at_" in name}
    assert alone == {"rated/precision_at_1", "full/precision_at_1"}  # of the cutoffs 1, 2 and 3


def test_runs_that_follow_each_other_differ_in_colour_and_repeats_have_their_runs(
    client: MlflowClient, parent: Any, tracker: MLflow, tmp_path: Path
) -> None:
    for number in range(len(COLOURS)):
        followed.follow(tmp_path / str(number), tracker, job=followed.job(f"painted {number}"), repeats=(1,))
    painted = [named(client, f"painted {number}")[0] for number in range(len(COLOURS))]
    colours = [run.data.tags["mlflow.runColor"] for run in [parent, *painted]]
    assert colours == [*COLOURS, COLOURS[0]]
    assert {run.data.tags["mlflow.runColor"] for run in children(client, parent)} == {colours[0]}


def test_a_curve_metric_has_one_step_a_cutoff(client: MlflowClient, parent: Any) -> None:
    history = client.get_metric_history(parent.info.run_id, "rated/precision")
    points = sorted((point.step, point.value) for point in history)
    assert points == [(1, 0.75), (2, 0.75), (3, pytest.approx((7 / 12 + 1) / 2))]


def test_each_repeat_is_a_run_inside_with_its_own_values(client: MlflowClient, parent: Any) -> None:
    first, second = children(client, parent)
    assert [first.info.run_name, second.info.run_name] == ["repeat 1", "repeat 2"]
    assert [run.data.metrics["rated/precision_at_1"] for run in (first, second)] == [0.5, 1]
    assert {first.info.status, second.info.status} == {"FINISHED"}
    assert "rated/auc" in first.data.metrics and "rated/auc" not in second.data.metrics  # undefined in fold 2


def test_parameters_are_the_models_fields_with_data_split_and_seed(parent: Any) -> None:
    assert parent.data.params == {
        "inner.size": "8",
        "inner.layers": "[4, 2]",
        "rate": "0.5",
        "before": "None",
        "task": "rank",
        "dataset": "world",
        "split": "the publisher's 2 folds",
        "seed": "3",
    }


def test_a_model_of_models_may_have_more_parameters_than_fit_into_a_request(
    client: MlflowClient, tracker: MLflow, tmp_path: Path
) -> None:
    followed.follow(tmp_path, tracker, job=followed.job("many", Many()))
    (run,) = named(client, "many")
    kept = {name: value for name, value in run.data.params.items() if name.startswith("table.")}
    assert kept == {f"table.{place}": str(place) for place in range(250)}


def test_tags_tell_which_code_and_data_and_what_it_may_be_compared_with(parent: Any) -> None:
    tags = parent.data.tags
    assert (tags["dataset"], tags["protocols"]) == ("world", "rated, full")
    assert tags["fingerprint"] == World().load().fingerprint
    assert json.loads(tags["stamp"])["dataset"]["fingerprint"] == tags["fingerprint"]
    assert len(tags["stamp_id"]) == 16
    assert (tags["git_commit"], tags["git_dirty"]) == revision()


def test_the_data_set_is_an_input(parent: Any) -> None:
    (used,) = parent.inputs.dataset_inputs
    assert (used.dataset.name, used.dataset.digest) == ("world", World().load().fingerprint)
    assert json.loads(used.dataset.profile) == {"ratings": 7, "users": 2, "items": 4}


def test_the_files_lie_beside_the_database(client: MlflowClient, parent: Any, place: Path) -> None:
    kept = {file.path for file in client.list_artifacts(parent.info.run_id)}
    kept |= {file.path for file in client.list_artifacts(parent.info.run_id, "model")}
    assert {str(file) for file in followed.FILES} <= kept
    assert list((place / "mlartifacts" / "world").rglob("summary.json"))


def test_a_broken_run_is_failed_with_what_it_had(client: MlflowClient, tracker: MLflow, tmp_path: Path) -> None:
    followed.follow(tmp_path, tracker, job=followed.job("broken"), repeats=(1,), status="failed")
    (run,) = named(client, "broken")
    assert run.info.status == "FAILED"
    assert run.data.metrics["rated/precision_at_1"] == 0.5
    assert [child.info.run_name for child in children(client, run)] == ["repeat 1"]


def test_an_interrupted_run_is_killed_at_once_and_has_its_means_when_they_are_asked_for(
    client: MlflowClient, tracker: MLflow, tmp_path: Path
) -> None:
    followed.follow(tmp_path, tracker, job=followed.job("stopped"), repeats=(1,), status="stopped", interrupted=True)
    (run,) = named(client, "stopped")
    assert (run.info.status, run.data.metrics) == ("KILLED", {})
    assert sync.main([str(tmp_path)]) == 0
    (run,) = named(client, "stopped")
    assert run.info.status == "KILLED"
    assert run.data.metrics["rated/precision_at_1"] == 0.5
    assert [child.info.run_name for child in children(client, run)] == ["repeat 1"]


def test_an_experiment_that_was_deleted_comes_back_for_a_new_run(
    client: MlflowClient, tracker: MLflow, tmp_path: Path
) -> None:
    experiment = client.get_experiment_by_name("world")
    assert experiment is not None
    client.delete_experiment(experiment.experiment_id)
    followed.follow(tmp_path, tracker, job=followed.job("again"))
    (again,) = named(client, "again")
    assert again.info.status == "FINISHED"


def test_a_server_that_does_not_answer_is_an_error_for_those_who_need_it_that_names_the_way_around() -> None:
    MLflow(uri="http://127.0.0.1:9").check()  # for runs it is none
    with pytest.raises(TrackingError, match=r"tracking\.uri.*http://127\.0\.0\.1:9.*refused.*tracking=none"):
        MLflow(uri="http://127.0.0.1:9").reach()


@pytest.mark.parametrize("uri", ["runs", "sqlite://runs.db", "sqlite:///", "http://", "htp://host:5000", "./mlruns"])
def test_what_cannot_be_an_address_is_refused_with_the_two_forms(uri: str) -> None:
    with pytest.raises(TrackingError, match=rf"expected sqlite:///FILE or http://HOST:PORT, got '{uri}'"):
        MLflow(uri=uri).check()


@pytest.mark.parametrize("uri", ["sqlite:///runs.db", "http://host", "postgresql+psycopg2://u:p@host/db"])
def test_an_address_is_accepted_without_asking_anybody(uri: str) -> None:
    MLflow(uri=uri).check()


def test_the_record_names_a_database_wherever_it_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert MLflow(uri="sqlite:///runs.db").store == f"sqlite:///{tmp_path}/runs.db"
    assert MLflow(uri="http://host:5000").store == "http://host:5000"
    assert NoTracking().store is None


def test_a_misspelt_field_is_refused() -> None:
    with pytest.raises(ValidationError, match="url"):
        MLflow(uri="sqlite:///x.db", url="y")  # type: ignore[call-arg]


def test_the_line_that_opens_the_pages_names_the_database_as_seen_from_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    line = MLflow(uri=f"sqlite:///{tmp_path}/mlflow.db").look()
    assert line is not None and line.endswith("mlflow ui --backend-store-uri sqlite:///mlflow.db")
    assert MLflow(uri="http://host:5000").look() == "http://host:5000"
