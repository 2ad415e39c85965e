"""What a user's other ratings say of an item: scores of linear item-item models, to be used as features.

score(u, i) = sum_j x_uj W_ji / norm(u, i), with x_u the user's profile and W learned from the ratings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

import numpy as np
from scipy import sparse

from recsys.dataset import Array, Interactions
from recsys.features.encodings import damped_mean

Neighbours = Literal["ease", "residual_knn"]

EASE_L2 = 5000.0
KNN_SHRINK, KNN_SIZE, KNN_DAMPING = 50.0, 40, 1.0


@dataclass(frozen=True, slots=True)
class ItemItem:
    """profile: sparse float32 (n_users, n_items); weights, float32 (n_items, n_items).

    normed   divide by the sum of |W_ji| over the items j that the user rated, plus KNN_DAMPING
    """

    profile: Any
    weights: Array
    normed: bool

    def grid(self, users: Array) -> Array:
        """float32 (len(users), n_items)."""
        profile = self.profile[users]
        scores = np.asarray(profile @ self.weights)
        if self.normed:
            rated = profile.copy()
            rated.data = np.ones_like(rated.data)
            scores = scores / (np.asarray(rated @ np.abs(self.weights)) + KNN_DAMPING)
        return scores.astype(np.float32)


def ease(log: Interactions, n_users: int, n_items: int) -> ItemItem:
    """EASE on the ratings: W = I - P diag(1 / diag P), P = (X'X + l I)^-1. Steck 2019, equation 8, l = EASE_L2.

    Raw ratings, not likes: what was rated at all tells most of what will be, and the rating adds how well it was liked.
    """
    profile = _matrix(log, log.rating, n_users, n_items)
    gram = np.asarray((profile.T @ profile).todense(), np.float64)
    gram[np.diag_indices(n_items)] += EASE_L2
    inverse = np.linalg.inv(gram)
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return ItemItem(profile, weights.astype(np.float32), normed=False)


def residual_knn(log: Interactions, n_users: int, n_items: int) -> ItemItem:
    """Item-kNN on what user and item biases leave over of the ratings; the KNN_SIZE strongest neighbours of an item.

    W_ji = cosine over the users who rated both, times n_ij / (n_ij + KNN_SHRINK). Koren 2008, equations 2 and 3.
    """
    values = log.rating - log.rating.mean(dtype=np.float64)
    of_items = damped_mean(log.item, values, n_items)
    of_users = damped_mean(log.user, values - of_items[log.item], n_users)
    left = _matrix(log, values - of_items[log.item] - of_users[log.user], n_users, n_items)
    rated = _matrix(log, np.ones(len(log)), n_users, n_items)
    both = np.asarray((rated.T @ rated).todense(), np.float64)
    length = np.asarray((left.multiply(left).T @ rated).todense(), np.float64)  # of i over the users who rated j too
    weights = np.asarray((left.T @ left).todense(), np.float64)
    weights /= np.sqrt(np.maximum(length * length.T, 1e-12))
    weights *= both / (both + KNN_SHRINK)
    np.fill_diagonal(weights, 0)
    strength = np.abs(weights)
    if n_items > KNN_SIZE:  # the neighbours j of item i stand in column i
        weights[strength < np.partition(strength, -KNN_SIZE, axis=0)[-KNN_SIZE]] = 0
    return ItemItem(left, weights.astype(np.float32), normed=True)


Fit: TypeAlias = Callable[[Interactions, int, int], ItemItem]
KINDS: Mapping[Neighbours, Fit] = MappingProxyType({"ease": ease, "residual_knn": residual_knn})


def _matrix(log: Interactions, values: Array, n_users: int, n_items: int) -> Any:
    return sparse.csr_matrix((values.astype(np.float32), (log.user, log.item)), (n_users, n_items))
