"""Factorisation machine: the inner products of all pairs of fields' embeddings, and a linear part.

    y = sigmoid(sum_{i<j} v_i' v_j + w' a + b)                    Rendle 2010, equation 1

v_i: the embedding of field i; a: the one-hot fields and the dense inputs. Dense inputs have weights and no embedding,
as in DeepCTR, whose AFM without attention is this model. One network of this shape for each question, on the inputs of
recsys.ctr.
"""

from __future__ import annotations

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys import ctr
from recsys.ctr import ClickThroughScorer, Settings, Size, Training
from recsys.dataset import Dataset


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Fm(Settings):
    """Rendle 2010, Factorization Machines, ICDM. Nothing but the settings of all click-through models."""

    embedding_dim: Size = 8
    rating: Training = Training(l2=1.38e-4, learning_rate=6.91e-3)
    implicit: Training = Training(l2=4.58e-5, learning_rate=2.09e-3, epochs=4, patience=1, negatives=4)

    def fit(self, train: Dataset, seed: int) -> ClickThroughScorer:
        from recsys.nn import parts

        return ctr.fit(self, [parts.Fm(), parts.Linear()], train, seed)
