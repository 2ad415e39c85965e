"""A network small enough to check, and something to feed it."""

from __future__ import annotations

from typing import Any

import numpy as np

from recsys.features.fields import Fields
from recsys.nn.ctr_network import Architecture, Inputs, Rows

USERS, ITEMS, GENRES, SIFT, DENSE = 6, 9, 4, 5, 3


def small_inputs() -> Inputs:
    """Fields user, age (2 values), item, year (3 values) and a bag of 4 genres: 6 + 2 + 9 + 3 + 4 = 24 places."""
    rng = np.random.default_rng(1)
    user = np.stack([np.arange(USERS), USERS + np.arange(USERS) % 2], axis=1)
    item = np.stack([USERS + 2 + np.arange(ITEMS), USERS + 2 + ITEMS + np.arange(ITEMS) % 3], axis=1)
    flags = (rng.random((ITEMS, GENRES)) < 0.5).astype(np.float32)
    flags[0] = [1, 0, 0, 0]
    bags = flags / np.maximum(flags.sum(axis=1, keepdims=True), 1)
    fields = Fields(user.astype(np.int32), item.astype(np.int32), bags, ((20, GENRES),), 24, ())
    return Inputs(fields, rng.random((ITEMS, SIFT)).astype(np.float32))


def architecture(
    sift: Any = "both", cin: tuple[int, ...] = (8, 6), dnn: tuple[int, ...] = (7, 5), fm: bool = False
) -> Architecture:
    return Architecture(24, 4, ((20, GENRES),), sift, SIFT, DENSE, 4, cin, dnn, 1e-3, 16, fm)


def rows(count: int, seed: int = 2) -> Rows:
    rng = np.random.default_rng(seed)
    return Rows(
        rng.integers(0, USERS, count).astype(np.int32),
        rng.integers(0, ITEMS, count).astype(np.int32),
        rng.normal(size=(count, DENSE)).astype(np.float32),
        (rng.random(count) < 0.5).astype(np.float32),
    )
