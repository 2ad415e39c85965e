"""A published row beside the same row run anew: on values set by hand, without running anything."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.results import reproduce
from recsys.comparison.runs import Run
from recsys.experiments import stored

STAMP: dict[str, Any] = {
    "dataset": {"name": "ml-100k", "fingerprint": "aa"},
    "split": "random, 0.2 of the ratings, seed 1",
    "test_rows": {"1": "bb", "2": "cc"},
    "protocols": {"full": {"candidates": "unseen"}},
}


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Precision .20 and .22: by the corrected interval with 1 degree of freedom, .21 -+ 12.706 * .01414 * sqrt(.75)."""
    row = {
        "split": STAMP["split"],
        "test_to_train": 0.25,
        "commit": "dd",
        "parameters": {},
        "metrics": {"full/precision_at_10": [0.20, 0.22]},
        "timings": {},
    }
    file = tmp_path / "ml-100k.json"
    file.write_text(json.dumps({"stamp": STAMP, "rows": {"ease": row}}), encoding="utf-8")

    def anew(label: str, experiment: object, more: object) -> Run:
        return replace(stored.read(file)[0], label=label)

    monkeypatch.setattr(reproduce, "anew", anew)
    return tmp_path


def published(results: Path) -> Run:
    return stored.read(results / "ml-100k.json")[0]


def again(results: Path, mean: float, **stamp: Any) -> Run:
    metrics = {"full/precision_at_10": {"mean": mean, "sd": 0.0, "low": mean, "high": mean, "repeats": [mean, mean]}}
    run = published(results)
    return replace(run, summary={**run.summary, "metrics": metrics, "stamp": {**STAMP, **stamp}})


def test_a_row_within_its_interval_is_reproduced(results: Path, capsys: pytest.CaptureFixture[str]):
    assert reproduce.main(["ease"], results) == 0
    assert "0.2100  published 0.0544 to 0.3656  inside\nease: none outside" in capsys.readouterr().out


def test_a_number_outside_is_named(results: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    run = again(results, 0.37)
    monkeypatch.setattr(reproduce, "anew", lambda *_: run)
    assert reproduce.main(["ease"], results) == 1
    assert "full/precision_at_10" in (said := capsys.readouterr().out)
    assert "OUTSIDE\nease: 1 outside" in said


def test_other_test_rows_are_no_reproduction(
    results: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    run = again(results, 0.21, test_rows={"1": "bb", "2": "other"})
    monkeypatch.setattr(reproduce, "anew", lambda *_: run)
    assert reproduce.main(["ease"], results) == 2
    assert "not comparable: they differ in test_rows.2" in capsys.readouterr().err


def test_a_row_that_is_not_in_the_table_is_refused(results: Path, capsys: pytest.CaptureFixture[str]):
    assert reproduce.main(["eas"], results) == 2
    assert "expected one of its rows, ease, got eas" in capsys.readouterr().err
