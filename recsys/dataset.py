"""Interactions, the users and items that they belong to, and facts about the items: the only data types of the suite.

All arrays are read-only, so that values can be shared and never change under their readers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Table: TypeAlias = Mapping[str, Array]
"""Column name to values; the first axis runs over users or items, a second one over the parts of a vector."""
Times: TypeAlias = Literal["seconds", "order"]
"""seconds: comparable throughout; order: each user's own order of events, which tells nothing about two users."""
Facts: TypeAlias = Mapping[str, int | float | str]
"""Name, words joined by _, to a count (int), a share (float), or words, a date or a hash (str)."""
IMPLICIT = 1.0
"""The rating of every interaction where there are no ratings, such as clicks or purchases.

With like_threshold=1 each of them is a like, and relevant where it is held out.
"""
WITHOUT_RATINGS = f"implicit, every interaction has the rating {IMPLICIT:g}"


class DataError(ValueError):
    """The data are not as expected; the message names file, line and remedy."""


class DataUnavailable(DataError):
    """The data could not be found or fetched; the message says where they were looked for."""


def read_only(values: Array) -> Array:
    """The same values as an array that cannot be written to; a copy, unless nobody can write to `values` either."""
    if not values.flags.writeable and values.flags.c_contiguous:
        return values
    frozen = np.array(values, order="C")
    frozen.flags.writeable = False
    return frozen


@dataclass(frozen=True, slots=True)
class Interactions:
    """Ratings, one row for each, in the order of the source.

    user, item  int32 (n,)    row numbers of the data set's vocabularies
    rating      float32 (n,)  `IMPLICIT` throughout where the source has no ratings
    time        int64 (n,)    seconds, or what `Dataset.times` says; 0 where the source has no times
    fold        int8 (n,)     the official fold (1, 2, ...) whose test set holds the row; 0 where there is none
    text        object (n,)   str, what the user wrote with the rating, '' where that is nothing; None: the source has
                              no texts
    """

    user: Array
    item: Array
    rating: Array
    time: Array
    fold: Array
    text: Array | None = None

    @classmethod
    def of(
        cls,
        user: Array,
        item: Array,
        rating: Array | None = None,
        time: Array | None = None,
        fold: Array | None = None,
        text: Array | Sequence[str] | None = None,
    ) -> Interactions:
        """Rows from any integer and float arrays of one length; raises `DataError` where the lengths differ."""
        zeros = np.zeros(len(user), np.int64)
        ratings = np.full(len(user), IMPLICIT) if rating is None else rating
        columns = (user, item, ratings, zeros if time is None else time, zeros if fold is None else fold)
        lengths = [len(column) for column in (*columns, *([] if text is None else [text]))]
        if len(set(lengths)) != 1:
            raise DataError(f"expected columns of one length, got {lengths}")
        types = (np.int32, np.int32, np.float32, np.int64, np.int8)
        numbers = [read_only(np.asarray(column, type_)) for column, type_ in zip(columns, types, strict=True)]
        return cls(*numbers, text=None if text is None else read_only(np.asarray(text, object)))

    def __len__(self) -> int:
        return len(self.user)

    @property
    def implicit(self) -> bool:
        """Whether the ratings say no more than that the interactions took place."""
        return bool((self.rating == IMPLICIT).all())

    def repeats_a_pair(self, items: int) -> bool:
        """Whether a (user, item) is there twice; items: their number."""
        pair = np.sort(self.user.astype(np.int64) * items + self.item)  # np.unique hashes: far slower
        return bool((pair[1:] == pair[:-1]).any())

    def take(self, rows: Array) -> Interactions:
        """The given rows (row numbers or a mask), in the order given."""
        text = None if self.text is None else self.text[rows]
        return Interactions.of(
            self.user[rows], self.item[rows], self.rating[rows], self.time[rows], self.fold[rows], text
        )


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The data set's own ids; row number i stands for `ids[i]`. Ids are all integers or all strings."""

    ids: Array
    _index: pd.Index = field(repr=False, compare=False)

    @classmethod
    def of(cls, ids: Iterable[Any]) -> Vocabulary:
        """A vocabulary in the order given; raises `DataError` on a repeated id."""
        index = pd.Index(np.asarray(list(ids)))
        if not index.is_unique:
            raise DataError(f"expected distinct ids, got {index[index.duplicated()][0]} twice")
        return cls(read_only(np.asarray(index)), index)

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, ids: Sequence[Any] | Array) -> Array:
        """int32 (n,) row numbers; -1 for an id that is not in the vocabulary."""
        return np.asarray(self._index.get_indexer(pd.Index(ids)), np.int32)


