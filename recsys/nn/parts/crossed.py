"""The crossed fields of a wide part: a weight for each combination of values.

    sum over crosses of w' phi(x),  phi_k(x) = product over the cross's fields of x_c      Cheng et al. 2016, equation 1

x_c is 1 for a one-hot field's value, and 1 over the number of the item's values for those of a multi-hot field, as in
the linear part. Of a user u and an item i, a cross is phi_users(u)' W phi_items(i).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from recsys.features.crosses import Column, Cross
from recsys.nn import tf
from recsys.nn.ctr_inputs import Batch, InputSizes, Side
from recsys.nn.parts.part import SideTerms, Variables


@dataclass(frozen=True, slots=True)
class Crossed:
    """crosses: at least one."""

    crosses: tuple[Cross, ...]

    def build(self, sizes: InputSizes) -> CrossedTerm:
        return CrossedTerm(self.crosses)


class CrossedTerm:
    """weights (values of user fields * values of one-hot item fields, values of multi-hot fields): of each cross."""

    units = 1
    per_dimension = False
    fused = True

    def __init__(self, crosses: Sequence[Cross]) -> None:
        self.crosses = crosses
        self.weights: list[Any] = []
        for cross in crosses:
            users, items, multi_hot = cross.sizes
            self.weights.append(tf.Variable(tf.zeros((users * items, multi_hot)), name="crossed"))
        self.variables = Variables(body=self.weights, at_zero=self.weights, regularized=self.weights)

    def forward(self, batch: Batch) -> Any:
        logits: list[Any] = []
        for cross, weights in zip(self.crosses, self.weights, strict=True):
            row = _combined(cross.users, batch.users) * cross.sizes[1] + _combined(cross.items, batch.items)
            logits.append(tf.reduce_sum(tf.gather(weights, row) * _multi_hot(cross, batch.items), axis=1))
        return tf.add_n(logits)

    def alone(self, side: Side) -> None:
        return None

    def split(self, side: Side) -> SideTerms:
        """Of each cross (n, d): users' phi_users(u)' W, items' phi_items(i)."""
        terms: SideTerms = []
        for cross, weights in zip(self.crosses, self.weights, strict=True):
            users, items, multi_hot = cross.sizes
            if side.first:
                one_hot = tf.one_hot(_combined(cross.items, side), items)
                values = tf.reshape(one_hot[:, :, None] * _multi_hot(cross, side)[:, None], (-1, items * multi_hot))
            else:
                values = tf.gather(tf.reshape(weights, (users, items * multi_hot)), _combined(cross.users, side))
            terms.append({"crossed": values})
        return terms

    def pairs(self, logit: Any, users: dict[str, Any], items: dict[str, Any], dense: Any) -> Any:
        return logit + tf.matmul(users["crossed"], items["crossed"], transpose_b=True)


def _combined(columns: Sequence[Column], side: Side) -> Any:
    """int32 (n,): the number of the combination of the one-hot fields' values; 0 without fields."""
    number = tf.zeros_like(side.categorical[0])
    for column in columns:
        number = number * column.size + side.categorical[column.place] - column.first
    return number


def _multi_hot(cross: Cross, side: Side) -> Any:
    """(n, combinations): the products of the multi-hot fields' values; 1 without fields."""
    values = tf.ones((side.categorical.shape[1], 1))
    for column in cross.multi_hot:
        products = values[:, :, None] * side.multi_hot[column.place][:, None]
        values = tf.reshape(products, (-1, products.shape[1] * column.size))
    return values
