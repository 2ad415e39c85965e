"""Biased matrix factorisation: a rating is user and item biases and an inner product of user and item factors.

    score(u, i) = mean + b_u + b_i + p_u' q_i                           Koren, Bell and Volinsky 2009, equation 4

    minimises  sum_ui (r_ui - score)^2 + l2 (sum_u |p_u|^2 + sum_i |q_i|^2) + bias_l2 (sum_u b_u^2 + sum_i b_i^2)

over the ratings, by alternating least squares: with the items fixed, each user's [p_u, b_u] is the solution of a small
linear system, and the other way round, so that the objective falls in every half sweep. It learns from observed
ratings alone: a predictor of ratings (`rated`), and a poor one of what is rated at all (`full`).
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Gt
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import Array, Dataset
from recsys.features.factor_scorer import FactorScorer
from recsys.features.factors import Factors
from recsys.features.item_item import matrix

Size = Annotated[int, Ge(1)]
Positive = Annotated[float, Gt(0)]


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class BiasedMf:
    """Hyperparameters.

    factors       length of p_u and q_i
    l2, bias_l2   see above
    sweeps        over users and then items
    init_sd       standard deviation of the items' factors before the first sweep
    """

    predicts_ratings: ClassVar[bool] = True
    factors: Size = 22
    l2: Positive = 9.14
    bias_l2: Positive = 17.7
    sweeps: Size = 12
    init_sd: Positive = 0.1

    def fit(self, train: Dataset, seed: int) -> FactorScorer:
        interactions = train.interactions
        mean = float(interactions.rating.mean(dtype=np.float64))
        by_user = matrix(interactions, interactions.rating, len(train.users), len(train.items)).astype(np.float64)
        by_user.data -= mean
        by_item = by_user.T.tocsr()
        penalty = np.diag(np.append(np.full(self.factors, self.l2), self.bias_l2))
        item = np.zeros((len(train.items), self.factors + 1))  # [q_i, b_i]
        item[:, :-1] = np.random.default_rng(seed).normal(0, self.init_sd, (len(item), self.factors))
        user = np.zeros((len(train.users), self.factors + 1))  # [p_u, b_u]
        for _ in range(self.sweeps):
            user = solve(by_user, item, penalty)
            item = solve(by_item, user, penalty)
        factors = Factors.of(user[:, :-1], item[:, :-1], user[:, -1], item[:, -1], mean)
        return FactorScorer(factors, predicts_ratings=True)


def solve(ratings: Any, fixed: Array, penalty: Array) -> Array:
    """(n, f + 1): for each row the [p, b] that minimises sum_j (x_j - b_j - b - p' q_j)^2 + [p, b]' penalty [p, b].

    ratings   sparse (n, m): x, less the overall mean; j runs over the entries of the row
    fixed     (m, f + 1): [q_j, b_j], the side that is not solved for
    """
    features = fixed.copy()
    features[:, -1] = 1  # of p and b
    size = features.shape[1]
    rated = ratings.copy()
    rated.data = np.ones_like(rated.data)
    squares = (features[:, :, None] * features[:, None, :]).reshape(len(features), -1)
    gram = (rated @ squares).reshape(-1, size, size) + penalty
    moment = ratings @ features - rated @ (features * fixed[:, -1:])
    return np.linalg.solve(gram, moment[:, :, None])[:, :, 0]
