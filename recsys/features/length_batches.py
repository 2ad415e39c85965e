"""Batches of examples of about one length, so that little of a batch is padding."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from recsys.dataset import Array

REACH = 8
"""Batches. Of texts of 20 to 500 words, two that share a batch then share one of the next epoch with a chance of .09,
and a tenth to a quarter is padded; batches of the closest lengths alone would leave half of them together."""


def batches(lengths: Array, size: int, rng: np.random.Generator) -> Iterator[Array]:
    """Row numbers of examples, `size` at a time, each once: by length, each example moved up by `REACH` batches at
    most, the batches shuffled. Equal lengths are in any order."""
    count = len(lengths)
    shuffled = rng.permutation(count)
    place = np.empty(count)
    place[shuffled[np.argsort(lengths[shuffled], kind="stable")]] = np.arange(count)
    order = np.argsort(place + rng.uniform(0, REACH * size, count), kind="stable")
    parts = np.array_split(order, -(-count // size))
    return (parts[number] for number in rng.permutation(len(parts)))
