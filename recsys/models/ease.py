"""EASE: every item predicted from the user's other items by ridge regression, solved in closed form.

    score(u, i) = sum_j x_uj W_ji,  W = I - P diag(1 / diag P),  P = (X'X + l I)^-1         Steck 2019, equation 8

What X holds decides what the model is good at. The ratings themselves, 0 where there is none, tell what the user takes
up next. What user and item biases leave over of them says how well an item is liked by those who take it up.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt, Le
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import DataError, Dataset
from recsys.features.biases import Biases
from recsys.features.item_item import ItemItem, matrix, recent, regression
from recsys.recommender import ByObjective

Positive = Annotated[float, Gt(0)]


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Form:
    """values: X holds ratings, likes (1) or residuals, whose scores are predicted ratings; l2: l.

    recent   scores are told from each user's so many most recent events alone, x times decay^age; None: from all
    """

    values: Literal["ratings", "likes", "residuals"]
    l2: Positive
    recent: Annotated[int, Ge(1)] | None = None
    decay: Annotated[float, Gt(0), Le(1)] = 1.0


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Ease:
    """Steck 2019, Embarrassingly Shallow Autoencoders for Sparse Data, WWW.

    threshold          a rating of at least this is a like
    damping            of the biases that residuals are left over from
    rating, implicit   the form that answers each objective
    """

    threshold: float
    damping: Positive
    rating: Form
    implicit: Form

    def fit(self, train: Dataset, seed: int) -> ByObjective:
        return ByObjective({"rating": self._solve(train, self.rating), "implicit": self._solve(train, self.implicit)})

    def _solve(self, train: Dataset, form: Form) -> ItemItem:
        interactions, sizes = train.interactions, (len(train.users), len(train.items))
        base = Biases.of(interactions, *sizes, self.damping) if form.values == "residuals" else None
        if base is not None:
            values = base.residuals(interactions)
        elif form.values == "likes":
            values = (interactions.rating >= self.threshold).astype(np.float32)
            if not values.any():
                raise DataError(
                    f"{train.name}: expected likes to learn from, got no rating of {self.threshold:g} or more; "
                    "set model.threshold to what counts as a like there"
                )
        else:
            values = interactions.rating
        profile = matrix(interactions, values, *sizes)
        profile.eliminate_zeros()
        weights = regression(profile, form.l2)
        if form.recent is not None:
            profile = recent(interactions, values, *sizes, form.recent, form.decay)
        return ItemItem(profile, weights, base=base)
