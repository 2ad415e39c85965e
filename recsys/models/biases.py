"""Predicts what user and item usually add to the mean rating, and nothing of the two together.

    score(u, i) = mean + b_u + b_i
    b_i = sum_u (r_ui - mean) / (n_i + damping),  b_u = sum_i (r_ui - mean - b_i) / (n_u + damping)

Koren 2010, Factor in the Neighbors, section 2.1. What every model that predicts ratings has to beat. All users have one
list, but for the items that they have rated.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Gt
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import Dataset
from recsys.features.biases import Biases as Fitted
from recsys.features.factor_scorer import FactorScorer
from recsys.features.factors import Factors


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Biases:
    """damping: pseudo-ratings of nothing unusual that are added to each user and item."""

    predicts_ratings: ClassVar[bool] = True
    damping: Annotated[float, Gt(0)] = 10.0

    def fit(self, train: Dataset, seed: int) -> FactorScorer:
        found = Fitted.of(train.interactions, len(train.users), len(train.items), self.damping)
        none = [np.zeros((len(bias), 0)) for bias in (found.user, found.item)]
        factors = Factors.of(none[0], none[1], found.user, found.item, found.mean)
        return FactorScorer(factors, predicts_ratings=True)
