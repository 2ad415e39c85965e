"""User and item biases: r_ui = mean + b_u + b_i + residual."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.dataset import Array, Interactions


@dataclass(frozen=True, slots=True)
class Biases:
    """b_i = sum_u (r_ui - mean) / (n_i + damping);  b_u = sum_i (r_ui - mean - b_i) / (n_u + damping).

    Koren 2010, Factor in the Neighbors, section 2.1, with one damping for both.

    mean          of all ratings
    user, item    float64 (n_users,), (n_items,); 0 for those without ratings
    """

    mean: float
    user: Array
    item: Array

    @classmethod
    def of(cls, interactions: Interactions, n_users: int, n_items: int, damping: float) -> Biases:
        """damping: more than 0; see `damped_mean`."""
        mean = interactions.rating.mean(dtype=np.float64)
        values = interactions.rating - mean
        item = damped_mean(interactions.item, values, n_items, damping)
        return cls(
            float(mean), damped_mean(interactions.user, values - item[interactions.item], n_users, damping), item
        )

    @classmethod
    def of_users(cls, interactions: Interactions, n_users: int, n_items: int, damping: float) -> Biases:
        """b_u = sum_i (r_ui - mean) / (n_u + damping) and b_i = 0: an item's ratings by others play no part."""
        mean = interactions.rating.mean(dtype=np.float64)
        return cls(
            float(mean), damped_mean(interactions.user, interactions.rating - mean, n_users, damping), np.zeros(n_items)
        )

    def residuals(self, interactions: Interactions) -> Array:
        """float64 (n,): what the biases do not explain of each rating."""
        return interactions.rating - np.float64(self.mean) - self.item[interactions.item] - self.user[interactions.user]

    def grid(self, users: Array) -> Array:
        """float64 (len(users), n_items): the rating that the biases alone predict."""
        return self.mean + self.user[users, None] + self.item

    def pairs(self, users: Array, items: Array) -> Array:
        """float64 (n,): the same for pairs."""
        return self.mean + self.user[users] + self.item[items]


def damped_mean(index: Array, values: Array, size: int, damping: float, prior_mean: float = 0.0) -> Array:
    """float64 (size,): (sum of the values with each index + damping * prior_mean) / (their number + damping).

    A mean that is shrunk towards `prior_mean`, as if `damping` such values had been seen beforehand.
    """
    total = np.bincount(index, values, size) + damping * prior_mean
    return total / (np.bincount(index, minlength=size) + damping)
