"""Scores that are inner products of user and item factors, the same bits whatever users are in the batch.

A product of matrices of another shape is summed in another order and rounded differently, so that a user's scores would
depend on the other users of the batch, and near-ties would be ranked differently. So products are computed in float64,
in blocks of one shape (users x items, padded with zeros), and rounded to float32 once. The blocks' sides are multiples
of every kernel's tile that BLAS libraries use, so that no row or column falls to a kernel for remainders.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.dataset import Array, read_only

USERS, ITEMS = 48, 384
"""Sides of a block. Larger ones are no faster, and cost more for a single user."""
PAIRS = 1 << 14
"""Pairs whose factors are held at a time, twice and in float64."""


@dataclass(frozen=True, slots=True)
class Factors:
    """score(u, i) = mean + b_u + b_i + p_u' q_i.

    user, item             float32 (n_users, f), (n_items, f): p and q
    user_bias, item_bias   float32 (n_users,), (n_items,): b
    """

    mean: float
    user: Array
    item: Array
    user_bias: Array
    item_bias: Array

    @classmethod
    def of(
        cls,
        user: Array,
        item: Array,
        user_bias: Array | None = None,
        item_bias: Array | None = None,
        mean: float = 0.0,
    ) -> Factors:
        """From any float arrays, rounded to float32; no biases: zeros."""
        biases = (
            np.zeros(len(side)) if bias is None else bias for side, bias in ((user, user_bias), (item, item_bias))
        )
        return cls(mean, *(read_only(np.asarray(part, np.float32)) for part in (user, item, *biases)))

    def grid(self, users: Array) -> Array:
        """float32 (len(users), n_items)."""
        left = np.column_stack([self.user[users], self.user_bias[users], np.ones(len(users))])
        right = np.column_stack([self.item, np.ones(len(self.item)), self.item_bias + np.float64(self.mean)])
        return inner_products(left, right)

    def pairs(self, users: Array, items: Array) -> Array:
        """float32 (n,): the same for pairs."""
        result = np.empty(len(users), np.float32)
        for start in range(0, len(users), PAIRS):
            rows = slice(start, start + PAIRS)
            user, item = self.user[users[rows]].astype(np.float64), self.item[items[rows]].astype(np.float64)
            biases = self.user_bias[users[rows]] + (self.item_bias[items[rows]] + np.float64(self.mean))
            result[rows] = np.einsum("nf,nf->n", user, item) + biases
        return result


def inner_products(left: Array, right: Array) -> Array:
    """float32 (n, m): left (n, f) times right' (f, m), each row the same whatever the others are."""
    products = np.empty((len(left), len(right)), np.float32)
    for column in range(0, len(right), ITEMS):
        items = np.zeros((left.shape[1], ITEMS))
        item_rows = right[column : column + ITEMS]
        items[:, : len(item_rows)] = item_rows.T
        for row in range(0, len(left), USERS):
            users = np.zeros((USERS, left.shape[1]))
            user_rows = left[row : row + USERS]
            users[: len(user_rows)] = user_rows
            block = (users @ items)[: len(user_rows), : len(item_rows)]
            products[row : row + USERS, column : column + ITEMS] = block
    return products
