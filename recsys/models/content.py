"""Content-based filtering: an item scores by its similarity to the items that the user rated.

    s_ji = max(0, sum_k w_k cos(x_kj, x_ki)) / sum_k w_k       k: genres, year, SIFT vector; Lops et al. 2011

    rating     mean_u + sum_j s_ji (r_uj - mean_u) / (sum_j s_ji + damping)
    implicit   sum_j s_ji r_uj over the j among the `n_neighbors` items most similar to i

with j running over the items that u rated. Other users' ratings are not used. A year is a Gaussian kernel of standard
deviation `year_bandwidth` on the line of years, so that the cosine of two years d apart is exp(-d^2 / (4 bandwidth^2)).
SIFT vectors are centred: as they are, any two have a cosine near 1. What an item lacks (a year of 0, no picture) has
similarity 0 to everything.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import Array, DataError, Dataset
from recsys.features.content_scores import content_scores, sparse_content_scores
from recsys.features.item_item import DENSE_ITEMS
from recsys.recommender import ByObjective

logger = logging.getLogger(__name__)

Positive = Annotated[float, Gt(0)]
Weight = Annotated[float, Ge(0)]
COLUMNS = ("genres", "year", "sift")


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Content:
    """Lops, de Gemmis and Semeraro 2011, Content-based Recommender Systems, in the Recommender Systems Handbook.

    genres, year, sift   w_k; those of columns that the data set does not have are left out
    year_bandwidth       of the years' kernels, in years
    damping              of the mean, and of the user's mean
    n_neighbors          see above
    dense_items          with more items, `rating` sums over the most similar ones alone (`content_scores`)
    """

    genres: Weight = 1.0
    year: Weight = 2.14
    sift: Weight = 0.383
    year_bandwidth: Positive = 4.56
    damping: Positive = 2.7
    n_neighbors: Annotated[int, Ge(1)] = 25
    dense_items: Annotated[int, Ge(0)] = DENSE_ITEMS

    def fit(self, train: Dataset, seed: int) -> ByObjective:
        """Raises `DataError` where no column is left to compare."""
        if len(train.items) > self.dense_items:
            return sparse_content_scores(train, self.similarity(train), self.damping, self.n_neighbors)
        return content_scores(train, self.item_similarity(train), self.damping, self.n_neighbors)

    def item_similarity(self, train: Dataset) -> Array:
        """float32 (n_items, n_items), 0 on the diagonal."""
        return self.similarity(train)(slice(0, len(train.items)))

    def similarity(self, train: Dataset) -> Callable[[slice], Array]:
        """A block of items -> float32 (items of the block, n_items)."""
        settings = zip(COLUMNS, (self.genres, self.year, self.sift), strict=True)
        weights = {column: weight for column, weight in settings if weight}
        for column in [column for column in weights if column not in train.item_table]:
            logger.warning("%s has no column %r: content runs without it", train.name, column)
            del weights[column]
        if not weights:
            raise DataError(
                f"{train.name}: expected item columns to compare, any of {', '.join(COLUMNS)} with a weight, got none; "
                "use a data set that has them, or another model"
            )
        features = [(column, np.float32(weight), self._vectors(train, column)) for column, weight in weights.items()]
        total = np.float32(sum(weights.values()))

        def of_block(block: slice) -> Array:
            similarity = np.zeros((block.stop - block.start, len(train.items)), np.float32)
            for column, weight, vectors in features:
                similarity += weight * (self._years(block, vectors) if column == "year" else vectors[block] @ vectors.T)
            similarity[np.arange(len(similarity)), np.arange(block.start, block.stop)] = 0
            return np.maximum(similarity, 0) / total

        return of_block

    def _years(self, block: slice, year: Array) -> Array:
        """float32 (items of the block, n_items): cosine of two Gaussian kernels; 0 where one of the years is 0."""
        distance = year[block, None] - year
        known = (year[block, None] > 0) & (year > 0)
        return np.exp(-(distance**2) / np.float32(4 * self.year_bandwidth**2)) * known

    @staticmethod
    def _vectors(train: Dataset, column: str) -> Array:
        """float32 (n_items, d), of length 1, or 0 for an item without the feature; the years themselves."""
        values = train.item_table[column].astype(np.float32)
        if column == "year":
            return values
        if column == "sift":
            known = train.item_table.get("sift_known", np.ones(len(values), bool))
            values = (values - values[known].mean(axis=0)) * known[:, None] if known.any() else np.zeros_like(values)
        length = np.linalg.norm(values, axis=1, keepdims=True)
        return values / np.where(length > 0, length, 1)
