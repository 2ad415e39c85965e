"""Scores from a similarity of items' content and the user's own ratings alone.

    rating     mean_u + sum_j s_ji (r_uj - mean_u) / (sum_j s_ji + damping)
    implicit   sum_j s_ji r_uj over the j among the `n_neighbors` items most similar to i

with j running over the items that u rated, s their similarity, mean_u the damped mean of u's ratings.
"""

from __future__ import annotations

from scipy import sparse

from recsys.dataset import Array, Dataset
from recsys.features.biases import Biases
from recsys.features.item_item import ItemItem, matrix, top_k
from recsys.recommender import ByObjective


def content_scores(train: Dataset, item_similarity: Array, damping: float, n_neighbors: int) -> ByObjective:
    """item_similarity: float32 (n_items, n_items), s_ji in row j and column i, 0 on the diagonal, none below 0."""
    interactions, shape = train.interactions, (len(train.users), len(train.items))
    user_means = Biases.of_users(interactions, *shape, damping)
    residuals = matrix(interactions, user_means.residuals(interactions), *shape)
    ratings = matrix(interactions, interactions.rating, *shape)
    nearest = sparse.csr_matrix(top_k(item_similarity, n_neighbors))
    return ByObjective(
        {
            "rating": ItemItem(residuals, item_similarity, damping, user_means),
            "implicit": ItemItem(ratings, nearest),
        }
    )
