"""The tables of newcomers and of pools: numbers of real runs, compared pair by pair."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from benchmarks import cold_start, sift_pools
from benchmarks.cold_start import folder, read
from recsys.dataset import DataError
from tests import jobs


@pytest.fixture
def found(tmp_path: Path) -> dict[str, Any]:
    """Three rows of the hand-worked world; the GAUC of b and c is that of a and .1, .2 or -.1, -.1 more."""
    labels = ("known, a", "known, b", "known, c")
    for label in labels:
        jobs.run(folder(tmp_path, label), name="known")
    runs = read(tmp_path, labels)
    for name in cold_start.SHOWN.values():  # the world's lists are too short for ten
        for one in [*runs.values(), *({"metrics": metrics} for metrics in runs["known, a"]["references"].values())]:
            one["metrics"].setdefault(name, one["metrics"]["rated/precision_at_1"])
    for label, shifts in (("known, a", (0, 0)), ("known, b", (0.1, 0.2)), ("known, c", (-0.1, -0.1))):
        values = [0.5 + shift for shift in shifts]
        mean = float(np.mean(values))
        runs[label]["metrics"]["rated/gauc"] = {"mean": mean, "low": mean - 1, "high": mean + 1, "repeats": values}
    return runs


def cells(lines: list[str]) -> dict[str, list[str]]:
    return {row[0]: row[1:] for row in ([cell.strip() for cell in line.split("|")[1:-1]] for line in lines[2:])}


def test_differences_are_paired_and_tested_with_the_correction_and_holms_rule(found: dict[str, Any]):
    rows = cells(cold_start.table(found))
    assert list(rows) == ["a", "b", "c", "popularity", "random", "oracle"]
    assert rows["a"][0] == "0.500 ± 1.000" and rows["a"][-2:] == ["", ""]
    ratio = found["known, a"]["test_to_train"]
    error = np.std([0.1, 0.2], ddof=1) * np.sqrt(1 / 2 + ratio)
    half, p = stats.t.ppf(0.975, 1) * error, 2 * stats.t.sf(0.15 / error, 1)
    # c differs by the same in both repeats: p is 0, the smaller of the two, so that b's stays as it is.
    assert rows["b"][-2:] == [f"+0.1500 ± {half:.4f}", f"{p:.3f}"]
    assert rows["c"][-2:] == ["-0.1000 ± 0.0000", "0.000"]


def test_one_repeat_has_differences_and_no_p(found: dict[str, Any]):
    for one in found.values():
        for metric in one["metrics"].values():
            metric.update(repeats=metric["repeats"][:1], low=None, high=None)
    assert cells(cold_start.table(found))["c"][-2:] == ["-0.1000", ""]


def test_it_writes_a_table_for_each_split_from_the_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cold_start, "SHOWN", {"P@1": "rated/precision_at_1"})
    monkeypatch.setattr(cold_start, "TESTED", "P@1")
    asked: list[str] = []

    def run(label: str, options: Sequence[str], target: Path) -> None:
        asked.extend(one for one in options if one.startswith("split"))
        jobs.run(target, name="xdeepfm")

    monkeypatch.setattr(cold_start, "run", run)
    cold_start.main(["--runs", str(tmp_path / "runs"), "--out", str(tmp_path / "out.md"), "--repeats", "2"])
    assert asked == ["split=cold_items", "split.repeats=2"] * 6 + ["split=cold_users", "split.repeats=2"] * 6
    text = (tmp_path / "out.md").read_text("utf-8")
    items, users = text.split("## ")[1:]
    assert items.startswith("cold_items: new films") and users.startswith("cold_users: new users")
    assert items.count("| no pictures | 0.750") == users.count("| no pictures | 0.750") == 1
    assert "| genres alone | 0.750" in items and "| oracle | 1.000" in items


def test_a_row_that_has_a_summary_is_not_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    ran: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(cold_start, "run", lambda label, options, target: ran.append((label, list(options))))
    first, second = list(cold_start.ROWS)[:2]
    folder(tmp_path, first).mkdir()
    (folder(tmp_path, first) / "summary.json").write_text("{}")
    cold_start.run_rows(tmp_path, {label: cold_start.ROWS[label] for label in (first, second)}, ["split=cold_items"])
    assert ran == [(second, ["split=cold_items", *cold_start.ROWS[second]])]


def test_runs_stand_in_one_table_on_equal_splits_alone_and_on_other_pictures_where_these_are_compared(tmp_path: Path):
    for label in ("known, a", "known, b"):
        jobs.run(folder(tmp_path, label), name="known")
    file = folder(tmp_path, "known, b") / "summary.json"
    summary = json.loads(file.read_text("utf-8"))
    summary["stamp"]["dataset"]["fingerprint"] = "of another table"
    file.write_text(json.dumps(summary), "utf-8")
    assert list(read(tmp_path, ("known, a", "known, b"), but=("dataset",))) == ["known, a", "known, b"]
    with pytest.raises(DataError, match="known, a and known, b differ in dataset"):
        read(tmp_path, ("known, a", "known, b"))
    summary["stamp"]["test_rows"]["1"] = "another"
    file.write_text(json.dumps(summary), "utf-8")
    with pytest.raises(DataError, match="known, a and known, b differ in test_rows"):
        read(tmp_path, ("known, a", "known, b"), but=("dataset",))


def test_every_pool_with_every_descriptor_is_tried_and_the_default_stands_first():
    assert len(sift_pools.SETTINGS) == 8
    assert next(iter(sift_pools.SETTINGS.values())) == ("mean", "plain")
