"""Categorical fields: every distinct value of a column has a row of its own in one common table of embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from recsys.dataset import Array, Dataset, Table, read_only

VectorInput = Literal["off", "dense", "field", "both"]
"""How the items' vectors enter a network. dense: as so many dense inputs; field: projected to the dimension of the
embeddings, as one field more; both; off."""


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of users and items; rows 0..n_embeddings-1 of the table are dealt out in the order of the names.

    user_categorical   int32 (n_users, a)     rows of the user id and of the user's columns
    item_categorical   int32 (n_items, b)     rows of the item id and of the item's columns of one value
    item_multi_hot     float32 (n_items, g)   the item's columns of several values side by side, each column's row
                                              summing to 1, or 0 for an item without a value: the weights of a mean of
                                              embeddings
    multi_hot          (first row in the table, number of values) of each column in item_multi_hot, in order
    names              of all fields: user_categorical, item_categorical, then multi_hot
    """

    user_categorical: Array
    item_categorical: Array
    item_multi_hot: Array
    multi_hot: tuple[tuple[int, int], ...]
    n_embeddings: int
    names: tuple[str, ...]

    def sharing_an_id(self, items: Array) -> Fields:
        """The same, where the items of a mask, bool (n_items,), share one id: a new last row of the table."""
        categorical = self.item_categorical.copy()
        categorical[items, 0] = self.n_embeddings  # the id is the first of an item's fields
        return replace(self, item_categorical=read_only(categorical), n_embeddings=self.n_embeddings + 1)

    def with_copies_of_items(self) -> Fields:
        """The same after `sharing_an_id`, where item i + n_items is item i with the id that is shared."""
        copies = self.item_categorical.copy()
        copies[:, 0] = self.n_embeddings - 1
        return replace(
            self,
            item_categorical=read_only(np.concatenate([self.item_categorical, copies])),
            item_multi_hot=read_only(np.concatenate([self.item_multi_hot] * 2)),
        )


def one_hot(dataset: Dataset, user_columns: Sequence[str], item_columns: Sequence[str]) -> Fields:
    """The ids and those of the columns that the data set has. A column of vectors (n_items, g) is multi-hot."""
    users = _single(dataset.user_table, user_columns)
    items = _single(dataset.item_table, item_columns)
    multi_hot = [name for name in item_columns if name in dataset.item_table and dataset.item_table[name].ndim == 2]
    columns = [np.arange(len(dataset.users)), *(dataset.user_table[name] for name in users)]
    columns += [np.arange(len(dataset.items)), *(dataset.item_table[name] for name in items)]
    categorical: list[Array] = []
    first = 0
    for column in columns:
        values, index = np.unique(column, return_inverse=True)
        categorical.append(index + first)
        first += len(values)
    spans: list[tuple[int, int]] = []
    weights: list[Array] = []
    for name in multi_hot:
        flags = dataset.item_table[name].astype(np.float32)
        weights.append(flags / np.maximum(flags.sum(axis=1, keepdims=True), 1))
        spans.append((first, flags.shape[1]))
        first += flags.shape[1]
    return Fields(
        read_only(np.stack(categorical[: 1 + len(users)], axis=1).astype(np.int32)),
        read_only(np.stack(categorical[1 + len(users) :], axis=1).astype(np.int32)),
        read_only(np.concatenate([np.zeros((len(dataset.items), 0), np.float32), *weights], axis=1)),
        tuple(spans),
        first,
        ("user", *users, "item", *items, *multi_hot),
    )


def _single(table: Table, columns: Sequence[str]) -> list[str]:
    return [name for name in columns if name in table and table[name].ndim == 1]
