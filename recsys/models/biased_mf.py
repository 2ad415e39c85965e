"""Biased matrix factorisation: a rating is the biases and how well the user's factors meet the item's.

    score(u, i) = mean + b_u + b_i + p_u' q_i                           Koren, Bell and Volinsky 2009, equation 4

    minimises  sum_ui (r_ui - score)^2 + l2 (sum_u |p_u|^2 + sum_i |q_i|^2) + bias_l2 (sum_u b_u^2 + sum_i b_i^2)

over the ratings, by alternating least squares: with the items held, each user's [p_u, b_u] is the solution of a small
linear system, and the other way round, so that the objective falls in every half sweep. It was never shown what users
leave alone: a predictor of ratings (`rated`), and a poor one of what is rated at all (`full`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Gt
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import Array, Dataset
from recsys.features.factors import Factors
from recsys.features.item_item import matrix
from recsys.recommender import Objective

Size = Annotated[int, Ge(1)]
Positive = Annotated[float, Gt(0)]
START = 0.1
"""Standard deviation of the items' factors before the first sweep."""


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class BiasedMf:
    """factors: length of p_u and q_i; l2, bias_l2: see above; sweeps: over users and then items."""

    factors: Size
    l2: Positive
    bias_l2: Positive
    sweeps: Size

    def fit(self, train: Dataset, seed: int) -> BiasedMfScorer:
        interactions = train.interactions
        mean = float(interactions.rating.mean(dtype=np.float64))
        by_user = matrix(interactions, interactions.rating, len(train.users), len(train.items)).astype(np.float64)
        by_user.data -= mean
        by_item = by_user.T.tocsr()
        penalty = np.diag(np.append(np.full(self.factors, self.l2), self.bias_l2))
        item = np.zeros((len(train.items), self.factors + 1))  # [q_i, b_i]
        item[:, :-1] = np.random.default_rng(seed).normal(0, START, (len(item), self.factors))
        user = np.zeros((len(train.users), self.factors + 1))  # [p_u, b_u]
        for _ in range(self.sweeps):
            user = solve(by_user, item, penalty)
            item = solve(by_item, user, penalty)
        return BiasedMfScorer(Factors.of(user[:, :-1], item[:, :-1], user[:, -1], item[:, -1], mean))


def solve(left: Any, other: Array, penalty: Array) -> Array:
    """(n, f + 1): for each row the [p, b] that minimises sum_j (x_j - b_j - b - p' q_j)^2 + [p, b]' penalty [p, b].

    left    sparse (n, m): x; j runs over the entries of the row
    other   (m, f + 1): [q_j, b_j]
    """
    features = other.copy()
    features[:, -1] = 1  # of p and b
    size = features.shape[1]
    there = left.copy()
    there.data = np.ones_like(there.data)
    squares = (features[:, :, None] * features[:, None, :]).reshape(len(features), -1)
    gram = (there @ squares).reshape(-1, size, size) + penalty
    moment = left @ features - there @ (features * other[:, -1:])
    return np.linalg.solve(gram, moment[:, :, None])[:, :, 0]


@dataclass(frozen=True, slots=True)
class BiasedMfScorer:
    factors: Factors
    probabilities: Collection[Objective] = ()

    def grid(self, users: Array, objective: Objective) -> Array:
        return self.factors.grid(users)

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        return self.factors.pairs(users, items)
