"""Numbers in bins of one width, each of which is a category of its own to a model."""

from __future__ import annotations

import numpy as np

from recsys.dataset import Array

MINUTES = 10
"""Width of the bins of a duration: films of 90 and of 97 minutes are alike."""


def binned(values: Array, width: float) -> Array:
    """float32 (n,): the lower edge of each number's bin, w floor(x / w); NaN, a value of its own, where unknown."""
    return (np.floor(values / width) * width).astype(np.float32)
