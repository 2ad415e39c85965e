"""Recommends what most users rated, the same to everybody."""

from __future__ import annotations

import numpy as np
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import Dataset, read_only
from recsys.recommender import ItemScorer


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Popularity:
    """score(i) = the number of ratings of i in train, whatever their value."""

    def fit(self, train: Dataset, seed: int) -> ItemScorer:
        counts = np.bincount(train.interactions.item, minlength=len(train.items))
        return ItemScorer(read_only(counts.astype(np.float32)))
