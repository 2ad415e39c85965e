"""The compressed interaction network (Lian et al. 2018) as a few large matrix products, with its own gradient.

    X^k[h] = relu(sum_ij W^k[ij,h] X^0[i] o X^(k-1)[j] + b^k[h])          equation 6, split in halves as DeepCTR does

The products X^0[i] o X^(k-1)[j] are held with one column for each (dimension, row) of the batch:

    Z (F H, N)    products          M = relu(W' Z + b) (O, N)    maps          N = dim * batch
    dW = Z dM'    dZ = W dM         dX^0[i] = sum_j dZ[ij] o X^(k-1)[j]        dX^(k-1)[j] = sum_i dZ[ij] o X^0[i]

so that each of the three is one product of large matrices, and everything else runs along contiguous columns. DeepCTR
writes the first as a 1 x 1 convolution over products that it has to transpose. In the first layer X^0[i] o X^0[j] is
X^0[j] o X^0[i]: F(F+1)/2 products are enough, with weights W[ij] + W[ji].
"""

from __future__ import annotations

from typing import Any

import numpy as np

from recsys.dataset import Array
from recsys.nn import CIN, tf

HELD = 1 << 20
"""Products held at a time, about: more leave the cache."""


class FastCIN(CIN):
    """DeepCTR's CIN, same weights and same result, at less than half of its cost."""

    def call(self, inputs: Any, **_: Any) -> Any:
        """(batch, fields, dim) -> (batch, pooled maps), as DeepCTR has it."""
        return tf.transpose(self.pooled(tf.transpose(inputs, [1, 2, 0])))

    def pooled(self, embedded: Any) -> Any:
        """(fields, dim, batch) -> (pooled maps, batch)."""
        weights = [tf.convert_to_tensor(variable) for variable in self._flat()]
        _, dim, batch = embedded.shape
        n_chunks = max(1, max(kernel.shape[0] for kernel in weights[::2]) * dim * batch // HELD)
        sizes = [len(chunk) for chunk in np.array_split(range(batch), min(n_chunks, batch))]
        pooled = [_compressed(chunk, *weights) for chunk in tf.split(embedded, sizes, axis=2)]
        return tf.concat(pooled, axis=1)

    def _flat(self) -> list[Any]:
        pairs = zip(self.filters, self.bias, strict=True)
        return [variable for kernel, bias in pairs for variable in (kernel[0], bias)]


def symmetric(fields: int) -> tuple[Array, Array]:
    """(i, j) of the pairs with i <= j, row by row: two int arrays of F(F+1)/2."""
    return np.triu_indices(fields)


def both_ways(kernel: Any, fields: int) -> Any:
    """(F F, O) -> (F, F, O): W[ij] + W[ji]."""
    square = tf.reshape(kernel, (fields, fields, -1))
    return square + tf.transpose(square, [1, 0, 2])


@tf.custom_gradient
def _compressed(embedded: Any, *weights: Any) -> Any:
    """embedded (F, D, B); weights: W^k (F H, O) and b^k (O,) of each layer in turn -> (pooled maps, B)."""
    fields, dim, batch = embedded.shape
    first = tf.reshape(embedded, (fields, -1))  # (F, N)
    kernels, biases = weights[::2], weights[1::2]
    upper = symmetric(fields)
    square = both_ways(kernels[0], fields)
    halved = np.where(upper[0] == upper[1], 0.5, 1.0).astype(np.float32)[:, None]
    folded = tf.gather(tf.reshape(square, (fields * fields, -1)), upper[0] * fields + upper[1]) * halved
    hidden, pooled = first, []
    products, maps, inner = [], [], []  # of each layer, kept for the gradient
    for layer, (kernel, bias) in enumerate(zip(kernels, biases, strict=True)):
        if layer == 0:
            product, kernel = tf.concat([first[i] * first[i:] for i in range(fields)], axis=0), folded
        else:
            product = _products(first, hidden)
        inner.append(hidden)
        activation = tf.nn.relu(tf.matmul(kernel, product, transpose_a=True) + bias[:, None])  # (O, N)
        products.append(product)
        maps.append(activation)
        half = activation.shape[0] // 2 if layer + 1 < len(kernels) else 0
        hidden = activation[:half]
        pooled.append(tf.reduce_sum(tf.reshape(activation[half:], (-1, dim, batch)), axis=1))

    def gradient(upstream: Any) -> Any:
        to_pooled = tf.split(upstream, [layer.shape[0] for layer in pooled])
        of_weights: list[Any] = []
        to_hidden, to_first = None, None
        for layer in reversed(range(len(kernels))):
            direct = tf.tile(to_pooled[layer], (1, dim))  # every dimension of a map has the gradient of their sum
            whole = direct if to_hidden is None else tf.concat([to_hidden, direct], axis=0)
            back = tf.raw_ops.ReluGrad(gradients=whole, features=maps[layer])  # (O, N)
            of_kernel = tf.matmul(products[layer], _across(back))
            if layer:
                of_product = tf.reshape(tf.matmul(kernels[layer], back), (fields, -1, first.shape[1]))
                added, to_hidden = _factors(of_product, first, inner[layer])
            else:
                pair = np.zeros((fields, fields), np.int32)  # which of the F(F+1)/2 pairs (i, j) and (j, i) are
                pair[upper] = pair[upper[1], upper[0]] = np.arange(len(upper[0]))
                of_kernel = tf.gather(of_kernel, pair.ravel())
                of_product = tf.matmul(tf.reshape(square, (fields * fields, -1)), back)
                added = tf.reduce_sum(tf.reshape(of_product, (fields, fields, -1)) * first[None], axis=1)
            to_first = added if to_first is None else to_first + added
            of_weights = [of_kernel, tf.reduce_sum(back, axis=1), *of_weights]
        return [tf.reshape(to_first, embedded.shape), *of_weights]

    return tf.concat(pooled, axis=0), gradient


# These two through XLA: TensorFlow's own operations would copy all of the products once more, and three times.
@tf.function(autograph=False, jit_compile=True)
def _products(first: Any, hidden: Any) -> Any:
    """(F, N), (H, N) -> (F H, N)."""
    return tf.reshape(first[:, None] * hidden[None], (-1, first.shape[1]))


@tf.function(autograph=False, jit_compile=True)
def _factors(of_product: Any, first: Any, hidden: Any) -> tuple[Any, Any]:
    """Gradients of the two factors of the products: (F, H, N) -> (F, N), (H, N)."""
    return _summed(of_product * hidden[None], 1), _summed(of_product * first[:, None], 0)


def _summed(values: Any, axis: int) -> Any:
    """tf.reduce_sum over an axis that is not the last, by adding halves: XLA's own takes two to three times as long."""
    while (size := values.shape[axis]) > 1:
        left, right, rest = tf.split(values, [size // 2, size // 2, size % 2], axis=axis)
        values = tf.concat([left + right, rest], axis=axis) if size % 2 else left + right
    return tf.squeeze(values, axis)


def _across(matrix: Any) -> Any:
    """The transposed matrix, made at once: folded into the product, as TensorFlow would do it, it costs more."""
    rows, columns = matrix.shape
    return tf.reshape(tf.transpose(tf.reshape(matrix, (rows, 1, columns)), [2, 1, 0]), (columns, rows))
