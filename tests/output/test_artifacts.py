"""The files of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from scipy.stats import t

from recsys.output.artifacts import files
from recsys.results import Description
from recsys.store import learned
from tests import jobs

FILES = files(Description.of(jobs.request().job(jobs.World().load())))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("run")
    jobs.run(place)
    return place


@pytest.fixture(scope="module")
def summary(folder: Path) -> Any:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads((folder / "summary.json").read_text(), parse_constant=refuse)


def test_all_files_are_there_and_no_others(folder: Path) -> None:
    found = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    model = ("scorer.json", "scorer.npz", "checksums.json")
    store = {"run.json", "run.lock", *(f"models/0002/{file}" for file in model), *(f"model/{file}" for file in model)}
    parts = ("numbers.json", "rankings.parquet", "per_user.parquet", "splits.parquet", "checksums.json")
    repeats = {f"repeats/{number}/{file}" for number in ("0001", "0002") for file in parts}
    assert found == {*FILES, *store, *repeats}


def test_precision_is_what_was_worked_out_by_hand(summary: Any) -> None:
    metrics = summary["metrics"]
    assert metrics["rated/precision_at_1"]["repeats"] == [0.5, 1]
    assert metrics["rated/precision_at_2"]["repeats"] == [0.5, 1]
    assert metrics["rated/precision_at_3"]["repeats"] == pytest.approx([7 / 12, 1])
    # Among all unseen items user 101 has three candidates, 503, 500, 502: hits 0 1 0.
    assert metrics["full/precision_at_3"]["repeats"][0] == pytest.approx((2 / 3 + 1 / 3) / 2)


def test_the_interval_knows_that_test_is_as_large_as_train(summary: Any) -> None:
    # Folds of 5 and 2 of the 7 ratings: test to train is (5 + 2) / (2 + 5) = 1; sd of (0.5, 1) is 0.5 / sqrt 2.
    half = t.ppf(0.975, 1) * 0.5 / 2**0.5 * (1 / 2 + 1) ** 0.5
    metric = summary["metrics"]["rated/precision_at_1"]
    expected = {"mean": 0.75, "sd": 0.5 / 2**0.5, "low": 0.75 - half, "high": 0.75 + half}
    assert {name: metric[name] for name in expected} == pytest.approx(expected)


def test_numbers_without_a_cutoff_are_there_and_null_where_undefined(summary: Any) -> None:
    # Fold 1: scores .6 .2 .6 liked, .4 .8 not: two of six pairs in order. Per user 1/2 and 0. Fold 2: all liked.
    assert summary["metrics"]["rated/auc"]["repeats"] == [pytest.approx(1 / 3), None]
    assert summary["metrics"]["rated/auc"]["mean"] is None
    assert summary["metrics"]["rated/gauc"]["repeats"] == [pytest.approx(1 / 4), None]
    assert summary["metrics"]["rated/log_loss"]["repeats"][0] > 0


def test_every_metric_stands_under_every_protocol_and_cutoff(summary: Any) -> None:
    counts = ("true_positives", "false_positives", "false_negatives", "true_negatives")
    names = ("precision", "recall", "ndcg", "hit_rate", "mrr", "map", "coverage", *counts)
    beyond = ("novelty", "long_tail_share", "hamming", "gini")  # these items have no genres that could be alike
    wanted = {"rated": (*names, "all_candidates_listed"), "full": names + beyond}
    expected = {f"{part}/{name}_at_{k}" for part, these in wanted.items() for name in these for k in (1, 2, 3)}
    assert set(summary["metrics"]) == expected | {"rated/auc", "rated/gauc", "rated/log_loss"}


def test_the_confusion_matrix_is_what_was_worked_out_by_hand(summary: Any) -> None:
    def counts(protocol: str, k: int) -> list[float]:
        names = ("true_positives", "false_positives", "false_negatives", "true_negatives")
        return [summary["metrics"][f"{protocol}/{name}_at_{k}"]["repeats"][0] for name in names]

    # Of 5 held-out items 3 are liked; hits 1 0 1 and 0 1.
    assert [counts("rated", k) for k in (1, 2, 3)] == [[1, 1, 2, 1], [2, 2, 1, 0], [3, 2, 0, 0]]
    # Each user has three unseen items; hits 1 0 1 and 0 1 0.
    assert [counts("full", k) for k in (1, 2, 3)] == [[1, 1, 2, 2], [2, 2, 1, 1], [3, 3, 0, 0]]
    assert summary["references"]["oracle"]["full/true_positives_at_2"]["repeats"][0] == 3


def test_the_share_of_users_whose_candidates_are_all_listed_is_there(summary: Any) -> None:
    # Repeat 1: users of 3 and 2 candidates; repeat 2: of one each.
    assert summary["metrics"]["rated/all_candidates_listed_at_1"]["repeats"] == [0, 1]
    assert summary["metrics"]["rated/all_candidates_listed_at_2"]["repeats"] == [0.5, 1]
    assert summary["metrics"]["rated/all_candidates_listed_at_3"]["repeats"] == [1, 1]


def test_the_references_stand_beside(summary: Any) -> None:
    assert set(summary["references"]) == {"random", "popularity", "oracle"}
    assert summary["references"]["oracle"]["rated/precision_at_1"]["mean"] == 1
    assert summary["references"]["oracle"]["rated/precision_at_3"]["repeats"][0] == pytest.approx((2 / 3 + 1 / 2) / 2)


def test_the_summary_names_what_was_run(summary: Any) -> None:
    assert summary["status"] == "finished"
    assert summary["repeats"] == {"asked": [1, 2], "finished": [1, 2]}
    assert len(summary["key"]) == 16
    assert summary["read_by"] == {"rated": ["precision@1", "gauc"], "full": ["precision@1"]}
    assert summary["model"] == "known"
    assert summary["parameters"] == {"inner.size": 8, "inner.layers": [4, 2], "rate": 0.5, "before": None}
    assert summary["learned"] == {"best": pytest.approx(0.8)}
    assert (summary["dataset"], summary["seed"]) == ("world", 3)
    assert summary["stamp"]["split"] == "the publisher's 2 folds"
    assert set(summary["stamp"]["test_rows"]) == {"1", "2"}
    assert summary["stamp"]["test_rows"]["1"] != summary["stamp"]["test_rows"]["2"]
    assert {name: len(seconds) for name, seconds in summary["timings"].items()} == {
        "fit_s": 2,
        "fit_cpu_s": 2,
        "score_s": 2,
        "score_cpu_s": 2,
        "rank_s": 2,
        "rank_cpu_s": 2,
    }
    assert summary["peak_rss_mb"] > 1


def test_rankings_hold_the_lists_in_the_data_sets_own_ids(folder: Path) -> None:
    frame = pd.read_parquet(folder / "rankings.parquet")
    assert list(frame.columns) == ["repeat", "protocol", "user", "rank", "item", "score"]
    first = frame[(frame.repeat == 1) & (frame.protocol == "rated")]
    rows = first[["user", "rank", "item"]].to_numpy().tolist()
    assert rows == [[100, 1, 500], [100, 2, 501], [100, 3, 502], [101, 1, 503], [101, 2, 500]]
    assert first.score.tolist() == pytest.approx([0.6, 0.4, 0.2, 0.8, 0.6])
    assert set(frame.protocol) == {"rated", "full"}
    assert pq.ParquetFile(folder / "rankings.parquet").num_row_groups == 2  # one a repeat, as they finished


def test_per_user_values_are_the_ones_that_the_mean_was_taken_of(folder: Path) -> None:
    frame = pd.read_parquet(folder / "per_user.parquet")
    assert list(frame.columns) == ["repeat", "protocol", "user", "metric", "k", "value"]
    first = frame[(frame.repeat == 1) & (frame.protocol == "rated")]
    chosen = first[first.metric == "precision"].set_index(["user", "k"]).value
    assert [chosen[100, k] for k in (1, 2, 3)] == pytest.approx([1, 1 / 2, 2 / 3])
    assert [chosen[101, k] for k in (1, 2, 3)] == pytest.approx([0, 1 / 2, 1 / 2])
    auc = first[first.metric == "auc"]
    assert auc[["user", "k", "value"]].to_numpy().tolist() == [[100, 0, 0.5], [101, 0, 0]]
    undefined = frame[(frame.repeat == 2) & (frame.metric == "auc")]
    assert len(undefined) == 2 and undefined.value.isna().all()


def test_splits_hold_the_test_rows(folder: Path) -> None:
    frame = pd.read_parquet(folder / "splits.parquet")
    assert frame.to_numpy().tolist() == [
        [1, 100, 500],
        [1, 100, 501],
        [1, 100, 502],
        [1, 101, 503],
        [1, 101, 500],
        [2, 100, 503],
        [2, 101, 501],
    ]


def test_the_scorer_can_be_loaded(folder: Path) -> None:
    scorer = learned.load(folder / "model", packages=("tests",))
    assert isinstance(scorer, jobs.Tastes)
    assert scorer.scores.tolist() == pytest.approx([0.6, 0.4, 0.2, 0.8])


def test_the_same_run_gives_the_same_bytes_but_for_time_and_memory(folder: Path, tmp_path: Path) -> None:
    jobs.run(tmp_path)
    for file in FILES:
        if file != "summary.json":
            assert (tmp_path / file).read_bytes() == (folder / file).read_bytes(), file
    one, other = (json.loads((place / "summary.json").read_text()) for place in (folder, tmp_path))
    for name in ("timings", "peak_rss_mb"):
        del one[name], other[name]
    assert one == other


def test_a_repeat_alone_equals_the_repeat_among_others(folder: Path, tmp_path: Path) -> None:
    jobs.run(tmp_path, only=(2,))
    alone, among = (pd.read_parquet(place / "rankings.parquet") for place in (tmp_path, folder))
    pd.testing.assert_frame_equal(alone, among[among.repeat == 2].reset_index(drop=True))
    metric = json.loads((tmp_path / "summary.json").read_text())["metrics"]["rated/precision_at_1"]
    assert metric == {"mean": 1.0, "sd": None, "low": None, "high": None, "repeats": [1.0]}


def test_the_picture_is_a_png_of_one_panel_a_protocol(folder: Path) -> None:
    content = (folder / "precision.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    width, height = (int.from_bytes(content[at : at + 4], "big") for at in (16, 20))
    assert width > 2 * height
    assert b"Software" not in content and b"Date" not in content
