"""The factorisation machine's pairs of fields (Rendle 2010); no weights beside the embeddings.

    sum_{i<j} v_i' v_j = (|sum_i v_i|^2 - sum_i |v_i|^2) / 2

With the fields of the user u and of the item i apart: fm(u) + fm(i) + (sum of u's fields)' (sum of i's fields).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from recsys.nn import tf
from recsys.nn.ctr_inputs import Batch, InputSizes, Side
from recsys.nn.parts.part import SideTerms, Variables


@dataclass(frozen=True, slots=True)
class Fm:
    """No hyperparameters."""

    def build(self, sizes: InputSizes) -> FmTerm:
        return FmTerm()


class FmTerm:
    units = 1
    per_dimension = False
    fused = True
    variables = Variables()

    def forward(self, batch: Batch) -> Any:
        return inner_products(batch.embedded)

    def alone(self, side: Side) -> Any:
        return inner_products(side.embedded)

    def split(self, side: Side) -> SideTerms:
        """sum (dim, n): of the side's fields."""
        return [{"sum": tf.reduce_sum(side.embedded, axis=0)}]

    def pairs(self, logit: Any, users: dict[str, Any], items: dict[str, Any], dense: Any) -> Any:
        return logit + tf.matmul(users["sum"], items["sum"], transpose_a=True)


def inner_products(embedded: Any) -> Any:
    """(fields, dim, n) -> (n,): the sum of v_i' v_j over all pairs of fields."""
    return (tf.reduce_sum(tf.reduce_sum(embedded, 0) ** 2, 0) - tf.reduce_sum(embedded**2, [0, 1])) / 2
