"""Content: an item scores by how much it looks like those that the user rated; nobody else's ratings are asked.

    alike(j, i) = max(0, sum_k w_k cos(x_kj, x_ki)) / sum_k w_k       k: genres, year, SIFT vector; Lops et al. 2011

    rating     mean_u + sum_j alike(j, i) (r_uj - mean_u) / (sum_j alike(j, i) + damping)
    implicit   sum_j alike(j, i) r_uj over the j that are among the `neighbours` items most like i

with j running over the items that u rated. Years are bells on a line, so that the cosine of two years d apart is
exp(-d^2 / (4 spread^2)). Of SIFT vectors the mean is taken off: as they are, any two have a cosine near 1. What an item
does not have (a year of 0, no picture) is alike to nothing.
"""

from __future__ import annotations

import logging
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked
from scipy import sparse

from recsys.dataset import Array, DataError, Dataset
from recsys.features.biases import Biases
from recsys.features.item_item import ItemItem, matrix, top_k
from recsys.recommender import ByObjective

logger = logging.getLogger(__name__)

Positive = Annotated[float, Gt(0)]
Weight = Annotated[float, Ge(0)]
COLUMNS = ("genres", "year", "sift")


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Content:
    """Lops, de Gemmis and Semeraro 2011, Content-based Recommender Systems, in the Recommender Systems Handbook.

    genres, year, sift   w_k; those of columns that the data set does not have are left out
    spread               of the years' bells, in years
    damping              of the mean, and of the user's mean
    neighbours           see above
    """

    genres: Weight
    year: Weight
    sift: Weight
    spread: Positive
    damping: Positive
    neighbours: Annotated[int, Ge(1)]

    def fit(self, train: Dataset, seed: int) -> ByObjective:
        events, sizes = train.interactions, (len(train.users), len(train.items))
        base = Biases.of_users(events, *sizes, self.damping)
        left = matrix(events, base.residuals(events), *sizes)
        weights = self.alike(train)
        nearest = sparse.csr_matrix(top_k(weights, self.neighbours))
        return ByObjective(
            {
                "rating": ItemItem(left, weights, self.damping, base),
                "implicit": ItemItem(matrix(events, events.rating, *sizes), nearest),
            }
        )

    def alike(self, train: Dataset) -> Array:
        """float32 (n_items, n_items), 0 on the diagonal; raises `DataError` where no column is left to compare."""
        given = zip(COLUMNS, (self.genres, self.year, self.sift), strict=True)
        weights = {name: weight for name, weight in given if weight}
        for name in [name for name in weights if name not in train.item_table]:
            logger.warning("%s has no column %r: content runs without it", train.name, name)
            del weights[name]
        if not weights:
            raise DataError(
                f"{train.name}: expected item columns to compare, any of {', '.join(COLUMNS)} with a weight, got none; "
                "use a data set that has them, or another model"
            )
        found = np.zeros((len(train.items), len(train.items)), np.float32)
        for name, weight in weights.items():
            found += np.float32(weight) * self._cosines(train, name)
        np.fill_diagonal(found, 0)
        return np.maximum(found, 0) / np.float32(sum(weights.values()))

    def _cosines(self, train: Dataset, name: str) -> Array:
        """float32 (n_items, n_items); 0 where one of the two does not have the feature."""
        values = train.item_table[name].astype(np.float32)
        if name == "year":
            apart = values[:, None] - values  # the cosine of two bells needs no more
            return np.exp(-(apart**2) / np.float32(4 * self.spread**2)) * ((values[:, None] > 0) & (values > 0))
        if name == "sift":
            known = train.item_table.get("sift_known", np.ones(len(values), bool))
            values = (values - values[known].mean(axis=0)) * known[:, None] if known.any() else np.zeros_like(values)
        length = np.linalg.norm(values, axis=1, keepdims=True)
        rows = values / np.where(length > 0, length, 1)
        return rows @ rows.T
