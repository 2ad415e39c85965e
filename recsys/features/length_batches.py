"""Batches of examples of about one length, so that little of a batch is padding."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from recsys.dataset import Array


def batches(lengths: Array, size: int, rng: np.random.Generator) -> Iterator[Array]:
    """Row numbers of examples, `size` at a time, each once: shuffled, those of about one length together."""
    order = np.argsort(lengths + rng.uniform(0, 2, len(lengths)), kind="stable")
    parts = np.array_split(order, -(-len(order) // size))
    return (parts[place] for place in rng.permutation(len(parts)))
