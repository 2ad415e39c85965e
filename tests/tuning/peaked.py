"""A world and a model whose best setting is known, for the tests of studies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import DataError, Dataset
from recsys.evaluation.locked_users import Tuning
from recsys.evaluation.protocols import Protocol
from recsys.evaluation.ranking_task import Rank
from recsys.output.tracking import NoTracking, Tracker
from recsys.recommender import ItemScorer
from recsys.request import Request
from recsys.tuning.settings import StudySettings
from recsys.tuning.space import changed
from tests.worlds import ratings

USERS, ITEMS = 60, 40
PROTOCOLS = [
    Protocol("rated", "held_out", 4.0, "rating", (1, 5, 10)),
    Protocol("full", "unseen", 4.0, "implicit", (1, 5, 10)),
]
SPACE = {"at": {"low": 0.0, "high": 39.0}, "of": {"kind": {"choices": ["near", "far"]}}}


@checked(frozen=True)
class Of:
    kind: str = "near"


@checked(frozen=True)
class Peaked:
    """Scores items by how near they are to `at`, or, of kind far, by how far; `before` gets each train set first."""

    at: float = Field(default=2.0, ge=0, le=39)
    of: Of = Of()
    before: Callable[[Dataset], None] | None = field(default=None, repr=False)

    def fit(self, train: Dataset, seed: int) -> ItemScorer:
        if self.before is not None:
            self.before(train)
        distance = np.abs(np.arange(len(train.items)) - self.at)
        return ItemScorer((-distance if self.of.kind == "near" else distance).astype(np.float32))


def world() -> Dataset:
    """Each user rates a random half of the items, those within five places of item 20 with 5 stars, all others with 1,
    in no order of time.

    `at=20` of kind near puts every liked item first.
    """
    rng = np.random.default_rng(7)
    cells = [(user, item) for user in range(USERS) for item in range(ITEMS) if rng.random() < 0.5]
    rows = [(user, item, 5.0 if abs(item - 20) <= 5 else 1.0) for user, item in cells]
    return ratings(rows, USERS, ITEMS, times=(1 + rng.permutation(len(rows))).tolist())


@dataclass(frozen=True)
class Source:
    def load(self) -> Dataset:
        return world()


def study(folder: Path, **changes: Any) -> StudySettings:
    settings: dict[str, Any] = {
        "space": SPACE,
        "trials": 12,
        "startup": 4,
        "split": Tuning(repeats=3, locked_share=0.2),
        "folder": folder / "studies",
        "results": folder / "results",
    }
    return StudySettings(**{**settings, **changes})


def configured(model: Peaked | None = None, tracker: Tracker | None = None) -> Callable[[Mapping[str, Any]], Request]:
    base = Request(
        name="peaked",
        seed=1,
        task=Rank(),
        source=Source(),
        splitter=Tuning(),
        protocols=PROTOCOLS,
        model=model or Peaked(),
        tracker=tracker or NoTracking(),
        config="seed: 1\n",
    )
    return lambda values: replace(base, model=changed(base.model, values))


def refuses(train: Dataset) -> None:
    raise DataError("expected something else")
