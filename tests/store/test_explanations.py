"""Reasons that a scorer gives become the rows that were worked out by hand, on the run of tests.jobs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recsys.dataset import Dataset
from recsys.recommender import Scorer
from tests import jobs

pytestmark = pytest.mark.usefixtures("no_pictures")


@dataclass(frozen=True)
class Said:
    words: str
    strength: float


@dataclass(frozen=True)
class Talkative(jobs.Tastes):
    """Knows two reasons for item 500, one for 503, and none for any other."""

    def explain(self, user: int, item: int, count: int) -> list[Said]:
        known = {0: [Said("of 500", 2.0), Said(f"to {user}", 0.5)], 3: [Said("of 503", 1 / 3)]}
        return known.get(item, [])[:count]


@dataclass(frozen=True)
class Explained(jobs.Known):
    def fit(self, train: Dataset, seed: int) -> Scorer:
        return Talkative(np.array([0.6, 0.4, 0.2, 0.8], np.float32))


def test_the_reasons_of_the_last_repeat_stand_in_the_runs_folder_in_the_data_sets_own_ids(tmp_path: Path) -> None:
    jobs.run(tmp_path / "both", model=Explained())
    frame = pd.read_csv(tmp_path / "both/explanations.csv", keep_default_na=False)
    # Fold 2 tests user 100 on 503, user 101 on 501; unseen by 100 in train is 503 alone, by 101 are 501 and 502.
    assert frame.to_numpy().tolist() == [
        ["rated", 100, 1, 503, "", 1, 0.333333, "of 503"],
        ["full", 100, 1, 503, "", 1, 0.333333, "of 503"],
    ]
    jobs.run(tmp_path / "first", model=Explained(), only=(1,))
    frame = pd.read_csv(tmp_path / "first/explanations.csv", keep_default_na=False)
    rated = frame[(frame.protocol == "rated") & (frame.item == 500)]
    assert rated[["user", "rank", "reason", "strength", "words"]].to_numpy().tolist() == [
        [100, 1, 1, 2.0, "of 500"],
        [100, 1, 2, 0.5, "to 0"],
        [101, 2, 1, 2.0, "of 500"],
        [101, 2, 2, 0.5, "to 1"],
    ]


def test_a_model_that_knows_no_reasons_leaves_no_such_file(tmp_path: Path) -> None:
    jobs.run(tmp_path)
    assert not list(tmp_path.rglob("explanations*"))
