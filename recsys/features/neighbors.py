"""Nearest neighbours: what item-kNN and user-kNN share, and the neighbours in each row of a similarity matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from recsys.dataset import Array, Dataset
from recsys.features.biases import Biases
from recsys.features.item_item import matrix
from recsys.features.top_k import top


@dataclass(frozen=True, slots=True)
class RatingMatrices:
    """biases                     of users and items
    residuals, rated, ratings   sparse float32 (n_users, n_items): r_ui - biases, 1, and r_ui, where u rated i
    """

    biases: Biases
    residuals: Any
    rated: Any
    ratings: Any

    @classmethod
    def of(cls, train: Dataset, bias_damping: float) -> RatingMatrices:
        interactions, shape = train.interactions, (len(train.users), len(train.items))
        biases = Biases.of(interactions, *shape, bias_damping)
        return cls(
            biases,
            matrix(interactions, biases.residuals(interactions), *shape),
            matrix(interactions, np.ones(len(interactions)), *shape),
            matrix(interactions, interactions.rating, *shape),
        )


def nearest_in_rows(similarity: Array, n_neighbors: int) -> Any:
    """Sparse float32 (n, n): the `n_neighbors` largest entries of each row that are above 0; of equal ones the first.

    Unlike `top_k`, which keeps all that are equal to the smallest one kept.
    """
    n = similarity.shape[1]
    order = top(similarity, np.arange(n), min(n_neighbors, n))
    values = np.take_along_axis(similarity, order, axis=1)
    rows = np.repeat(np.arange(len(similarity)), order.shape[1])
    positive = values.ravel() > 0
    return sparse.csr_matrix((values.ravel()[positive], (rows[positive], order.ravel()[positive])), similarity.shape)
