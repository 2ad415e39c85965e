"""One-hot fields: every distinct value of a column is a place in one common table of embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys.dataset import Array, Dataset, Table, read_only


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of users and items; places 0..size-1 are shared out among them in the order of the names.

    user_codes   int32 (n_users, a)     the user id and the user's columns
    item_codes   int32 (n_items, b)     the item id and the item's columns of one value
    item_bags    float32 (n_items, g)   the item's columns of several values side by side, each column's row summing to
                                        1, or 0 for an item without a value: the weights of a mean of embeddings
    bags         (first place, number of values) of each column in item_bags, in order
    names        of all fields: user_codes, item_codes, then bags
    """

    user_codes: Array
    item_codes: Array
    item_bags: Array
    bags: tuple[tuple[int, int], ...]
    size: int
    names: tuple[str, ...]


def one_hot(dataset: Dataset, user_columns: Sequence[str], item_columns: Sequence[str]) -> Fields:
    """The ids and those of the columns that the data set has. A column of vectors (n_items, g) is a bag."""
    users = _single(dataset.user_table, user_columns)
    items = _single(dataset.item_table, item_columns)
    bags = [name for name in item_columns if name in dataset.item_table and dataset.item_table[name].ndim == 2]
    columns = [np.arange(len(dataset.users)), *(dataset.user_table[name] for name in users)]
    columns += [np.arange(len(dataset.items)), *(dataset.item_table[name] for name in items)]
    codes: list[Array] = []
    place = 0
    for column in columns:
        values, code = np.unique(column, return_inverse=True)
        codes.append(code + place)
        place += len(values)
    spans: list[tuple[int, int]] = []
    weights: list[Array] = []
    for name in bags:
        flags = dataset.item_table[name].astype(np.float32)
        weights.append(flags / np.maximum(flags.sum(axis=1, keepdims=True), 1))
        spans.append((place, flags.shape[1]))
        place += flags.shape[1]
    return Fields(
        read_only(np.stack(codes[: 1 + len(users)], axis=1).astype(np.int32)),
        read_only(np.stack(codes[1 + len(users) :], axis=1).astype(np.int32)),
        read_only(np.concatenate([np.zeros((len(dataset.items), 0), np.float32), *weights], axis=1)),
        tuple(spans),
        place,
        ("user", *users, "item", *items, *bags),
    )


def _single(table: Table, columns: Sequence[str]) -> list[str]:
    return [name for name in columns if name in table and table[name].ndim == 1]
