"""Crossed fields: each combination of the values of some columns, such as 'female and drama', is a value of its own."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from recsys.dataset import Array, DataError
from recsys.features.fields import Fields

logger = logging.getLogger(__name__)

MOST = 20_000
"""Combinations of one cross: each has a weight, and the grid holds those of the item's columns for a tile's items."""


@dataclass(frozen=True, slots=True)
class Column:
    """A field's place among those of its kind, its first row in the table of embeddings, and its number of values."""

    place: int
    first: int
    size: int


@dataclass(frozen=True, slots=True)
class Cross:
    """The fields that are crossed: one-hot fields of users, of items, and items' multi-hot fields."""

    users: tuple[Column, ...] = ()
    items: tuple[Column, ...] = ()
    multi_hot: tuple[Column, ...] = ()

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Combinations of the values of each kind of field, as many as there can be; 1 where there is no such field."""
        users, items, multi_hot = (
            prod(column.size for column in columns) for columns in (self.users, self.items, self.multi_hot)
        )
        return users, items, multi_hot


def crossed(name: str, fields: Fields, crosses: Sequence[Sequence[str]]) -> tuple[Cross, ...]:
    """Those of the crosses whose columns are all among the fields, as `one_hot` has made them; of the others it warns.

    name   of the data set, for words. Raises `DataError` for a cross of more than MOST combinations.
    """
    known = [cross for cross in crosses if set(cross) <= set(fields.names)]
    if len(known) < len(crosses):
        unknown = ", ".join(_words(cross) for cross in crosses if cross not in known)
        logger.warning("%s lacks a column of %s: the model runs without", name, unknown)
    return tuple(_cross(name, fields, columns) for columns in known)


def _cross(name: str, fields: Fields, columns: Sequence[str]) -> Cross:
    n_users, n_items = fields.user_categorical.shape[1], fields.item_categorical.shape[1]
    places = sorted(fields.names.index(column) for column in columns)
    cross = Cross(
        tuple(_one_hot(fields.user_categorical, place) for place in places if place < n_users),
        tuple(_one_hot(fields.item_categorical, place - n_users) for place in places if 0 <= place - n_users < n_items),
        tuple(
            Column(place - n_users - n_items, *fields.multi_hot[place - n_users - n_items])
            for place in places
            if place >= n_users + n_items
        ),
    )
    if (combinations := prod(cross.sizes)) > MOST:
        raise DataError(
            f"{name}: expected crosses of {MOST:,} combinations or fewer, got {combinations:,} of {_words(columns)}; "
            "cross fewer columns, or columns of fewer values"
        )
    return cross


def _one_hot(categorical: Array, place: int) -> Column:
    """Every value of a column occurs in it, so its rows of the table are those from the least to the largest."""
    return Column(place, int(categorical[:, place].min()), int(np.ptp(categorical[:, place])) + 1)


def _words(columns: Sequence[str]) -> str:
    return f"[{', '.join(columns)}]"
