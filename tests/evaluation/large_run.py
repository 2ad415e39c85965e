"""A whole run on 10,000 users and 50,000 items.

    python -m tests.evaluation.large_run FOLDER BYTES

BYTES: the address space that the process is allowed. It says the most memory that it held.
"""

from __future__ import annotations

import resource
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recsys import job
from recsys.dataset import Dataset, Interactions, Vocabulary
from recsys.evaluation.protocols import FULL, RATED
from recsys.evaluation.ranking_task import Rank
from recsys.evaluation.splits import RandomSplit
from recsys.execution.local import Local
from recsys.features.factor_scorer import FactorScorer
from recsys.features.factors import Factors
from recsys.output.tracking import NoTracking
from recsys.request import Request

USERS, ITEMS, EACH, FACTORS = 10_000, 50_000, 20, 16


@dataclass(frozen=True)
class Drawn:
    """Draws its factors: what is measured here is what measuring takes, and a fit takes nothing."""

    def fit(self, train: Dataset, seed: int) -> FactorScorer:
        rng = np.random.default_rng(seed)
        return FactorScorer(Factors.of(rng.normal(size=(USERS, FACTORS)), rng.normal(size=(ITEMS, FACTORS))))


@dataclass(frozen=True)
class World:
    def load(self) -> Dataset:
        """Each user rates EACH items side by side, from a place that is drawn; half are likes."""
        rng = np.random.default_rng(1)
        item = (rng.integers(0, ITEMS, USERS)[:, None] + np.arange(EACH)) % ITEMS
        rows = Interactions.of(np.repeat(np.arange(USERS), EACH), item.ravel(), rng.choice([2, 5], item.size))
        return Dataset.of("large", rows, Vocabulary.of(range(USERS)), Vocabulary.of(range(ITEMS)))


def main() -> None:
    folder, limit = Path(sys.argv[1]), int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    splitter, protocols = RandomSplit(repeats=1, seed=1, share=0.2), [RATED, FULL]
    parts = ("drawn", 1, Rank(), World(), splitter, protocols, Drawn(), NoTracking(), "")
    print(f"{job.run(Request(*parts), Local(), folder).peak_rss_mb:.0f} MB")


if __name__ == "__main__":
    main()
