"""Target encodings: how a user rates and how an item is rated, as numbers. See `out_of_fold` for how they stay honest.

Micci-Barreca 2001, A Preprocessing Scheme for High-Cardinality Categorical Attributes, with damped means.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.dataset import Array, Interactions, read_only
from recsys.features.biases import damped_mean


@dataclass(frozen=True, slots=True)
class TargetEncoding:
    """Three numbers of each user and item, from their ratings.

    user, item   float32 (n_users, 3) and (n_items, 3): deviation of the mean rating, deviation of the share of likes,
                 and log(1 + number of ratings)
    """

    user: Array
    item: Array


def encode(
    interactions: Interactions, n_users: int, n_items: int, like_threshold: float, damping: float
) -> TargetEncoding:
    """sum of deviations / (number + damping): items' from the overall mean, users' from their items' means.

    damping: ratings of nothing unusual that each user and item is given beforehand
    """
    user: list[Array] = []
    item: list[Array] = []
    for values in (interactions.rating.astype(float), (interactions.rating >= like_threshold).astype(float)):
        of_items = damped_mean(interactions.item, values - values.mean(), n_items, damping)
        item.append(of_items)
        deviation = values - values.mean() - of_items[interactions.item]
        user.append(damped_mean(interactions.user, deviation, n_users, damping))
    user.append(np.log1p(np.bincount(interactions.user, minlength=n_users)))
    item.append(np.log1p(np.bincount(interactions.item, minlength=n_items)))
    return TargetEncoding(*(read_only(np.stack(columns, axis=1).astype(np.float32)) for columns in (user, item)))
