"""The k-core of any data set: users and items with few ratings are left out until all that stay have enough."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Annotated, Protocol, runtime_checkable

import numpy as np
from annotated_types import Ge
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import Array, DataError, Dataset, Interactions, Table, Triples, Vocabulary, read_only
from recsys.task import Data


@runtime_checkable
class Loader(Protocol):
    """Loads a data set, of ratings or not."""

    def load(self) -> Data: ...


@checked(frozen=True, config=ConfigDict(extra="forbid", arbitrary_types_allowed=True))
class Core:
    """What `source` loads, without users of fewer than `min_user` ratings and items of fewer than `min_item`.

    Both are at least 1: who loses the last rating goes, too.
    """

    source: Loader
    min_user: Annotated[int, Ge(0)] = 0
    min_item: Annotated[int, Ge(0)] = 0

    def load(self) -> Dataset:
        """Raises `DataError` where nothing is left."""
        data = self.source.load()
        if not isinstance(data, Dataset):
            raise DataError(f"dataset.min_user and .min_item count ratings, and {data.name} has none; leave them out")
        return core(data, self.min_user, self.min_item)


def core(data: Dataset, min_user: int, min_item: int) -> Dataset:
    """The largest part in which each user has `min_user` ratings or more, and each item `min_item`; see its facts."""
    rows = _rows(data.interactions, len(data.users), len(data.items), max(1, min_user), max(1, min_item))
    if not rows.any():
        raise DataError(
            f"{data.name}: expected users of {min_user} ratings or more on items of {min_item} or more, found none; "
            "lower dataset.min_user or dataset.min_item"
        )
    interactions = data.interactions.take(rows)
    user, users = _renumbered(interactions.user, len(data.users))
    item, items = _renumbered(interactions.item, len(data.items))
    dropped = {
        "dropped_users": len(data.users) - len(users),
        "dropped_items": len(data.items) - len(items),
        "dropped_ratings": len(data) - len(interactions),
    }
    return replace(
        data,
        interactions=replace(
            interactions, user=read_only(user.astype(np.int32)), item=read_only(item.astype(np.int32))
        ),
        users=Vocabulary.of(data.users.ids[users]),
        items=Vocabulary.of(data.items.ids[items]),
        user_table=_taken(data.user_table, users),
        item_table=_taken(data.item_table, items),
        graph=None if data.graph is None else _of_items(data.graph, items, len(data.items)),
        facts=MappingProxyType({**data.facts, "min_user": min_user, "min_item": min_item, **dropped}),
    )


def _rows(interactions: Interactions, users: int, items: int, min_user: int, min_item: int) -> Array:
    """bool (n,): the ratings that stay."""
    rows, before = np.ones(len(interactions), bool), -1
    while before != (before := int(rows.sum())):
        rows &= (np.bincount(interactions.user[rows], minlength=users) >= min_user)[interactions.user]
        rows &= (np.bincount(interactions.item[rows], minlength=items) >= min_item)[interactions.item]
    return rows


def _renumbered(rows: Array, size: int) -> tuple[Array, Array]:
    """Row numbers from 0 on without gaps, and the old number of each."""
    present = np.zeros(size, bool)
    present[rows] = True
    return (np.cumsum(present) - 1)[rows], np.flatnonzero(present)


def _taken(table: Table, rows: Array) -> Table:
    return MappingProxyType({name: read_only(values[rows]) for name, values in table.items()})


def _of_items(graph: Triples, items: Array, before: int) -> Triples:
    """The facts without those about items that went; entities stay."""
    number = np.full(before + len(graph.entities), -1)
    number[items] = np.arange(len(items))
    number[before:] = len(items) + np.arange(len(graph.entities))
    head, tail = number[graph.head], number[graph.tail]
    kept = (head >= 0) & (tail >= 0)
    return Triples.of(head[kept], graph.relation[kept], tail[kept], graph.entities, graph.relations)
