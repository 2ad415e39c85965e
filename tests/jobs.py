"""A run whose numbers can be worked out by hand, for the tests of what goes out.

Fold 1 tests user 100 on items 500 (5 stars), 501 (2), 502 (4) and user 101 on 503 (1) and 500 (4). The model likes
503 best, then 500, 501, 502. Among their held-out items:

    user 100   500 501 502   hits 1 0 1   precision@1, 2, 3 = 1, 1/2, 2/3
    user 101   503 500       hits 0 1     precision@1, 2, 3 = 0, 1/2, 1/2 (two candidates)

so that the means are 1/2, 1/2, 7/12. Fold 2 tests each user on one item that the user liked: all precisions are 1, and
AUC, without an item to tell it from, is undefined.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from recsys import job
from recsys.dataset import Dataset
from recsys.evaluation.protocols import Protocol
from recsys.evaluation.ranking_task import Rank
from recsys.evaluation.splits import Folds
from recsys.execution.local import Local
from recsys.output.tracking import NoTracking, Tracker
from recsys.recommender import ItemScorer, Objective, Scorer
from recsys.request import Request
from recsys.results import Results
from recsys.store.run_folder import KeepModels
from tests.worlds import ratings

ROWS = [(0, 0, 5), (0, 1, 2), (0, 2, 4), (1, 3, 1), (1, 0, 4), (0, 3, 4), (1, 1, 5)]
RATED = Protocol("rated", "held_out", 4.0, "rating", (1, 2, 3))
FULL = Protocol("full", "unseen", 4.0, "implicit", (1, 2, 3))
CONFIG = "seed: 3\n"


@dataclass(frozen=True)
class Tastes(ItemScorer):
    probabilities: Collection[Objective] = ("rating",)

    @property
    def learned(self) -> dict[str, float]:
        return {"best": float(self.scores.max())}


@dataclass(frozen=True)
class Inner:
    size: int = 8
    layers: tuple[int, ...] = (4, 2)


@dataclass(frozen=True)
class Known:
    """Gives item 503 the score 0.8, and 0.6, 0.4, 0.2 to 500, 501, 502; `before` is called before each fit."""

    inner: Inner = Inner()
    rate: float = 0.5
    before: Callable[[int], None] | None = field(default=None, repr=False)

    def fit(self, train: Dataset, seed: int) -> Scorer:
        if self.before is not None:
            self.before(len(train.interactions))
        return Tastes(np.array([0.6, 0.4, 0.2, 0.8], np.float32))


@dataclass(frozen=True)
class World:
    def load(self) -> Dataset:
        return ratings([(u, i, float(r)) for u, i, r in ROWS], 2, 4, folds=[1, 1, 1, 1, 1, 2, 2])


def request(
    tracker: Tracker | None = None,
    *,
    name: str = "known",
    model: Known | None = None,
    only: tuple[int, ...] | None = None,
    keep_models: KeepModels = "last",
) -> Request:
    return Request(
        name=name,
        seed=3,
        task=Rank(),
        source=World(),
        splitter=Folds(seed=3, repeats=2, only=only),
        protocols=[RATED, FULL],
        model=model or Known(),
        tracker=tracker or NoTracking(),
        config=CONFIG,
        keep_models=keep_models,
    )


def run(
    folder: Path,
    tracker: Tracker | None = None,
    *,
    name: str = "known",
    model: Known | None = None,
    only: tuple[int, ...] | None = None,
) -> Results:
    return job.run(request(tracker, name=name, model=model, only=only), Local(), folder)


def stop_at_second(error: BaseException) -> Callable[[int], None]:
    """Raises when fold 2, which trains on five ratings, is reached."""

    def before(rows: int) -> None:
        if rows == 5:
            raise error

    return before
