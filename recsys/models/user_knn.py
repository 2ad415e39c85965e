"""User-kNN: an item scores by what users with similar ratings gave it; a form for each objective.

    rating     b(u, i) + sum_v W_uv e_vi / (sum_v |W_uv| + damping)             Herlocker et al. 1999, equation 3
    implicit   sum_v s_vu r_vi                                                  Sarwar et al. 2000, section 4.2

v runs over the neighbours of u who rated i; b are user and item biases, e = r - b the residuals, W the shrunk
correlation of the users' residuals, s the similarity of their ratings (`item_item.cosine`). The weighted mean
predicts a rating; only the sum depends on how many neighbours rated the item.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import Array, Dataset
from recsys.features.item_item import (
    DENSE_ITEMS,
    Cosine,
    Residual,
    correlation_neighbors,
    cosine_neighbors,
    dense,
)
from recsys.features.neighbors import RatingMatrices
from recsys.recommender import Objective, pairs_from_grid


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class UserKnn:
    """Herlocker et al. 1999, An Algorithmic Framework for Performing Collaborative Filtering, SIGIR.

    rating, implicit   the form that answers each objective
    dense_items        with more users than this, neighbours are found in blocks; the numbers are the same
    """

    predicts_ratings: ClassVar[bool] = True
    rating: Residual = Residual(n_neighbors=68, shrink=38.7, damping=1.0, bias_damping=18.8)
    implicit: Cosine = Cosine(n_neighbors=44, alpha=0.672, shrink=81.6)
    dense_items: Annotated[int, Ge(0)] = DENSE_ITEMS

    def fit(self, train: Dataset, seed: int) -> UserKnnScorer:
        form, matrices = self.rating, RatingMatrices.of(train, self.rating.bias_damping)
        residuals, rated, ratings = (
            values.T.tocsr() for values in (matrices.residuals, matrices.rated, matrices.ratings)
        )
        by_residuals = correlation_neighbors(residuals, rated, form.shrink, form.n_neighbors, self.dense_items)
        by_cosine = cosine_neighbors(ratings, self.implicit, self.dense_items)
        return UserKnnScorer(matrices, by_residuals.T.tocsr(), by_cosine.T.tocsr(), form.damping)


@dataclass(frozen=True, slots=True)
class UserKnnScorer:
    """by_residuals, by_cosine: sparse (n_users, n_users), a user's neighbours and their weights in the user's row."""

    matrices: RatingMatrices
    by_residuals: Any
    by_cosine: Any
    damping: float
    probabilities: Collection[Objective] = ()
    predicts_ratings: bool = True

    def grid(self, users: Array, objective: Objective) -> Array:
        if objective == "implicit":
            return dense(self.by_cosine[users] @ self.matrices.ratings).astype(np.float32)
        weights = self.by_residuals[users]
        norm = dense(abs(weights) @ self.matrices.rated) + self.damping
        residuals = dense(weights @ self.matrices.residuals) / norm
        return (self.matrices.biases.grid(users) + residuals).astype(np.float32)

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        return pairs_from_grid(lambda distinct: self.grid(distinct, objective), users, items)
