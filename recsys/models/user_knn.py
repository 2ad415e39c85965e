"""User-kNN: what users who rate alike think of an item; a form for each of the two questions.

    rating     base(u, i) + sum_v W_uv left_vi / (sum_v |W_uv| + damping)       Herlocker et al. 1999, equation 3
    implicit   sum_v cos(u, v) r_vi                                             Sarwar et al. 2000, section 4.2

v runs over the neighbours of u who rated i; left is what user and item biases (base) leave over of the ratings, W its
shrunk correlation. A mean predicts a rating; only a sum tells how many neighbours took the item up.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked
from scipy import sparse

from recsys.dataset import Array, Dataset
from recsys.features.biases import Biases
from recsys.features.item_item import Cosine, Residual, correlation, cosine, dense, matrix, top_k
from recsys.recommender import Objective, pairs_from_grid


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class UserKnn:
    """Herlocker et al. 1999, An Algorithmic Framework for Performing Collaborative Filtering, SIGIR.

    rating, implicit   the form that answers each objective
    """

    rating: Residual
    implicit: Cosine

    def fit(self, train: Dataset, seed: int) -> UserKnnScorer:
        interactions, sizes = train.interactions, (len(train.users), len(train.items))
        base = Biases.of(interactions, *sizes, self.rating.bias_damping)
        left, rated = (
            matrix(interactions, base.residuals(interactions), *sizes),
            matrix(interactions, np.ones(len(interactions)), *sizes),
        )
        alike = _rows(top_k(correlation(left.T.tocsr(), rated.T.tocsr(), self.rating.shrink), self.rating.size))
        ratings = matrix(interactions, interactions.rating, *sizes)
        near = _rows(top_k(cosine(ratings.T.tocsr()), self.implicit.size))
        return UserKnnScorer(base, left, rated, alike, self.rating.damping, ratings, near)


@dataclass(frozen=True, slots=True)
class UserKnnScorer:
    """left, rated, ratings: sparse (n_users, n_items); alike, near: sparse (n_users, n_users), a user's neighbours and
    their weights in the user's row."""

    base: Biases
    left: Any
    rated: Any
    alike: Any
    damping: float
    ratings: Any
    near: Any
    probabilities: Collection[Objective] = ()

    def grid(self, users: Array, objective: Objective) -> Array:
        if objective == "implicit":
            return dense(self.near[users] @ self.ratings).astype(np.float32)
        weights = self.alike[users]
        mean = dense(weights @ self.left) / (dense(abs(weights) @ self.rated) + self.damping)
        return (self.base.grid(users) + mean).astype(np.float32)

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        return pairs_from_grid(lambda chunk: self.grid(chunk, objective), users, items)


def _rows(weights: Array) -> sparse.csr_matrix:
    """The neighbours of each column, in rows."""
    return sparse.csr_matrix(weights.T.astype(np.float32))
