"""PTransE: nodes and relations of a graph as vectors, tail = head + relation, with the paths in the objective.

    L = sum over (h, r, t)     [margin + E(h, r, t) - E(h', r, t')]+
      + w sum over paths p     R(p | h, t) [margin + E(p, r) - E(p, r')]+

    E(h, r, t) = |h + r - t|,  E(p, r) = |p - r|,  p = the sum of the path's steps (a step back has a vector of its own)

p are paths h - .. - t between the ends of a known triple (h, r, t); R is the share of a walker's resource that reaches
t by p. (h', t') and r' are drawn, triples of the graph among them left out. Lin et al. 2015, Modeling Relation Paths
for Representation Learning of Knowledge Bases, equations 3, 8 and 9 (ADD).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked
from scipy import sparse

from recsys import progress
from recsys.dataset import Array, DataError, read_only
from recsys.graph.typed_graph import Graph
from recsys.graph.walks import Paths, corrupt, find_paths

Size = Annotated[int, Ge(1)]


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class PTransE:
    """Hyperparameters of the embedding.

    size            of the vectors; nodes have length 1 at most
    margin          by which a triple has to be nearer than a drawn one
    learning_rate   of Adagrad
    paths           w above; 0: TransE
    path_draws      walks drawn a triple to find its paths
    """

    size: Size
    margin: Annotated[float, Gt(0)]
    epochs: Size
    batch: Size
    learning_rate: Annotated[float, Gt(0)]
    paths: Annotated[float, Ge(0)]
    path_draws: Annotated[int, Ge(0)]

    def fit(self, graph: Graph, seed: int) -> Embedding:
        """Raises `DataError` where the graph has no triple."""
        if not len(graph):
            raise DataError("expected a graph with triples, got none; give the items genres, a year or facts")
        rng = np.random.default_rng(seed)
        relations = len(graph.relations)
        vectors = Vectors.of(len(graph.names), 2 * relations, self.size, rng)
        found = find_paths(graph, self.path_draws if self.paths else 0, rng)
        for epoch in range(self.epochs):
            order = rng.permutation(len(graph))
            turns = rng.permutation(len(found.relation))
            for start in range(0, len(graph), self.batch):
                self._triples(graph, vectors, order[start : start + self.batch], rng)
                if len(turns):  # as many as triples: of many more paths, every epoch sees others
                    rows = turns.take(range(start, start + self.batch), mode="wrap")
                    self._paths(vectors, found, rows, relations, rng)
            progress.report("PTransE, epoch", epoch + 1, self.epochs)
        return Embedding(read_only(vectors.nodes), read_only(vectors.relations[:relations]))

    def _triples(self, graph: Graph, vectors: Vectors, rows: Array, rng: np.random.Generator) -> None:
        head, relation, tail = graph.head[rows], graph.relation[rows], graph.tail[rows]
        other_head, other_tail = corrupt(graph, rows, rng)
        nodes, rels = vectors.nodes, vectors.relations
        good, near = _unit(nodes[head] + rels[relation] - nodes[tail])
        bad, far = _unit(nodes[other_head] + rels[relation] - nodes[other_tail])
        on = (self.margin + near - far > 0)[:, None]
        good, bad = good * on, bad * on
        ends = np.concatenate([head, tail, other_head, other_tail])
        vectors.move_nodes(ends, np.concatenate([good, -good, -bad, bad]), self.learning_rate)
        vectors.move_relations(relation, good - bad, self.learning_rate)

    def _paths(self, vectors: Vectors, paths: Paths, rows: Array, relations: int, rng: np.random.Generator) -> None:
        steps, relation = paths.steps[rows], paths.relation[rows]  # (b, 3), -1: no step
        other = (relation + rng.integers(1, max(relations, 2), len(rows))) % relations
        rels = vectors.relations
        there = (steps >= 0)[:, :, None]
        along = (rels[steps] * there).sum(axis=1)
        good, near = _unit(along - rels[relation])
        bad, far = _unit(along - rels[other])
        weight = (self.paths * paths.weight[rows])[:, None] * (self.margin + near - far > 0)[:, None]
        weight = weight * (other != relation)[:, None]
        good, bad = good * weight, bad * weight
        of_steps = np.repeat((good - bad)[:, None], 3, axis=1)[steps >= 0]
        where = np.concatenate([steps[steps >= 0], relation, other])
        vectors.move_relations(where, np.concatenate([of_steps, -good, bad]), self.learning_rate)


@dataclass(frozen=True, slots=True)
class Embedding:
    """nodes: float32 (n_nodes, d), relations: float32 (n_relations, d)."""

    nodes: Array
    relations: Array

    def distance(self, head: Array, relation: Array, tail: Array) -> Array:
        """float32 (n,): E(h, r, t); small where the triple is likely."""
        return np.linalg.norm(self.nodes[head] + self.relations[relation] - self.nodes[tail], axis=1)


@dataclass(frozen=True, slots=True)
class Vectors:
    """The vectors while they are learned, with Adagrad's sums of squared gradients; written to in place."""

    nodes: Array
    relations: Array
    seen: tuple[Array, Array]

    @classmethod
    def of(cls, nodes: int, relations: int, size: int, rng: np.random.Generator) -> Vectors:
        bound = 6 / np.sqrt(size)
        drawn = [rng.uniform(-bound, bound, (rows, size)).astype(np.float32) for rows in (nodes, relations)]
        made = cls(drawn[0], drawn[1], (np.zeros(nodes, np.float32), np.zeros(relations, np.float32)))
        made.relations[:] /= np.linalg.norm(made.relations, axis=1, keepdims=True)
        made.shorten(np.arange(nodes))
        return made

    def move_nodes(self, rows: Array, gradients: Array, rate: float) -> None:
        _adagrad(self.nodes, self.seen[0], rows, gradients, rate)
        self.shorten(rows)

    def move_relations(self, rows: Array, gradients: Array, rate: float) -> None:
        _adagrad(self.relations, self.seen[1], rows, gradients, rate)

    def shorten(self, rows: Array) -> None:
        length = np.linalg.norm(self.nodes[rows], axis=1, keepdims=True)
        self.nodes[rows] /= np.maximum(length, 1)


def _adagrad(vectors: Array, seen: Array, rows: Array, gradients: Array, rate: float) -> None:
    """One step of row-wise Adagrad; the gradients of a row that stands several times add up."""
    distinct, place = np.unique(rows, return_inverse=True)
    ones = np.ones(len(rows), np.float32)
    total = sparse.csr_matrix((ones, (place, np.arange(len(rows)))), (len(distinct), len(rows))) @ gradients
    seen[distinct] += (total * total).mean(axis=1)
    vectors[distinct] -= rate * total / np.sqrt(seen[distinct] + 1e-8)[:, None]


def _unit(difference: Array) -> tuple[Array, Array]:
    """Direction (n, d) and length (n,) of each row: gradient and value of |.|."""
    length = np.sqrt((difference * difference).sum(axis=1) + 1e-12)
    return difference / length[:, None], length
