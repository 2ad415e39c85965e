"""A deep network over the embeddings and the dense inputs, on DeepCTR's layers.

    w' h_L        h_k = relu(W_k' h_(k-1) + b_k)        h_0 = [u; v; p; s]

u, v: the embedded fields of the user and of the item; p, s: the dense inputs of the pair and of the item. The first
layer's product is a sum over them: W' h_0 = W_u' u + (W_v' v + W_s' s) + W_p' p.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from recsys.nn import DNN, tf
from recsys.nn.ctr_inputs import Batch, InputSizes, Side
from recsys.nn.parts.part import SideTerms, Variables


@dataclass(frozen=True, slots=True)
class Dnn:
    """units: of each layer, at least one."""

    units: tuple[int, ...]

    def build(self, sizes: InputSizes) -> DnnTerm:
        return DnnTerm(self.units, sizes)


class DnnTerm:
    """layers: kernels (inputs, units) and biases (units,); output (units, 1)."""

    per_dimension = False
    fused = True

    def __init__(self, units: tuple[int, ...], sizes: InputSizes) -> None:
        self.sizes = sizes
        self.units = max(units)
        self.layers: Any = DNN(units, "relu")
        self.layers.build((None, sizes.n_fields * sizes.embedding_dim + sizes.n_dense))
        self.output = tf.Variable(tf.zeros((units[-1], 1)), name="dnn_output")
        self.variables = Variables(body=self.layers.trainable_variables, output=(self.output,))

    def forward(self, batch: Batch) -> Any:
        sizes = self.sizes
        hidden = tf.reshape(batch.embedded, (sizes.n_fields * sizes.embedding_dim, -1))
        if sizes.n_dense:
            hidden = tf.concat([hidden, tf.transpose(batch.dense)], axis=0)
        for kernel, bias in zip(self.layers.kernels, self.layers.bias, strict=True):
            hidden = tf.nn.relu(tf.matmul(kernel, hidden, transpose_a=True) + bias[:, None])  # (units, batch)
        return tf.matmul(self.output, hidden, transpose_a=True)[0]

    def alone(self, side: Side) -> None:
        return None

    def split(self, side: Side) -> SideTerms:
        """hidden (units, n): the side's summand of the first layer's product; the bias is among the items'."""
        sizes, kernel = self.sizes, self.layers.kernels[0]
        fields, dim, count = side.embedded.shape
        embedded = tf.reshape(side.embedded, (fields * dim, count))
        hidden = tf.matmul(kernel[side.first * dim : (side.first + fields) * dim], embedded, transpose_a=True)
        if side.first:
            hidden += self.layers.bias[0][:, None]
        if side.dense is not None:
            of_dense = kernel[sizes.n_fields * dim + sizes.n_pair_features :]
            hidden += tf.matmul(of_dense, side.dense, transpose_a=True, transpose_b=True)
        return [{"hidden": hidden}]

    def pairs(self, logit: Any, users: dict[str, Any], items: dict[str, Any], dense: Any) -> Any:
        sizes, kernels = self.sizes, self.layers.kernels
        # In columns, one a pair, as in training: (units, users, items).
        hidden = users["hidden"][:, :, None] + items["hidden"][:, None]
        if size := sizes.n_pair_features:
            first = sizes.n_fields * sizes.embedding_dim
            pairs = tf.reshape(dense, (-1, size))
            of_pairs = tf.matmul(kernels[0][first : first + size], pairs, transpose_a=True, transpose_b=True)
            hidden += tf.reshape(of_pairs, hidden.shape)
        hidden = tf.nn.relu(tf.reshape(hidden, (hidden.shape[0], -1)))
        for kernel, bias in zip(kernels[1:], self.layers.bias[1:], strict=True):
            hidden = tf.nn.relu(tf.matmul(kernel, hidden, transpose_a=True) + bias[:, None])
        return logit + tf.reshape(tf.reduce_sum(hidden * self.output, axis=0), logit.shape)
