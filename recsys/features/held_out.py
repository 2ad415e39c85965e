"""What is set apart from train for early stopping."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from recsys.dataset import Array, Interactions

Validation: TypeAlias = Literal["rows", "items"]
"""rows: drawn from all; items: with all their rows, so that a model is stopped by items that it was not shown."""


def held_out(interactions: Interactions, by: Validation, share: float, rng: np.random.Generator) -> Array:
    """bool (n,): this share of the rows, or all rows of this share of the items that have any; one at least."""
    group = np.arange(len(interactions)) if by == "rows" else interactions.item
    present = np.bincount(group) > 0
    drawn = rng.permutation(np.flatnonzero(present))
    chosen = np.zeros(len(present), bool)
    chosen[drawn[: max(1, round(share * len(drawn)))]] = True
    return chosen[group]
