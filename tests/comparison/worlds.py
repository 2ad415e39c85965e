"""Two runs of the hand-worked world of tests.jobs, whose differences can be worked out as well.

`reversed` likes what `known` dislikes. precision@1 in `rated`: fold 1, known 1 0, reversed 1 1 (users 100, 101);
fold 2, one candidate a user: all 1. So reversed less known is 1/2 and 0 in the two repeats, and 0, 1 and 0, 0 for the
users. Both folds test 7 rows in all and train on 7.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recsys.dataset import Dataset
from recsys.recommender import Scorer
from tests import jobs


@dataclass(frozen=True)
class Reversed(jobs.Known):
    def fit(self, train: Dataset, seed: int) -> Scorer:
        return jobs.Tastes(np.array([0.4, 0.6, 0.8, 0.2], np.float32))


def runs(folder: Path) -> tuple[Path, Path]:
    """The folders of `known` and `reversed`."""
    known, other = folder / "known", folder / "reversed"
    jobs.run(known, name="known")
    jobs.run(other, name="reversed", model=Reversed(rate=0.25))
    return known, other
