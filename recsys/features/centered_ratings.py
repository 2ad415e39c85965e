"""Ratings and their deviations from each user's mean, as sparse matrices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from recsys.dataset import Array, Interactions, read_only
from recsys.features.item_item import matrix


@dataclass(frozen=True, slots=True)
class CenteredRatings:
    """ratings, deviations, rated   sparse float32 (n_users, n_items): r_ui, r_ui - m_u, and 1, where u rated i
    mean                         float32 (n_users,): m_u; the mean of all ratings for a user without one
    """

    ratings: Any
    deviations: Any
    rated: Any
    mean: Array

    @classmethod
    def of(cls, interactions: Interactions, n_users: int, n_items: int) -> CenteredRatings:
        count = np.bincount(interactions.user, minlength=n_users)
        mean = np.bincount(interactions.user, interactions.rating, n_users) / np.maximum(count, 1)
        mean[count == 0] = interactions.rating.mean()
        return cls(
            matrix(interactions, interactions.rating, n_users, n_items),
            matrix(interactions, interactions.rating - mean[interactions.user], n_users, n_items),
            matrix(interactions, np.ones(len(interactions)), n_users, n_items),
            read_only(mean.astype(np.float32)),
        )

    def item_cosine(self) -> Array:
        """float32 (n_items, n_items): cosine of the items' columns of ratings, 0 on the diagonal."""
        length = np.sqrt(np.asarray(self.ratings.multiply(self.ratings).sum(axis=0)).ravel())
        columns = self.ratings @ sparse.diags(1 / np.where(length > 0, length, 1))
        cosines = (columns.T @ columns).toarray().astype(np.float32)
        np.fill_diagonal(cosines, 0)
        return cosines
