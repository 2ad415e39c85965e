"""Sums and inner products of rows along sparse pairs of rows, each other's gradients, and softmax over such pairs.

A pair (n, m) is an edge of a graph, or a text and a word of it. With a value v_nm for each of the pairs,

    weighted_sum    o_n = sum_m v_nm x_m              do: dv_nm = do_n' x_m,  dx_m = sum_n v_nm do_n
    products        v_nm = x_n' y_m                   dv: dx_n = sum_m dv_nm y_m,  dy_m = sum_n dv_nm x_n

TensorFlow's product with a matrix of CSR form takes less than half of the time of its product with a `SparseTensor`,
whose gradient holds two gathered rows for each pair besides.
"""

from __future__ import annotations

from typing import Any

from recsys.nn import tf

PAIRS = 4096
"""Pairs whose rows are gathered at a time: they fit into a core's cache."""


@tf.custom_gradient
def weighted_sum(values: Any, to: Any, of: Any, rows: Any, count: Any) -> Any:
    """(count, d): o; rows (r, d): x; values float32 (e,) of the pairs, to, of int32 (e,): n, ascending, and m."""
    matrix = _matrix(values, to, of, count, rows)

    def gradient(upstream: Any) -> Any:
        of_rows = _product(matrix, upstream, tf.shape(rows)[0], transposed=True)
        return _products(upstream, rows, to, of), None, None, of_rows, None

    return _product(matrix, rows, count), gradient


@tf.custom_gradient
def products(left: Any, right: Any, to: Any, of: Any) -> Any:
    """(e,): v; left (n, d): x; right (m, d): y; to, of: as in `weighted_sum`."""

    def gradient(upstream: Any) -> Any:
        n_left, n_right = tf.shape(left)[0], tf.shape(right)[0]
        matrix = _matrix(upstream, to, of, n_left, right)
        return _product(matrix, right, n_left), _product(matrix, left, n_right, transposed=True), None, None

    return _products(left, right, to, of), gradient


@tf.custom_gradient
def softmax(scores: Any, to: Any, count: Any) -> Any:
    """(e,): exp(score) over its sum in n; to: as in `weighted_sum`, of `count`."""
    exponential = tf.exp(scores - tf.gather(tf.math.unsorted_segment_max(scores, to, count), to))
    shares = exponential / tf.gather(tf.math.unsorted_segment_sum(exponential, to, count), to)

    def gradient(upstream: Any) -> Any:
        weighted = upstream * shares
        return weighted - shares * tf.gather(tf.math.unsorted_segment_sum(weighted, to, count), to), None, None

    return shares, gradient


def _matrix(values: Any, to: Any, of: Any, count: Any, rows: Any) -> Any:
    """(count, r) in CSR form."""
    return tf.raw_ops.SparseTensorToCSRSparseMatrix(
        indices=tf.cast(tf.stack([to, of], axis=1), tf.int64),
        values=values,
        dense_shape=tf.cast(tf.stack([count, tf.shape(rows)[0]]), tf.int64),
    )


def _product(matrix: Any, rows: Any, count: Any, *, transposed: bool = False) -> Any:
    """(count, d), the same to the bit with any number of threads: each row of the output is the work of one of them.

    With `transpose_a`, TensorFlow's adds up what its threads happen to have worked on. Where a matrix has no row it
    ends the process: it divides by their number.
    """

    def product() -> Any:
        turned = tf.raw_ops.SparseMatrixTranspose(input=matrix, type=tf.float32) if transposed else matrix
        return tf.raw_ops.SparseMatrixMatMul(a=turned, b=rows)

    def nothing() -> Any:
        return tf.zeros((count, tf.shape(rows)[1]))

    return tf.cond(tf.minimum(count, tf.shape(rows)[0]) > 0, product, nothing)


def _products(left: Any, right: Any, to: Any, of: Any) -> Any:
    parts = (tf.size(to) + PAIRS - 1) // PAIRS
    found = tf.TensorArray(tf.float32, parts, infer_shape=False, element_shape=(None,))

    def part(number: Any, found: Any) -> Any:
        at = slice(number * PAIRS, (number + 1) * PAIRS)
        rows = tf.gather(left, to[at]) * tf.gather(right, of[at])
        return number + 1, found.write(number, tf.reduce_sum(rows, axis=1))

    return tf.while_loop(lambda number, _: number < parts, part, (0, found))[1].concat()
