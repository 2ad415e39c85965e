"""Recommends what is rated highest on average, the same to everybody.

    score(i) = mean + sum_u (r_ui - mean) / (n_i + damping)       Funk 2006, Netflix Update: Try This at Home

An item of few ratings is drawn to the overall mean, as if it had `damping` ratings of just that beforehand.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Gt
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import Array, Dataset, read_only
from recsys.features.biases import Biases
from recsys.recommender import Objective


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class ItemMean:
    """damping: ratings of the overall mean that each item is given beforehand."""

    damping: Annotated[float, Gt(0)]

    def fit(self, train: Dataset, seed: int) -> ItemMeanScorer:
        biases = Biases.of(train.interactions, len(train.users), len(train.items), self.damping)
        return ItemMeanScorer(read_only((biases.mean + biases.item).astype(np.float32)))


@dataclass(frozen=True, slots=True)
class ItemMeanScorer:
    """means: float32 (n_items,)."""

    means: Array
    probabilities: Collection[Objective] = ()

    def grid(self, users: Array, objective: Objective) -> Array:
        return np.broadcast_to(self.means, (len(users), len(self.means)))

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        return self.means[items]
