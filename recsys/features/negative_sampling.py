"""Items that a user left alone, drawn at random."""

from __future__ import annotations

import numpy as np

from recsys.dataset import Array, Interactions

ROUNDS = 100


def draw(interactions: Interactions, users: Array, n_items: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """users, items: int32 (m,), m <= n: for each user given an item without a rating of that user, uniformly.

    Drawn again where the item is rated; a user who rated all items, or as good as all, is left out after ROUNDS draws.
    """
    rated = np.sort(interactions.user.astype(np.int64) * n_items + interactions.item)

    def is_rated(rows: Array) -> Array:
        code = users[rows].astype(np.int64) * n_items + items[rows]
        return rated[np.minimum(np.searchsorted(rated, code), len(rated) - 1)] == code

    items = rng.integers(0, n_items, len(users), dtype=np.int32)
    again = np.flatnonzero(is_rated(np.arange(len(users))))
    for _ in range(ROUNDS):
        if not len(again):
            break
        items[again] = rng.integers(0, n_items, len(again), dtype=np.int32)
        again = again[is_rated(again)]
    kept = np.ones(len(users), bool)
    kept[again] = False
    return users[kept], items[kept]
