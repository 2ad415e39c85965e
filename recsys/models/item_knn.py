"""Item-kNN: an item scores by its similarity to the items that the user rated; a form for each objective.

    rating     b(u, i) + sum_j e_uj W_ji / (sum_j |W_ji| + damping)             Koren 2008, equation 3
    implicit   sum_j r_uj s_ji                                                  Deshpande and Karypis 2004, section 4.2

j runs over the neighbours of i that u rated; b are user and item biases, e = r - b the residuals, W the shrunk
correlation of the items' residuals, s the similarity of their ratings (`item_item.cosine`). The weighted mean of the
first form predicts a rating, but does not depend on the number of neighbours that it is taken over; the sum of the
second does, and that number tells which items are rated.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from annotated_types import Ge, Gt, Le
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import Dataset
from recsys.features.item_item import (
    DENSE_ITEMS,
    Cosine,
    ItemItem,
    Residual,
    correlation_neighbors,
    cosine_neighbors,
    recent,
)
from recsys.features.neighbors import RatingMatrices
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
    dense_items        with more items, neighbours are found in blocks; the numbers are the same
    """

    predicts_ratings: ClassVar[bool] = True
    rating: Residual = Residual(n_neighbors=33, shrink=167.0, damping=1.0, bias_damping=23.3)
    implicit: RecentCosine = RecentCosine(n_neighbors=92, alpha=0.829, shrink=20.1)
    dense_items: Annotated[int, Ge(0)] = DENSE_ITEMS

    def fit(self, train: Dataset, seed: int) -> ByObjective:
        form, matrices = self.rating, RatingMatrices.of(train, self.rating.bias_damping)
        by_residuals = correlation_neighbors(
            matrices.residuals, matrices.rated, form.shrink, form.n_neighbors, self.dense_items
        )
        by_cosine = cosine_neighbors(matrices.ratings, self.implicit, self.dense_items)
        profile = matrices.ratings
        if self.implicit.recent is not None:
            interactions, shape = train.interactions, (len(train.users), len(train.items))
            profile = recent(interactions, interactions.rating, *shape, self.implicit.recent, self.implicit.decay)
        return ByObjective(
            {
                "rating": ItemItem(matrices.residuals, by_residuals, self.rating.damping, matrices.biases),
                "implicit": ItemItem(profile, by_cosine),
            },
            predicts_ratings=True,
        )
