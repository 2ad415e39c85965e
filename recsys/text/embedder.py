"""What an embedder is: settings that, fitted to texts, give vectors of any text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from recsys.dataset import Array


class Embedding(Protocol):
    """What was fitted; immutable."""

    def embed(self, texts: Sequence[str]) -> Array:
        """float32 (len(texts), d), rows of length 1: a text's row does not depend on the others.

        The row of a text without a word that the embedder knows, such as an empty one, is 0.
        """
        ...


@runtime_checkable
class Embedder(Protocol):
    """A frozen dataclass of settings."""

    def fit(self, texts: Sequence[str], seed: int) -> Embedding:
        """Learns from the texts alone, or nothing, where the vectors are those of a trained model."""
        ...


def unit_rows(vectors: Array) -> Array:
    """float32 (n, d): each row divided by its length; a row of 0 stays."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(length > 0, length, 1)).astype(np.float32)
