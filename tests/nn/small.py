"""A network small enough to check, and something to feed it."""

from __future__ import annotations

from typing import Any

import numpy as np

from recsys.features.crosses import Column, Cross
from recsys.features.fields import Fields
from recsys.nn.ctr_inputs import Inputs, InputSizes, Rows
from recsys.nn.ctr_network import Architecture
from recsys.nn.parts import Cin, Crossed, Dnn, Fm, Linear, Part

USERS, ITEMS, GENRES, SIFT, DENSE = 6, 9, 4, 5, 3
AGE, YEAR, OF_GENRES = Column(1, USERS, 2), Column(1, USERS + 2 + ITEMS, 3), Column(0, 20, GENRES)
CROSSES = (
    Cross((AGE,), multi_hot=(OF_GENRES,)),
    Cross((AGE,), (YEAR,)),
    Cross((Column(0, 0, USERS), AGE)),
    Cross(items=(YEAR,), multi_hot=(OF_GENRES,)),
    Cross((AGE,), (YEAR,), (OF_GENRES,)),
)


def small_inputs() -> Inputs:
    """Fields user, age (2 values), item, year (3 values) and 4 genres, multi-hot: 6 + 2 + 9 + 3 + 4 = 24 embeddings."""
    rng = np.random.default_rng(1)
    user = np.stack([np.arange(USERS), USERS + np.arange(USERS) % 2], axis=1)
    item = np.stack([USERS + 2 + np.arange(ITEMS), USERS + 2 + ITEMS + np.arange(ITEMS) % 3], axis=1)
    flags = (rng.random((ITEMS, GENRES)) < 0.5).astype(np.float32)
    flags[0] = [1, 0, 0, 0]
    multi_hot = flags / np.maximum(flags.sum(axis=1, keepdims=True), 1)
    fields = Fields(user.astype(np.int32), item.astype(np.int32), multi_hot, ((20, GENRES),), 24, ())
    return Inputs(fields, rng.random((ITEMS, SIFT)).astype(np.float32))


def architecture(
    sift: Any = "both",
    *,
    linear: bool = True,
    cin: tuple[int, ...] = (8, 6),
    dnn: tuple[int, ...] = (7, 5),
    fm: bool = False,
    crosses: tuple[Cross, ...] = (),
    dense: int = DENSE,
) -> Architecture:
    parts: list[Part] = [Fm()] * fm + [Linear(linear)]
    parts += [Cin(cin)] if cin else []
    parts += [Dnn(dnn)] if dnn else []
    parts += [Crossed(crosses)] if crosses else []
    sizes = InputSizes(24, 4, ((20, GENRES),), sift, SIFT, dense, embedding_dim=4)
    return Architecture(sizes, tuple(parts), l2=1e-3, batch_size=16)


def term(program: Any, part: str) -> Any:
    """The network's term of this part, such as "Linear"."""
    (found,) = (each for each in program.terms if type(each).__name__ == f"{part}Term")
    return found


def rows(count: int, seed: int = 2) -> Rows:
    rng = np.random.default_rng(seed)
    return Rows(
        rng.integers(0, USERS, count).astype(np.int32),
        rng.integers(0, ITEMS, count).astype(np.int32),
        rng.normal(size=(count, DENSE)).astype(np.float32),
        (rng.random(count) < 0.5).astype(np.float32),
    )
