"""Factorisation machine: a linear part, and each pair of fields weighed by how well their embeddings meet.

    y = sigmoid(w' a + sum_{i<j} v_i' v_j + b)                    Rendle 2010, equation 1

a: the one-hot fields and the dense inputs; v_i: the embedding of field i. Dense inputs have weights and no embedding,
as in DeepCTR, whose AFM without attention is this model. One network of this shape for each question, on the inputs of
recsys.ctr.
"""

from __future__ import annotations

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys import ctr
from recsys.ctr import ClickThroughScorer, Parts, Settings
from recsys.dataset import Dataset


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Fm(Settings):
    """Rendle 2010, Factorization Machines, ICDM. Nothing but the settings of all click-through models."""

    def fit(self, train: Dataset, seed: int) -> ClickThroughScorer:
        return ctr.fit(self, Parts(fm=True), train, seed)
