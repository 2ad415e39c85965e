"""Pairs are cells of the grid, whatever their order and however many users there are."""

from __future__ import annotations

import numpy as np

from recsys.dataset import Array
from recsys.recommender import CHUNK, pairs_from_grid


def test_every_pair_gets_its_cell_and_no_users_grid_is_computed_twice():
    requested: list[int] = []

    def grid(users: Array) -> Array:
        requested.extend(users.tolist())
        return users[:, None] * 10.0 + np.arange(7)

    rng = np.random.default_rng(1)
    users, items = rng.integers(0, 3 * CHUNK, 4 * CHUNK), rng.integers(0, 7, 4 * CHUNK)
    assert pairs_from_grid(grid, users, items).tolist() == (users * 10.0 + items).tolist()
    assert sorted(requested) == sorted(set(users.tolist()))
    assert pairs_from_grid(grid, users[:0], items[:0]).tolist() == []
