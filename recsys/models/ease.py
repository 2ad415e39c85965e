"""EASE: every item predicted from the user's other items by ridge regression, solved in closed form.

    score(u, i) = sum_j x_uj W_ji,  W = I - P diag(1 / diag P),  P = (X'X + l I)^-1         Steck 2019, equation 8

The values of X decide what the model is good at. With the ratings themselves, 0 where there is none, it predicts what
is rated and relevant. With their residuals after user and item biases, it predicts the rating of what is rated.

`solver=exact` inverts the matrix of items x items in float64 for up to `dense_items` items. Beyond that it inverts the
one of users x users for up to as many users, which gives the same scores, and else that of items x items in place, in
float32. `solver=sparse` predicts each item from its best predictors alone. All are in `recsys.features.ridge`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Gt, Le
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked
from scipy import sparse

from recsys.dataset import DataError, Dataset
from recsys.features import ridge
from recsys.features.biases import Biases
from recsys.features.item_item import DENSE_ITEMS, ItemItem, matrix, recent, regression
from recsys.features.likes import expect_likes
from recsys.recommender import ByObjective

Positive = Annotated[float, Gt(0)]
Size = Annotated[int, Ge(1)]


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Form:
    """One EASE model.

    values   of X: ratings, likes (1), or residuals, whose scores are predicted ratings
    l2       l above
    recent   scores use each user's so many most recent interactions alone, x times decay^age; None: all of them
    """

    values: Literal["ratings", "likes", "residuals"]
    l2: Positive
    recent: Size | None = None
    decay: Annotated[float, Gt(0), Le(1)] = 1.0


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Ease:
    """Steck 2019, Embarrassingly Shallow Autoencoders for Sparse Data, WWW.

    like_threshold     a rating of at least this is a like
    damping            of the biases that residuals are taken from
    rating, implicit   the form that answers each objective
    solver             exact or sparse, see above
    n_neighbors        items that an item is predicted from with solver=sparse
    dense_items        see above
    max_items          with solver=exact, of more users than `dense_items`: each form takes 4 max_items^2 bytes
    """

    like_threshold: float = 4.0
    damping: Positive = 10.0
    rating: Form = Form(values="residuals", l2=200.0)
    implicit: Form = Form(values="ratings", l2=5000.0)
    solver: Literal["exact", "sparse"] = "exact"
    n_neighbors: Size = ridge.N_NEIGHBORS
    dense_items: Annotated[int, Ge(0)] = DENSE_ITEMS
    max_items: Size = 30_000

    def fit(self, train: Dataset, seed: int) -> ByObjective:
        """Raises `DataError` where the exact solution would take too much memory, and where no rating is a like."""
        return ByObjective({"rating": self._solve(train, self.rating), "implicit": self._solve(train, self.implicit)})

    def _solve(self, train: Dataset, form: Form) -> ItemItem:
        interactions, shape = train.interactions, (len(train.users), len(train.items))
        biases = Biases.of(interactions, *shape, self.damping) if form.values == "residuals" else None
        if biases is not None:
            values = biases.residuals(interactions)
        elif form.values == "likes":
            expect_likes(train.name, interactions.rating, self.like_threshold)
            values = (interactions.rating >= self.like_threshold).astype(np.float32)
        else:
            values = interactions.rating
        profile = matrix(interactions, values, *shape)
        profile.eliminate_zeros()
        weights = self._weights(train.name, profile, form.l2)
        if form.recent is not None:
            profile = recent(interactions, values, *shape, form.recent, form.decay)
        return ItemItem(profile, weights, base=biases)

    def _weights(self, name: str, profile: Any, l2: float) -> Any:
        n_users, n_items = profile.shape
        if self.solver == "sparse":
            return ridge.neighbors(profile, l2, self.n_neighbors)
        if n_items <= self.dense_items:
            return regression(profile, l2)
        if profile.nnz == 0:  # the residuals of data without ratings
            return sparse.csr_matrix((n_items, n_items), dtype=np.float32)
        if n_users <= self.dense_items:
            return ridge.DualRidge.of(profile, l2)
        if n_items > self.max_items:
            raise DataError(
                f"{name}: expected at most {self.max_items} items for model.solver=exact, got {n_items}, for "
                f"which two matrices of {4 * n_items**2 / 1e9:.0f} GB are needed; use model.solver=sparse, which "
                "approximates it, or set model.max_items to more where there is the memory"
            )
        return ridge.cholesky(profile, l2)
