"""Recommends what most users rated, the same to everybody."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from annotated_types import Ge
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import DataError, Dataset, read_only
from recsys.features.demand import DAY
from recsys.recommender import ItemScorer


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Popularity:
    """score(i) = the number of ratings of i in train, whatever their value.

    last_days   ratings of the last so many days of train alone, back from its last one; None: all
    """

    last_days: Annotated[int, Ge(1)] | None = None

    def fit(self, train: Dataset, seed: int) -> ItemScorer:
        """Raises `DataError` where days are asked for and times are no dates."""
        item = train.interactions.item
        if self.last_days is not None:
            time = train.interactions.time
            if train.times == "order" or not time.any():
                raise DataError(
                    f"{train.name}: expected time stamps, for model.last_days to count back from, got none; leave the "
                    "option out"
                )
            item = item[time > time.max() - self.last_days * DAY]
        return ItemScorer(read_only(np.bincount(item, minlength=len(train.items)).astype(np.float32)))
