"""What an embedding of a graph learns from beside its triples: paths between their ends, and negative samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.dataset import Array
from recsys.graph.typed_graph import Graph

REDRAWS = 10
"""Rounds in which negatives that are in the graph are drawn again; those of the last round are kept."""


def corrupt(graph: Graph, rows: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """head, tail int32 (n,): the given triples with one end replaced, none of them a triple of the graph.

    The end, head or tail at random, is drawn from the ends of the relation's triples in proportion to their frequency:
    a drawn director is a director, and a language that most films have gains nothing from its frequency.
    """
    head, relation, tail = graph.head[rows].copy(), graph.relation[rows], graph.tail[rows].copy()
    # Triples are ordered by relation, so a relation's ends are those of a run of rows.
    n_relations = len(graph.relations)
    start = np.searchsorted(graph.relation, np.arange(n_relations + 1))
    at_tail = rng.random(len(rows)) < 0.5
    redrawn = np.arange(len(rows))
    for _ in range(REDRAWS):
        low, high = start[relation[redrawn]], start[relation[redrawn] + 1]
        drawn = low + (rng.random(len(redrawn)) * (high - low)).astype(np.int64)
        head[redrawn] = np.where(at_tail[redrawn], head[redrawn], graph.head[drawn])
        tail[redrawn] = np.where(at_tail[redrawn], graph.tail[drawn], tail[redrawn])
        redrawn = redrawn[graph.has(head[redrawn], relation[redrawn], tail[redrawn])]
        if not len(redrawn):
            break
    return head, tail


@dataclass(frozen=True, slots=True)
class Paths:
    """Paths that join the ends of triples.

    steps      int32 (m, 3)   relations, backward ones plus their number, -1 after the last
    relation   int32 (m,)     of the triple
    weight     float32 (m,)   share of a walker's resource that reaches the tail by the path; mean 1
    """

    steps: Array
    relation: Array
    weight: Array


def find_paths(graph: Graph, walks_per_triple: int, rng: np.random.Generator) -> Paths:
    """Paths h -a-> x -c-> t and h -a-> x <-b- g -c-> t between the ends of triples (h, r, t).

    `walks_per_triple` times for each triple, an edge (h, a, x) is drawn at h and an edge (g, c, t) at t. The path is
    kept where x is g, or an edge (g, b, x) joins them, and it does not contain (h, r, t) itself.
    """
    n_relations, rows = len(graph.relations), np.arange(len(graph))
    pair = graph.head.astype(np.int64) * len(graph.names) + graph.tail
    by_pair = np.argsort(pair, kind="stable")
    branches = _Branches.of(graph)
    at_head, at_tail = _Ends.of(graph.head, len(graph.names)), _Ends.of(graph.tail, len(graph.names))
    steps, triple, share = [np.zeros((0, 3), np.int64)], [rows[:0]], [np.zeros(0)]
    for _ in range(walks_per_triple):
        first, last = at_head.draw(graph.head, rng), at_tail.draw(graph.tail, rng)
        x, g = graph.tail[first], graph.head[last]
        other_triples = (first != rows) & (last != rows)
        two = rows[other_triples & (x == g)]
        a, c = graph.relation[first[two]], graph.relation[last[two]]
        steps.append(np.stack([a, c, np.full(len(two), -1)], axis=1))
        triple.append(two)
        share.append(branches.out(graph.head[two], a) * branches.out(x[two], c))
        pair_of_ends = g.astype(np.int64) * len(graph.names) + x
        middle = by_pair[np.minimum(np.searchsorted(pair[by_pair], pair_of_ends), len(rows) - 1)]
        three = rows[other_triples & (pair[middle] == pair_of_ends) & (g != graph.head)]
        a, b, c = graph.relation[first[three]], graph.relation[middle[three]], graph.relation[last[three]]
        steps.append(np.stack([a, b + n_relations, c], axis=1))
        triple.append(three)
        share.append(
            branches.out(graph.head[three], a) * branches.back(x[three], b) * branches.out(g[three], c),
        )
    weight = np.concatenate(share)
    weight = weight / (weight.mean() if len(weight) else 1)
    relation = graph.relation[np.concatenate(triple)]
    return Paths(np.concatenate(steps).astype(np.int32), relation, weight.astype(np.float32))


@dataclass(frozen=True, slots=True)
class _Ends:
    """The triples at each node: rows order[start[node]:start[node + 1]]."""

    order: Array
    start: Array

    @classmethod
    def of(cls, ends: Array, nodes: int) -> _Ends:
        order = np.argsort(ends, kind="stable")
        return cls(order, np.searchsorted(ends[order], np.arange(nodes + 1)))

    def draw(self, nodes: Array, rng: np.random.Generator) -> Array:
        """One row at each of the nodes; each node has one."""
        low, high = self.start[nodes], self.start[nodes + 1]
        return self.order[low + (rng.random(len(nodes)) * (high - low)).astype(np.int64)]


@dataclass(frozen=True, slots=True)
class _Branches:
    """Number of triples of each relation at each node, (n_nodes * n_relations,), as heads and as tails."""

    heads: Array
    tails: Array
    relations: int

    @classmethod
    def of(cls, graph: Graph) -> _Branches:
        n_relations = len(graph.relations)
        counts = [
            np.bincount(ends.astype(np.int64) * n_relations + graph.relation, minlength=len(graph.names) * n_relations)
            for ends in (graph.head, graph.tail)
        ]
        return cls(counts[0], counts[1], n_relations)

    def out(self, nodes: Array, relation: Array) -> Array:
        """Probability of each edge of the relation at the node, walked from head to tail."""
        return 1 / self.heads[nodes.astype(np.int64) * self.relations + relation]

    def back(self, nodes: Array, relation: Array) -> Array:
        return 1 / self.tails[nodes.astype(np.int64) * self.relations + relation]
