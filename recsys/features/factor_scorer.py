"""The scorer of models that learn one set of factors and give its scores for both objectives."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from recsys.dataset import Array
from recsys.features.factors import Factors
from recsys.recommender import Objective


@dataclass(frozen=True, slots=True)
class FactorScorer:
    """Biases and inner products of user and item factors; predicts_ratings: see `recommender.PredictsRatings`."""

    factors: Factors
    probabilities: Collection[Objective] = ()
    predicts_ratings: bool = False

    def grid(self, users: Array, objective: Objective) -> Array:
        return self.factors.grid(users)

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        return self.factors.pairs(users, items)
