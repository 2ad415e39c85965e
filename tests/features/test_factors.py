"""Inner products: by hand, and the same bits whatever users are in the batch."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.features.factors import ITEMS, USERS, Factors, inner_products
from tests.memory import peak_bytes


def test_a_score_is_the_mean_both_biases_and_the_inner_product():
    factors = Factors.of(
        np.array([[1.0, 2.0], [0.0, 1.0]]),
        np.array([[3.0, 1.0], [0.5, -1.0], [0.0, 0.0]]),
        np.array([0.25, -0.5]),
        np.array([0.0, 1.0, 2.0]),
        mean=3.0,
    )
    assert factors.grid(np.array([1, 0])).tolist() == [[3.5, 2.5, 4.5], [8.25, 2.75, 5.25]]
    assert factors.pairs(np.array([0, 1]), np.array([1, 2])).tolist() == [2.75, 4.5]


def test_products_of_sizes_that_are_no_multiple_of_a_block_are_those_of_numpy():
    rng = np.random.default_rng(1)
    left, right = rng.normal(size=(2 * USERS + 1, 5)), rng.normal(size=(ITEMS + 7, 5))
    products = inner_products(left, right)
    assert products.dtype == np.float32
    assert products == pytest.approx(left @ right.T, abs=1e-5)
    assert inner_products(left[:0], right).shape == (0, ITEMS + 7)


def test_a_row_is_the_same_alone_among_others_and_in_any_order():
    rng = np.random.default_rng(2)
    left, right = rng.normal(size=(150, 128)), rng.normal(size=(500, 128))
    whole, order = inner_products(left, right), rng.permutation(150)
    assert inner_products(left[order], right).tobytes() == whole[order].tobytes()
    assert all(inner_products(left[[row]], right).tobytes() == whole[row].tobytes() for row in range(150))


def test_pairs_take_the_memory_of_some_of_them_and_are_the_same_bits_as_each_alone():
    rng = np.random.default_rng(1)
    factors = Factors.of(rng.normal(size=(50, 64)), rng.normal(size=(40, 64)), rng.normal(size=50), rng.normal(size=40))
    users, items = rng.integers(0, 50, 200_000), rng.integers(0, 40, 200_000)
    # The factors of all pairs, twice and in float64, would take 205 million bytes.
    assert peak_bytes(lambda: factors.pairs(users, items)) < 60_000_000
    scores = factors.pairs(users, items)
    for pair in (0, 16_383, 16_384, 199_999):
        assert factors.pairs(users[[pair]], items[[pair]])[0] == scores[pair]
