"""The linear part: a weight for each value of each field, and for each dense input.

w' a        a: the one-hot and multi-hot fields, and the dense inputs
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from recsys.nn import tf
from recsys.nn.ctr_inputs import Batch, InputSizes, Side
from recsys.nn.parts.part import SideTerms, Variables


@dataclass(frozen=True, slots=True)
class Linear:
    """learned: False: its weights stay 0."""

    learned: bool = True

    def build(self, sizes: InputSizes) -> LinearTerm:
        return LinearTerm(self.learned, sizes)


class LinearTerm:
    """weights (n_embeddings, 1): of the fields' values; kernel (inputs, 1): of the dense inputs."""

    units = 1
    per_dimension = False
    fused = True

    def __init__(self, learned: bool, sizes: InputSizes) -> None:
        self.sizes = sizes
        self.weights = tf.Variable(tf.zeros((sizes.n_embeddings, 1)), name="linear")
        self.kernel = tf.Variable(tf.zeros((sizes.n_dense, 1)), name="linear_kernel")
        both = (self.weights, self.kernel)
        self.variables = Variables(body=both if learned else (), at_zero=(self.weights,), regularized=both)

    def forward(self, batch: Batch) -> Any:
        logit = self._fields(batch.users) + self._fields(batch.items)
        return logit + tf.linalg.matvec(batch.dense, self.kernel[:, 0])

    def alone(self, side: Side) -> Any:
        logit = self._fields(side)
        if side.dense is not None:
            logit += tf.linalg.matvec(side.dense, self.kernel[self.sizes.n_pair_features :, 0])
        return logit

    def split(self, side: Side) -> SideTerms:
        return [{}]

    def pairs(self, logit: Any, users: dict[str, Any], items: dict[str, Any], dense: Any) -> Any:
        size = self.sizes.n_pair_features
        if not size:
            return logit
        pairs = tf.reshape(dense, (-1, size))
        return logit + tf.reshape(tf.linalg.matvec(pairs, self.kernel[:size, 0]), logit.shape)

    def _fields(self, side: Side) -> Any:
        """(n,): the weights of the values of one side's fields."""
        logit = tf.reduce_sum(tf.gather(self.weights[:, 0], side.categorical), axis=0)
        if side.first:
            for (first, size), weight in zip(self.sizes.multi_hot, side.multi_hot, strict=True):
                logit += tf.linalg.matvec(weight, self.weights[first : first + size, 0])
        return logit
