"""Runs whose repeats share their test rows: intervals and tests are over users, from the run's files to the tables."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys import job
from recsys.comparison import tables
from recsys.comparison.differences import Comparison
from recsys.comparison.notes import notes
from recsys.comparison.runs import Run
from recsys.comparison.significance import permutation_test
from recsys.dataset import Dataset
from recsys.evaluation.intervals import bootstrap
from recsys.evaluation.metric_name import MetricName
from recsys.evaluation.protocols import Protocol
from recsys.evaluation.ranking_task import Rank
from recsys.evaluation.splits import LeaveOneOut, RandomSplit
from recsys.execution.local import Local
from recsys.experiments import stored
from recsys.output import metric_points
from recsys.output.tracking import NoTracking
from recsys.recommender import Scorer
from recsys.request import Request
from recsys.results import differ_in
from recsys.store.run_folder import RunFolder
from recsys.task import Splitter
from tests import jobs, worlds

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_pictures")]

NEXT = Protocol("next_item", "unseen", 0.0, "implicit", (5, 10))
NDCG = MetricName("next_item", "ndcg", 10)


@dataclass(frozen=True)
class Shifted:
    """Likes items in the order of their rows from `start` on; with `noise`, in another order for each seed."""

    start: int = 0
    noise: float = 0.0

    def fit(self, train: Dataset, seed: int) -> Scorer:
        scores = -np.roll(np.arange(len(train.items)), self.start).astype(np.float32)
        return jobs.Tastes(
            scores + np.float32(self.noise) * np.random.default_rng(seed).random(len(scores), np.float32)
        )


@dataclass(frozen=True)
class Source:
    def load(self) -> Dataset:
        return worlds.dense(1, share=0.3)


def run(folder: Path, name: str, model: Shifted, splitter: Splitter, protocol: Protocol = NEXT) -> Run:
    request = Request(
        name=name,
        seed=1,
        task=Rank(),
        source=Source(),
        splitter=splitter,
        protocols=[protocol],
        model=model,
        tracker=NoTracking(),
        config="",
        keep_models="none",
    )
    job.run(request, Local(), folder / name)
    return Run.read(folder / name)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def runs(folder: Path) -> list[Run]:
    """Two deterministic models, and one that depends on its seed, on one test set."""
    models = {"plain": Shifted(), "turned": Shifted(30), "noisy": Shifted(noise=50)}
    return [run(folder, name, model, LeaveOneOut(repeats=2)) for name, model in models.items()]


def test_the_summary_says_over_what_its_intervals_are_and_references_have_none(runs: list[Run]):
    summary = runs[0].summary
    assert (summary["resamples"], summary["intervals"]) == (False, "over users, bootstrap")
    values = summary["metrics"]["next_item/ndcg_at_10"]
    assert values["low"] < values["mean"] < values["high"]
    assert values["sd"] == 0  # a deterministic model: over seeds nothing varies
    assert runs[2].summary["metrics"]["next_item/ndcg_at_10"]["sd"] > 0
    assert summary["metrics"]["next_item/coverage_at_10"]["low"] is None  # of all lists together, not of users
    assert {of["next_item/ndcg_at_10"]["low"] for of in summary["references"].values()} == {None}


def test_the_interval_is_the_bootstraps_over_the_users_of_the_file(runs: list[Run]):
    users = runs[2].per_unit(NDCG).to_numpy(float).T[:, :, None]
    low, high = bootstrap(users, seed=1)
    values = runs[2].metric(NDCG)
    assert values is not None
    assert (values.low, values.high) == (pytest.approx(low[0]), pytest.approx(high[0]))


def test_gauc_has_the_interval_of_the_users_auc_and_auc_over_all_pairs_has_none(tmp_path: Path):
    rated = Protocol("rated", "held_out", 4.0, "rating", (1, 10))
    metrics = run(tmp_path, "rated", Shifted(), RandomSplit(repeats=2, varies="seed"), rated).summary["metrics"]
    gauc, auc = metrics["rated/gauc"], metrics["rated/auc"]
    assert gauc["low"] < gauc["mean"] < gauc["high"]
    assert (auc["low"], auc["high"]) == (None, None)


def test_repeats_with_test_sets_of_their_own_that_are_not_drawn_anew_are_no_seeds(runs: list[Run]):
    moments = [replace(run, summary=json.loads(json.dumps(run.summary))) for run in runs]
    for moment in moments:
        moment.summary["stamp"]["test_rows"]["2"] = "later"
    comparison = Comparison.of(moments, None)
    assert any("test sets of their own, not drawn anew: sd is the spread" in note for note in notes(comparison))
    assert "sd over repeats" in tables.differences(comparison, "next_item", NDCG.under("")).head


def test_all_that_shows_a_run_has_the_numbers_of_its_summary(runs: list[Run], folder: Path):
    results = RunFolder(folder / "noisy").results()
    assert {name: asdict(values) for name, values in results.metrics.items()} == {
        name: {**values, "repeats": tuple(values["repeats"])} for name, values in runs[2].summary["metrics"].items()
    }
    points = {(name, step): value for name, value, step in metric_points.of_all(results, "precision")}
    assert points["next_item_spread/ndcg_low", 10] == runs[2].summary["metrics"]["next_item/ndcg_at_10"]["low"]


def test_the_screen_says_what_its_intervals_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    run(tmp_path, "two", Shifted(), LeaveOneOut(repeats=2))
    shown = capsys.readouterr().out
    assert (
        "Mean of 2 repeats on one test set, which differ in seeds, ± half of its 95% interval over users (bootstrap)"
        in shown
    )
    assert "corrected" not in shown
    run(tmp_path, "one", Shifted(), LeaveOneOut())
    assert "One repeat ± half of its 95% interval over users (bootstrap)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("rows", "users", "differ"),
    [("ab", None, "repeats"), ("aa", None, "seeds"), ("aa", 50, "seeds and users"), ("ab", 50, "repeats")],
)
def test_on_one_test_set_repeats_differ_in_seeds_and_where_users_are_sampled_in_these(
    rows: str, users: int | None, differ: str
):
    protocols = {"next_item": replace(NEXT, users=users).stamp(), "other": NEXT.stamp()}
    assert differ_in({"test_rows": dict(enumerate(rows)), "protocols": protocols}) == differ


def test_differences_are_tested_over_users(runs: list[Run]):
    comparison = Comparison.of(runs, None, [NDCG.under("")])
    row = comparison.versus["next_item"][NDCG.under("")]["noisy"]
    differences = (runs[2].per_unit(NDCG) - runs[0].per_unit(NDCG)).to_numpy(float).T[:, :, None]
    (p,), (low, high) = permutation_test(differences, seed=1), bootstrap(differences, seed=1)
    assert (row.test.p, row.test.low, row.test.high) == (p, pytest.approx(low[0]), pytest.approx(high[0]))
    values, base = runs[2].metric(NDCG), runs[0].metric(NDCG)
    assert values is not None and base is not None
    assert row.test.mean == pytest.approx(values.mean - base.mean)
    assert (row.test.t, row.posterior) == (None, None)
    assert row.sd == pytest.approx(np.std(np.subtract(values.repeats, base.repeats), ddof=1))


def test_no_word_of_the_tables_speaks_of_a_test_over_repeats(runs: list[Run]):
    comparison = Comparison.of(runs, None)
    shown = tables.tables(comparison, "next_item", None)
    text = "\n".join([line for table in shown for line in table.markdown()] + notes(comparison))
    assert "corrected" not in text and "inf" not in text and "P equal" not in text
    assert "paired permutation test over users" in text and "differ in seeds" in text
    assert "2 runs x 2 metrics (NDCG@10, HR@10) against plain in next_item: 4 tests" in text
    levels = dict(zip(shown[0].head, next(row for row in shown[0].rows if row[0] == "popularity"), strict=True))
    assert "±" not in levels["NDCG@10"] and "±" not in levels["ΔNDCG@10 vs plain"]
    tested = dict(zip(shown[1].head, shown[1].rows[0], strict=True))
    assert tested["sd over seeds"] == "0.0000" and int(tested["users for 0.005"].replace(",", "")) > 40


def test_a_metric_of_all_lists_together_has_a_difference_and_no_test(runs: list[Run]):
    coverage = MetricName.parse("coverage@10")
    comparison = Comparison.of(runs, None, [coverage])
    row = comparison.versus["next_item"][coverage]["noisy"]
    assert (row.adjusted, row.test.low, row.test.p) == (None, None, None)
    table = tables.differences(comparison, "next_item", coverage)
    assert table.rows[1][4] == "no test" and table.note == "No tests."


def test_tables_from_the_stored_numbers_are_those_of_the_runs(runs: list[Run], tmp_path: Path):
    comparison = Comparison.of(runs, None)
    file = tmp_path / "three.json"
    file.write_text(json.dumps(stored.numbers(runs, stored.tests_over_units(comparison))))
    again = Comparison.of(stored.read(file), None)
    for name in comparison.versus["next_item"]:
        assert tables.differences(again, "next_item", name) == tables.differences(comparison, "next_item", name)
    before, after = (tables.tables(made, "next_item", None)[0] for made in (comparison, again))
    assert after == before


def test_stored_numbers_of_an_older_version_have_no_interval_where_rows_are_shared(runs: list[Run], tmp_path: Path):
    numbers: dict[str, Any] = json.loads(json.dumps(stored.numbers(runs, {})))
    del numbers["resamples"], numbers["unit"], numbers["references"]
    for row in numbers["rows"].values():
        del row["intervals"], row["tests"], row["test_to_train"]
    file = tmp_path / "old.json"
    file.write_text(json.dumps(numbers))
    values = stored.read(file)[2].metric(NDCG)
    assert values is not None
    assert (values.low, values.sd) == (None, pytest.approx(runs[2].summary["metrics"][str(NDCG)]["sd"]))


def test_a_run_of_an_older_version_loses_the_interval_that_has_no_meaning(runs: list[Run]):
    summary = {name: part for name, part in runs[2].summary.items() if name not in ("resamples", "intervals")}
    values = Run("old", None, summary, {}).metric(NDCG)
    assert values is not None
    assert (values.low, values.high, values.sd) == (None, None, runs[2].summary["metrics"][str(NDCG)]["sd"])


def test_one_repeat_of_a_split_that_is_drawn_anew_is_tested_over_its_users_and_says_so(tmp_path: Path):
    two = [run(tmp_path, name, model, RandomSplit(repeats=1)) for name, model in (("a", Shifted()), ("b", Shifted(30)))]
    assert two[0].summary["intervals"] == "none"
    comparison = Comparison.of(two, None)
    row = comparison.versus["next_item"][NDCG.under("")]["b"]
    assert comparison.over == "units" and row.test.p is not None and row.adjusted is not None
    assert tables.differences(comparison, "next_item", NDCG.under("")).title.endswith("over users")
    assert any("no test over splits, which need two or more" in note for note in notes(comparison))
