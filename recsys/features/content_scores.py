"""Scores from a similarity of items' content and the user's own ratings alone.

    rating     mean_u + sum_j s_ji (r_uj - mean_u) / (sum_j s_ji + damping)
    implicit   sum_j s_ji r_uj over the j among the `n_neighbors` items most similar to i

with j running over the items that u rated, s their similarity, mean_u the damped mean of u's ratings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse

from recsys.dataset import Array, Dataset
from recsys.features.biases import Biases
from recsys.features.item_item import ItemItem, matrix, top_k
from recsys.features.nearest import nearest
from recsys.recommender import ByObjective

MOST_SIMILAR = 500
"""Items j whose s_ji are kept of each item i where those of all are too many, and never more, since content has few
values and any number of items may be equally similar; for `rating`, the others count as 0."""


def content_scores(train: Dataset, item_similarity: Array, damping: float, n_neighbors: int) -> ByObjective:
    """item_similarity: float32 (n_items, n_items), s_ji in row j and column i, 0 on the diagonal, none below 0."""
    closest = sparse.csr_matrix(top_k(item_similarity, n_neighbors))
    return _scores(train, item_similarity, closest, damping)


def sparse_content_scores(
    train: Dataset, similarity: Callable[[slice], Any], damping: float, n_neighbors: int
) -> ByObjective:
    """Of the MOST_SIMILAR items alone, or `n_neighbors` if these are more; similarity: as of `nearest`, not below 0."""
    n, most = len(train.items), max(MOST_SIMILAR, n_neighbors)
    kept = nearest(n, most, lambda block: _first(sparse.csr_matrix(similarity(block)), block, most))
    columns = kept.T.tocsr()
    return _scores(train, kept, nearest(n, n_neighbors, lambda block: columns[block]), damping)


def _first(rows: Any, block: slice, most: int) -> Any:
    """Of each row i of the block its `most` highest entries but the i-th; those that are equal to the lowest of them in
    an order of the items, at random and the same each time, that begins behind i: no item is preferred by all.

    rows   sparse (items of the block, n)
    """
    n = rows.shape[1]
    place = np.random.default_rng(0).permutation(n)
    kept = np.zeros(rows.nnz, bool)
    for item, first, end in zip(range(block.start, block.stop), rows.indptr[:-1], rows.indptr[1:], strict=True):
        column = rows.indices[first:end]
        value = np.where(column == item, -np.inf, rows.data[first:end])
        if len(value) > most:
            lowest = np.partition(value, -most)[-most]
            equal = np.flatnonzero(value == lowest)
            wanted = most - np.count_nonzero(value > lowest)
            after = (place[column[equal]] - place[item]) % n
            kept[first + equal[np.argpartition(after, wanted - 1)[:wanted]]] = True
            kept[first:end] |= value > lowest
        else:
            kept[first:end] = value > -np.inf
    row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))[kept]
    return sparse.csr_matrix((rows.data[kept], (row, rows.indices[kept])), rows.shape)


def _scores(train: Dataset, item_similarity: Any, closest: Any, damping: float) -> ByObjective:
    interactions, shape = train.interactions, (len(train.users), len(train.items))
    user_means = Biases.of_users(interactions, *shape, damping)
    residuals = matrix(interactions, user_means.residuals(interactions), *shape)
    ratings = matrix(interactions, interactions.rating, *shape)
    return ByObjective(
        {
            "rating": ItemItem(residuals, item_similarity, damping, user_means),
            "implicit": ItemItem(ratings, closest),
        }
    )
