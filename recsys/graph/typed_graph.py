"""A typed graph of items and their attributes: genres, years and decades, and the data set's facts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from recsys.dataset import Array, Dataset, read_only


@dataclass(frozen=True)
class Graph:
    """Distinct triples (head, relation, tail), ordered by relation, head, tail.

    head, relation, tail   int32 (n,)   nodes 0..n_items-1 are the items, in their order
    names, relations       of nodes and relations, in words
    """

    head: Array
    relation: Array
    tail: Array
    names: tuple[str, ...]
    relations: tuple[str, ...]
    n_items: int

    def __len__(self) -> int:
        return len(self.head)

    @cached_property
    def codes(self) -> Array:
        """int64 (n,), ascending: one number for each triple, see `code`."""
        return self.code(self.head, self.relation, self.tail)

    def code(self, head: Array, relation: Array, tail: Array) -> Array:
        nodes = len(self.names)
        return (relation.astype(np.int64) * nodes + head) * nodes + tail

    def has(self, head: Array, relation: Array, tail: Array) -> Array:
        """bool (m,): which of m triples are in the graph."""
        codes = self.code(head, relation, tail)
        return self.codes[np.minimum(np.searchsorted(self.codes, codes), len(self) - 1)] == codes

    def take(self, rows: Array) -> Graph:
        """The same nodes and relations with the chosen triples (a mask)."""
        columns = (read_only(column[rows]) for column in (self.head, self.relation, self.tail))
        head, relation, tail = columns
        return Graph(head, relation, tail, self.names, self.relations, self.n_items)

    def matrix(self, relation: int) -> Any:
        """Sparse float32 (nodes, nodes): 1 from head to tail of a relation's triples."""
        mask = self.relation == relation
        ones = np.ones(int(mask.sum()), np.float32)
        return sparse.csr_matrix((ones, (self.head[mask], self.tail[mask])), (len(self.names),) * 2)


def typed_graph(dataset: Dataset) -> Graph:
    """Items with their genres, year and decade (item - genre - Drama, 1994 - decade - 1990s), and the facts."""
    n_items = len(dataset.items)
    titles = dataset.item_table.get("title")
    names = [str(number) for number in (dataset.items.ids if titles is None else titles)]
    node_of: dict[tuple[str, str], int] = {}
    rows: list[tuple[int, str, int]] = []

    def node(kind: str, name: str) -> int:
        if (kind, name) not in node_of:
            node_of[kind, name] = len(names)
            names.append(name)
        return node_of[kind, name]

    flags = dataset.item_table.get("genres")
    if flags is not None:
        labels = dataset.labels.get("genres") or [f"genre {part}" for part in range(flags.shape[1])]
        rows += [(int(item), "genre", node("genre", labels[part])) for item, part in np.argwhere(flags)]
    for item, year in enumerate(dataset.item_table.get("year", np.zeros(0, int)).tolist()):
        if year:
            year_node, decade = node("year", str(year)), node("decade", f"{year // 10 * 10}s")
            rows += [(item, "year", year_node), (item, "decade", decade), (year_node, "decade", decade)]
    facts = dataset.graph
    if facts is not None:
        shift = len(names) - n_items
        names += facts.entities
        for head, relation, tail in zip(facts.head.tolist(), facts.relation.tolist(), facts.tail.tolist(), strict=True):
            ends = [end if end < n_items else end + shift for end in (head, tail)]
            rows.append((ends[0], facts.relations[relation], ends[1]))
    relations = sorted({relation for _, relation, _ in rows})
    number_of = {relation: number for number, relation in enumerate(relations)}
    distinct = sorted({(number_of[relation], head, tail) for head, relation, tail in rows if relation in number_of})
    columns = np.array(distinct, np.int32).reshape(-1, 3).T
    relation, head, tail = (read_only(column) for column in columns)
    return Graph(head, relation, tail, tuple(names), tuple(relations), n_items)
