"""Sums and products along sparse pairs of rows, and their gradients, against those of dense matrices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from recsys.dataset import Array

pytestmark = pytest.mark.slow
ROWS, COLUMNS, DIM = 7, 5, 3
PAIRS = [(0, 1), (0, 4), (2, 0), (2, 1), (2, 4), (3, 3), (6, 0), (6, 2)]
"""Rows 1, 4 and 5 have none."""


def values(*shape: int) -> Array:
    return np.random.default_rng([5, *shape]).normal(size=shape).astype(np.float32)


def outputs(function: Callable[..., Any], *inputs: Array) -> list[Array]:
    """The function's value, and the gradients of its inner product with fixed numbers."""
    from recsys.nn import tf

    tensors = [tf.constant(part) for part in inputs]

    @tf.function(autograph=False)
    def program() -> tuple[Any, list[Any]]:
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            found = function(*tensors)
            inner = tf.reduce_sum(found * values(*found.shape))
        return found, tape.gradient(inner, tensors)

    found, gradients = program()
    return [found.numpy(), *(gradient.numpy() for gradient in gradients)]


def pairs() -> tuple[Any, Any]:
    from recsys.nn import tf

    to, of = np.array(PAIRS, np.int32).T
    return tf.constant(to), tf.constant(of)


def dense(of_pairs: Any) -> Any:
    from recsys.nn import tf

    return tf.scatter_nd(np.array(PAIRS, np.int32), of_pairs, (ROWS, COLUMNS))


def expect_equal(found: list[Array], expected: list[Array]) -> None:
    for one, other in zip(found, expected, strict=True):
        assert one == pytest.approx(other, abs=1e-5)


def test_a_weighted_sum_is_a_product_with_the_matrix_of_the_weights():
    from recsys.nn import sparse, tf

    to, of = pairs()
    given = values(len(PAIRS)), values(COLUMNS, DIM)
    found = outputs(
        lambda weights, rows: tf.ensure_shape(sparse.weighted_sum(weights, to, of, rows, ROWS), (ROWS, DIM)), *given
    )
    expect_equal(found, outputs(lambda weights, rows: tf.matmul(dense(weights), rows), *given))


@pytest.mark.parametrize("held", [3, 4096])
def test_products_are_cells_of_the_matrix_of_all_products_however_many_are_held(
    held: int, monkeypatch: pytest.MonkeyPatch
):
    from recsys.nn import sparse, tf

    monkeypatch.setattr(sparse, "PAIRS", held)
    to, of = pairs()
    given = values(ROWS, DIM), values(COLUMNS, DIM)
    found = outputs(lambda left, right: tf.ensure_shape(sparse.products(left, right, to, of), (len(PAIRS),)), *given)
    expect_equal(found, outputs(lambda left, right: tf.gather_nd(left @ tf.transpose(right), PAIRS), *given))


def test_softmax_is_that_of_each_row_and_large_scores_do_not_overflow():
    from recsys.nn import sparse, tf

    to, _ = pairs()
    scores = 1000 + values(len(PAIRS))

    def of_rows(scores: Any) -> Any:
        absent = dense(tf.ones_like(scores)) == 0
        return tf.gather_nd(tf.nn.softmax(tf.where(absent, -1e9, dense(scores))), PAIRS)

    expect_equal(outputs(lambda scores: sparse.softmax(scores, to, ROWS), scores), outputs(of_rows, scores))


@pytest.mark.parametrize(("rows", "columns"), [(ROWS, COLUMNS), (ROWS, 0), (0, COLUMNS), (0, 0)])
def test_without_a_pair_sums_and_gradients_are_0_also_where_there_are_no_rows(rows: int, columns: int):
    from recsys.nn import sparse, tf

    none = tf.zeros(0, tf.int32)

    def function(left: Any, right: Any) -> Any:
        shares = sparse.softmax(sparse.products(left, right, none, none), none, rows)
        return tf.ensure_shape(sparse.weighted_sum(shares, none, none, right, rows), (rows, DIM))

    sizes = [(rows, DIM), (rows, DIM), (columns, DIM)]
    for part, size in zip(outputs(function, values(rows, DIM), values(columns, DIM)), sizes, strict=True):
        assert part.shape == size and (part == 0).all()


def test_gradients_repeat_to_the_bit_whatever_the_threads_happen_to_do():
    from recsys.nn import sparse, tf

    rng = np.random.default_rng(2)
    to, of = np.sort(rng.integers(0, 2000, 20_000)).astype(np.int32), rng.integers(0, 50, 20_000).astype(np.int32)
    given = values(len(to)), values(50, 64)

    def function(weights: Any, rows: Any) -> Any:
        return tf.ensure_shape(sparse.weighted_sum(weights, tf.constant(to), tf.constant(of), rows, 2000), (2000, 64))

    first = outputs(function, *given)
    for _ in range(3):
        assert all((one == other).all() for one, other in zip(first, outputs(function, *given), strict=True))
