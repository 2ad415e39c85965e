"""Which runs are found, and that what comes back is what was written."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys.output.tracked_runs import FILES, fetch
from recsys.output.tracking import MLflow, TrackingError
from tests.output import followed

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tracker(tmp_path_factory: pytest.TempPathFactory) -> MLflow:
    """`one` twice, `one` with another rate, `two`, and a run that broke."""
    place = tmp_path_factory.mktemp("runs")
    found = MLflow(uri=f"sqlite:///{place}/runs.db")
    for folder, name, rate in (("a", "one", 0.5), ("b", "one", 0.5), ("c", "one", 0.25), ("d", "two", 0.5)):
        followed.follow(place / folder, found, job=followed.job(name, followed.Known(rate=rate)))
    followed.follow(place / "e", found, job=followed.job("broken"), repeats=(1,), status="failed")
    return found


def ids(tracker: MLflow, name: str) -> list[str]:
    """The newest first."""
    client = tracker.client()
    experiments = [one.experiment_id for one in client.search_experiments()]
    return [run.info.run_id for run in client.search_runs(experiments, f"attributes.run_name = '{name}'")]


def test_by_name_the_newest_run_of_each_setting_is_found(tracker: MLflow, tmp_path: Path):
    changed, again, _ = ids(tracker, "one")
    assert [folder.name for folder in fetch(tracker, tmp_path, names=["one"])] == [again, changed]


def test_a_later_trial_of_fewer_repeats_takes_nothing_from_a_run_of_more(tmp_path: Path):
    found = MLflow(uri=f"sqlite:///{tmp_path}/runs.db")
    for folder, repeats in (("a", (1, 2)), ("b", (1, 2)), ("c", (1,))):
        followed.follow(tmp_path / folder, found, job=followed.job("one"), repeats=repeats)
    trial, second, first = ids(found, "one")
    assert [folder.name for folder in fetch(found, tmp_path, names=["one"])] == [second]
    assert [folder.name for folder in fetch(found, tmp_path, ids=[trial, first])] == [trial, first]


def test_an_experiment_gives_its_finished_runs_and_not_their_repeats(tracker: MLflow, tmp_path: Path):
    changed, again, _ = ids(tracker, "one")
    assert {folder.name for folder in fetch(tracker, tmp_path, experiments=["world"])} == {
        changed,
        again,
        *ids(tracker, "two"),
    }


def test_tags_have_to_fit_all(tracker: MLflow, tmp_path: Path):
    tags = {"dataset": "world", "protocols": "rated, full"}
    assert len(fetch(tracker, tmp_path, tags=tags)) == 3
    with pytest.raises(TrackingError, match="no finished run of dataset=world, protocols=rated;"):
        fetch(tracker, tmp_path, tags={"dataset": "world", "protocols": "rated"})


def test_an_id_names_a_run_whatever_its_age(tracker: MLflow, tmp_path: Path):
    oldest = ids(tracker, "one")[-1]
    assert [folder.name for folder in fetch(tracker, tmp_path, ids=[oldest])] == [oldest]


def test_the_files_are_those_that_were_written(tracker: MLflow, tmp_path: Path):
    (folder,) = fetch(tracker, tmp_path, names=["two"])
    written = Path(tracker.uri.removeprefix("sqlite:///")).parent / "d"
    for name in (*FILES, "per_user.parquet"):
        assert (folder / name).read_bytes() == (written / name).read_bytes()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"names": ["thre"]}, "no finished run of thre"),
        ({"names": ["two", "broken"]}, "no finished run is named 'broken'"),
        ({"experiments": ["mars"]}, "there is no experiment 'mars'; there are .*world"),
        ({"ids": ["0" * 32]}, "expected the id of a run, got 0000"),
    ],
)
def test_what_is_not_there_is_named(tracker: MLflow, tmp_path: Path, asked: dict[str, list[str]], message: str):
    with pytest.raises(TrackingError, match=message):
        fetch(tracker, tmp_path, **asked)  # type: ignore[arg-type]
