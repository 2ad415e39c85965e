"""Scores of pairs, cut out of a grid."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from recsys.dataset import Array

CHUNK = 256
"""Users whose grid is made at a time."""


def cut(grid: Callable[[Array], Array], users: Array, items: Array) -> Array:
    """float32 (n,): grid(distinct users) (m, n_items) at the n pairs, for models that score a user's items at once."""
    found = np.empty(len(users), np.float32)
    distinct, row = np.unique(users, return_inverse=True)
    for start in range(0, len(distinct), CHUNK):
        chosen = (row >= start) & (row < start + CHUNK)
        found[chosen] = grid(distinct[start : start + CHUNK])[row[chosen] - start, items[chosen]]
    return found