@dataclass(frozen=True, slots=True)
class Triples:
    """Facts (head, relation, tail) about items and entities: people, countries, keywords.

    head, tail   int32 (n,)   row numbers of nodes: the data set's items first, then the entities
    relation     int32 (n,)   indices into `relations`
    entities     names for people; two entities may share one
    relations    distinct names, such as 'director': head - director - tail
    A fact that n people stated occurs n times.
    """

    head: Array
    relation: Array
    tail: Array
    entities: tuple[str, ...]
    relations: tuple[str, ...]

    @classmethod
    def of(
        cls, head: Array, relation: Array, tail: Array, entities: Sequence[str], relations: Sequence[str]
    ) -> Triples:
        """Rows from any integer arrays of one length; `Dataset.of` checks them against its items."""
        columns = (head, relation, tail)
        if len({len(column) for column in columns}) != 1:
            raise DataError(f"expected columns of one length, got {[len(column) for column in columns]}")
        if len(set(relations)) != len(relations):
            raise DataError(f"expected distinct relations, got {list(relations)}")
        rows = [read_only(np.asarray(column, np.int32)) for column in columns]
        return cls(rows[0], rows[1], rows[2], tuple(entities), tuple(relations))

    def __len__(self) -> int:
        return len(self.head)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Interactions with what is known of their users and items.

    user_table, item_table   columns of len(users) and len(items) rows. Columns that the suite knows:
                             age int, gender, occupation, zip, zip_prefix str; title, text str, year int (0: unknown),
                             genres uint8 (n_items, g), sift float32 (n_items, 128), sift_known bool, duration float32:
                             minutes, the lower edge of a bin of 10 (NaN: unknown)
    labels                   names of a vector column's components, e.g. labels['genres'] has g entries
    origin                   where the data came from, for people
    graph                    facts about the items; None: none are known
    facts                    what was done to the source's rows, for the stamp and for people; often empty
    times                    what the interactions' times are, see `Times`
    """

    name: str
    interactions: Interactions
    users: Vocabulary
    items: Vocabulary
    user_table: Table
    item_table: Table
    labels: Mapping[str, tuple[str, ...]]
    origin: str
    graph: Triples | None = None
    facts: Facts = field(default_factory=dict[str, int | float | str])
    times: Times = "seconds"

    @classmethod
    def of(
        cls,
        name: str,
        interactions: Interactions,
        users: Vocabulary,
        items: Vocabulary,
        *,
        user_table: Table | None = None,
        item_table: Table | None = None,
        labels: Mapping[str, tuple[str, ...]] | None = None,
        origin: str = "made in memory",
        graph: Triples | None = None,
        facts: Facts | None = None,
        times: Times = "seconds",
    ) -> Dataset:
        """Checks, once, that all parts are consistent; raises `DataError` naming the one that is not."""
        if len(interactions) == 0:
            raise DataError(f"{name}: expected at least one rating, got none")
        for column, rows, size in (("user", interactions.user, len(users)), ("item", interactions.item, len(items))):
            if rows.min() < 0 or rows.max() >= size:
                raise DataError(f"{name}: {column} row numbers must be 0..{size - 1}, got {rows.min()}..{rows.max()}")
        if not np.isfinite(interactions.rating).all():
            invalid = interactions.rating[~np.isfinite(interactions.rating)]
            raise DataError(f"{name}: expected finite ratings, got {invalid[0]}")
        if interactions.repeats_a_pair(len(items)):
            raise DataError(f"{name}: expected one rating per (user, item), got a pair twice")
        for kind, table, size in (("user", user_table, len(users)), ("item", item_table, len(items))):
            for column, values in (table or {}).items():
                if len(values) != size:
                    raise DataError(f"{name}: {kind} column {column!r} has {len(values)} rows, expected {size}")
        if graph is not None:
            _check_graph(name, graph, len(items))
        return cls(
            name,
            interactions,
            users,
            items,
            _table(user_table or {}),
            _table(item_table or {}),
            MappingProxyType(dict(labels or {})),
            origin,
            graph,
            MappingProxyType(({"feedback": WITHOUT_RATINGS} if interactions.implicit else {}) | dict(facts or {})),
            times,
        )

    def take(self, rows: Array) -> Dataset:
        """The same users, items and tables with the given rows of the interactions."""
        return replace(self, interactions=self.interactions.take(rows))

    def __reduce__(self) -> tuple[Any, ...]:
        # Mapping proxies do not pickle; splits travel to other processes.
        parts = (self.name, self.interactions, self.users, self.items)
        tables = {"user_table": dict(self.user_table), "item_table": dict(self.item_table)}
        rest = {"labels": dict(self.labels), "origin": self.origin, "graph": self.graph, "facts": dict(self.facts)}
        rest |= {"times": self.times}
        return _rebuild, (parts, tables | rest)

    def __len__(self) -> int:
        return len(self.interactions)

    @property
    def sizes(self) -> Mapping[str, int]:
        """How many there are of what, for people."""
        rows = "interactions" if self.interactions.implicit else "ratings"
        return {"users": len(self.users), "items": len(self.items), rows: len(self.interactions)}

    @property
    def fingerprint(self) -> str:
        """SHA-256 of interactions, ids and tables, 16 hexadecimal digits: equal data, equal fingerprint."""
        digest = hashlib.sha256()
        interactions = self.interactions
        named = {
            "user": interactions.user,
            "item": interactions.item,
            "rating": interactions.rating,
            "time": interactions.time,
            "fold": interactions.fold,
        }
        named |= {"users": self.users.ids, "items": self.items.ids}
        named |= {f"user.{key}": values for key, values in sorted(self.user_table.items())}
        named |= {f"item.{key}": values for key, values in sorted(self.item_table.items())}
        if self.graph is not None:  # a data set without one keeps the fingerprint that it had before graphs were known
            facts = self.graph
            named |= {"graph.head": facts.head, "graph.relation": facts.relation, "graph.tail": facts.tail}
            named |= {"graph.entities": np.array(facts.entities), "graph.relations": np.array(facts.relations)}
        if self.times != "seconds":  # likewise
            named["times"] = np.array([self.times])
        texts = named.pop("item.text") if "item.text" in named and named["item.text"].dtype == object else None
        for key, values in named.items():
            plain = values if values.dtype.kind in "biuf" else np.strings.encode(values.astype(str), "utf-8")
            digest.update(f"{key}:{plain.shape}:".encode())
            digest.update(np.ascontiguousarray(plain).tobytes())
        for key, values in (("text", interactions.text), ("item.text", texts)):
            if values is None:  # likewise
                continue
            digest.update(f"{key}:{values.shape}:".encode())
            for text in values:  # one by one: as an array, each would be as long as the longest
                digest.update(f"{len(text)}:{text}".encode("utf-8", "surrogatepass"))
        return digest.hexdigest()[:16]


def _check_graph(name: str, graph: Triples, items: int) -> None:
    nodes = items + len(graph.entities)
    parts = (
        ("head", graph.head, nodes),
        ("relation", graph.relation, len(graph.relations)),
        ("tail", graph.tail, nodes),
    )
    for part, rows, size in parts:
        if len(rows) and (rows.min() < 0 or rows.max() >= size):
            raise DataError(f"{name}: graph {part} must be 0..{size - 1}, got {rows.min()}..{rows.max()}")


def _table(columns: Table) -> Table:
    return MappingProxyType({name: read_only(values) for name, values in columns.items()})


def _rebuild(parts: tuple[Any, ...], named: dict[str, Any]) -> Dataset:
    return Dataset.of(*parts, **named)
