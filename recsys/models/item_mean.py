"""Recommends what is rated highest on average, the same to everybody.

    score(i) = mean + sum_u (r_ui - mean) / (n_i + damping)       Funk 2006, Netflix Update: Try This at Home

The mean of an item with few ratings is shrunk towards the overall mean.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Gt
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import Dataset, read_only
from recsys.features.biases import Biases
from recsys.recommender import ItemScorer


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class ItemMean:
    """damping: pseudo-ratings at the overall mean that are added to each item."""

    predicts_ratings: ClassVar[bool] = True
    damping: Annotated[float, Gt(0)] = 198.0

    def fit(self, train: Dataset, seed: int) -> ItemScorer:
        biases = Biases.of(train.interactions, len(train.users), len(train.items), self.damping)
        return ItemScorer(read_only((biases.mean + biases.item).astype(np.float32)), predicts_ratings=True)
