"""Item-kNN: an item scores by how close it is to those that the user rated; a form for each of the two questions.

    rating     base(u, i) + sum_j left_uj W_ji / (sum_j |W_ji| + damping)       Koren 2008, equation 3
    implicit   sum_j r_uj cos(j, i)                                             Deshpande and Karypis 2004, section 4.2

j runs over the neighbours of i that u rated; left is what user and item biases (base) leave over of the ratings. The
mean in the first form is what predicts a rating, but forgets how many neighbours say so; the sum in the second counts
them, which is what tells items that the user takes up.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked
from scipy import sparse

from recsys.dataset import Array, Dataset
from recsys.features.biases import Biases
from recsys.features.item_item import Cosine, ItemItem, Residual, correlation, cosine, matrix, recent, top_k
from recsys.recommender import ByObjective


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class RecentCosine(Cosine):
    """recent, decay: as in `recsys.models.ease.Form`."""

    recent: Annotated[int, Ge(1)] | None = None
    decay: Annotated[float, Gt(0), Le(1)] = 1.0


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class ItemKnn:
    """Sarwar et al. 2001, Item-Based Collaborative Filtering Recommendation Algorithms, WWW.

    rating, implicit   the form that answers each objective
    """

    rating: Residual
    implicit: RecentCosine

    def fit(self, train: Dataset, seed: int) -> ByObjective:
        interactions, sizes = train.interactions, (len(train.users), len(train.items))
        base = Biases.of(interactions, *sizes, self.rating.bias_damping)
        left, rated = (
            matrix(interactions, base.residuals(interactions), *sizes),
            matrix(interactions, np.ones(len(interactions)), *sizes),
        )
        alike = _sparse(top_k(correlation(left, rated, self.rating.shrink), self.rating.size))
        profile = matrix(interactions, interactions.rating, *sizes)
        near = _sparse(top_k(cosine(profile), self.implicit.size))
        if self.implicit.recent is not None:
            profile = recent(interactions, interactions.rating, *sizes, self.implicit.recent, self.implicit.decay)
        return ByObjective(
            {"rating": ItemItem(left, alike, self.rating.damping, base), "implicit": ItemItem(profile, near)}
        )


def _sparse(weights: Array) -> sparse.csr_matrix:
    return sparse.csr_matrix(weights.astype(np.float32))
