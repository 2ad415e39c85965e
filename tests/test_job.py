"""A run that is stopped or fails halfway keeps what was finished."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pandas as pd
import pytest

from recsys.evaluation.ranking_task import Rank
from recsys.output.artifacts import files
from recsys.output.tracking import TrackingError
from tests import jobs


def terminate(rows: int) -> None:
    if rows == 5:
        os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize(
    ("before", "error"),
    [
        (jobs.stop_at_second(KeyboardInterrupt()), KeyboardInterrupt),
        (jobs.stop_at_second(ZeroDivisionError()), ZeroDivisionError),
        (terminate, SystemExit),
    ],
    ids=["interrupted", "failed", "terminated"],
)
def test_the_files_hold_the_repeats_before_the_end(tmp_path: Path, before: object, error: type[BaseException]) -> None:
    with pytest.raises(error):
        jobs.run(tmp_path, model=jobs.Known(before=before))  # type: ignore[arg-type]
    assert set(pd.read_parquet(tmp_path / "rankings.parquet").repeat) == {1}
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["metrics"]["rated/precision_at_1"]["repeats"] == [0.5]
    assert list(summary["stamp"]["test_rows"]) == ["1"]
    assert (tmp_path / "model/scorer.pkl").exists()


def test_sigterm_means_again_what_it_meant_before_the_run(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    jobs.run(tmp_path)
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_run_that_fails_at_once_leaves_no_results_of_an_older_one(tmp_path: Path) -> None:
    jobs.run(tmp_path)

    def fail(rows: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        jobs.run(tmp_path, model=jobs.Known(before=fail))
    assert not any((tmp_path / file).exists() for file in files(Rank()))


def test_tracking_is_tried_before_the_model(tmp_path: Path) -> None:
    class Unreachable:
        def check(self) -> None:
            raise TrackingError("no answer")

        def track(self, task: object) -> object:
            raise AssertionError("expected check to come first")

        def look(self) -> None:
            return None

    with pytest.raises(TrackingError):
        jobs.run(tmp_path, Unreachable())  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []
