"""Negative sampling: items that a user has not rated, drawn uniformly."""

from __future__ import annotations

import numpy as np

from recsys.dataset import Array, Interactions

ROUNDS = 100
"""Draws of one item, at most."""


def draw(interactions: Interactions, users: Array, n_items: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """users, items: int32 (m,), m <= n: for each user given an item without a rating of that user, uniformly.

    Drawn again where the item is rated; a user who rated all items, or nearly all, is left out after ROUNDS draws.
    """
    items, drawn = draw_each(interactions, users, n_items, rng)
    return users[drawn], items[drawn]


def draw_each(interactions: Interactions, users: Array, n_items: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """items: int32 (n,), and whether each was drawn, bool (n,): as `draw`, of all users given."""
    rated = np.sort(interactions.user.astype(np.int64) * n_items + interactions.item)

    def is_rated(rows: Array) -> Array:
        pairs = users[rows].astype(np.int64) * n_items + items[rows]
        return rated[np.minimum(np.searchsorted(rated, pairs), len(rated) - 1)] == pairs

    items = rng.integers(0, n_items, len(users), dtype=np.int32)
    rejected = np.flatnonzero(is_rated(np.arange(len(users))))
    for _ in range(ROUNDS):
        if not len(rejected):
            break
        items[rejected] = rng.integers(0, n_items, len(rejected), dtype=np.int32)
        rejected = rejected[is_rated(rejected)]
    mask = np.ones(len(users), bool)
    mask[rejected] = False
    return items, mask
