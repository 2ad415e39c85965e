"""Both readings of a predicted rating of 4 or higher, by hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from benchmarks.predicted_threshold import read
from recsys.dataset import Dataset
from recsys.recommender import ItemScorer, Objective
from tests.worlds import ratings, split

# Held out: user 0 rated items 0, 1, 2 with 5, 2, 4; user 1 items 0 and 3 with 4 and 1; user 2 item 2 with 5.
SPLIT = split(
    ratings([(0, 3, 3), (1, 1, 3), (2, 0, 3)], 3, 4),
    [(0, 0, 5), (0, 1, 2), (0, 2, 4), (1, 0, 4), (1, 3, 1), (2, 2, 5)],
)


@dataclass(frozen=True)
class Predicts:
    scores: tuple[float, ...]
    probabilities: tuple[Objective, ...] = ()

    def fit(self, train: Dataset, seed: int) -> ItemScorer:
        return ItemScorer(np.array(self.scores, np.float32), self.probabilities)


@pytest.mark.parametrize(
    "model",
    [Predicts((4.6, 4.0, 3.0, 3.5)), Predicts((0.9, 0.5, 0.1, 0.4), ("rating",))],
    ids=["ratings", "probabilities"],
)
def test_both_readings_by_hand(model: Predicts):
    readings = read(SPLIT, model)
    # a: lists 0 1 2, 0 3 and 2 with hits 1 0 1, 1 0 and 1; at K = 1, 5 and 10.
    assert readings.all_items == pytest.approx([1, (2 / 3 + 1 / 2 + 1) / 3, (2 / 3 + 1 / 2 + 1) / 3])
    # b: lists 0 1, 0 and none.
    assert readings.above == pytest.approx([1, (1 / 2 + 1) / 2, (1 / 2 + 1) / 2])
    assert readings.without == pytest.approx(1 / 3)
    assert readings.recommended == pytest.approx((2 + 1 + 0) / 3)
