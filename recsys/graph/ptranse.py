"""PTransE: nodes and relations of a graph as vectors, tail = head + relation, with paths in the objective.

    L = sum over (h, r, t)     [margin + E(h, r, t) - E(h', r, t')]+
      + w sum over paths p     R(p | h, t) [margin + E(p, r) - E(p, r')]+

    E(h, r, t) = |h + r - t|,  E(p, r) = |p - r|,  p = the sum of the path's steps (backward ones have own vectors)

p are paths h - .. - t between the ends of a triple (h, r, t) of the graph; R is the share of a walker's resource that
reaches t by p. (h', t') and r' are negative samples, triples of the graph excepted. Lin et al. 2015, Modeling Relation
Paths for Representation Learning of Knowledge Bases, equations 3, 8 and 9 (ADD).
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

    dim                of the vectors; nodes have norm 1 at most
    margin             between the distance of a triple and that of a negative sample
    learning_rate      of Adagrad
    path_loss_weight   w above; 0: TransE
    walks_per_triple   random walks between the ends of a triple that look for its paths; not all arrive
    """

    dim: Size = 64
    margin: Annotated[float, Gt(0)] = 1.0
    epochs: Size = 30
    batch_size: Size = 2048
    learning_rate: Annotated[float, Gt(0)] = 0.1
    path_loss_weight: Annotated[float, Ge(0)] = 0.3
    walks_per_triple: Annotated[int, Ge(0)] = 5

    def fit(self, graph: Graph, seed: int) -> Embedding:
        """Raises `DataError` where the graph has no triple."""
        if not len(graph):
            raise DataError("expected a graph with triples, got none; give the items genres, a year or facts")
        rng = np.random.default_rng(seed)
        relations = len(graph.relations)
        vectors = Vectors.of(len(graph.names), 2 * relations, self.dim, rng)
        paths = find_paths(graph, self.walks_per_triple if self.path_loss_weight else 0, rng)
        for epoch in range(self.epochs):
            order = rng.permutation(len(graph))
            path_order = rng.permutation(len(paths.relation))
            for start in range(0, len(graph), self.batch_size):
                self._triples(graph, vectors, order[start : start + self.batch_size], rng)
                if len(path_order):  # as many as triples: of many more paths, each epoch takes others
                    rows = path_order.take(range(start, start + self.batch_size), mode="wrap")
                    self._paths(vectors, paths, rows, relations, rng)
            progress.report("PTransE, epoch", epoch + 1, self.epochs)
        return Embedding(read_only(vectors.nodes), read_only(vectors.relations[:relations]))

    def _triples(self, graph: Graph, vectors: Vectors, rows: Array, rng: np.random.Generator) -> None:
        head, relation, tail = graph.head[rows], graph.relation[rows], graph.tail[rows]
        negative_head, negative_tail = corrupt(graph, rows, rng)
        nodes, rels = vectors.nodes, vectors.relations
        positive, distance = _unit(nodes[head] + rels[relation] - nodes[tail])
        negative, negative_distance = _unit(nodes[negative_head] + rels[relation] - nodes[negative_tail])
        violated = (self.margin + distance - negative_distance > 0)[:, None]
        positive, negative = positive * violated, negative * violated
        ends = np.concatenate([head, tail, negative_head, negative_tail])
        vectors.move_nodes(ends, np.concatenate([positive, -positive, -negative, negative]), self.learning_rate)
        vectors.move_relations(relation, positive - negative, self.learning_rate)

    def _paths(self, vectors: Vectors, paths: Paths, rows: Array, relations: int, rng: np.random.Generator) -> None:
        steps, relation = paths.steps[rows], paths.relation[rows]  # (b, 3), -1: no step
        negative_relation = (relation + rng.integers(1, max(relations, 2), len(rows))) % relations
        rels = vectors.relations
        is_step = steps >= 0
        path = (rels[steps] * is_step[:, :, None]).sum(axis=1)
        positive, distance = _unit(path - rels[relation])
        negative, negative_distance = _unit(path - rels[negative_relation])
        violated = (self.margin + distance - negative_distance > 0)[:, None]
        weight = (self.path_loss_weight * paths.weight[rows])[:, None] * violated
        weight = weight * (negative_relation != relation)[:, None]
        positive, negative = positive * weight, negative * weight
        of_steps = np.repeat((positive - negative)[:, None], 3, axis=1)[is_step]
        moved = np.concatenate([steps[is_step], relation, negative_relation])
        vectors.move_relations(moved, np.concatenate([of_steps, -positive, negative]), self.learning_rate)


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
    """The vectors during training, with Adagrad's sums of squared gradients; updated in place."""

    nodes: Array
    relations: Array
    squares: tuple[Array, Array]

    @classmethod
    def of(cls, nodes: int, relations: int, dim: int, rng: np.random.Generator) -> Vectors:
        bound = 6 / np.sqrt(dim)
        drawn = [rng.uniform(-bound, bound, (rows, dim)).astype(np.float32) for rows in (nodes, relations)]
        vectors = cls(drawn[0], drawn[1], (np.zeros(nodes, np.float32), np.zeros(relations, np.float32)))
        vectors.relations[:] /= np.linalg.norm(vectors.relations, axis=1, keepdims=True)
        vectors.clip_norms(np.arange(nodes))
        return vectors

    def move_nodes(self, rows: Array, gradients: Array, rate: float) -> None:
        _adagrad(self.nodes, self.squares[0], rows, gradients, rate)
        self.clip_norms(rows)

    def move_relations(self, rows: Array, gradients: Array, rate: float) -> None:
        _adagrad(self.relations, self.squares[1], rows, gradients, rate)

    def clip_norms(self, rows: Array) -> None:
        length = np.linalg.norm(self.nodes[rows], axis=1, keepdims=True)
        self.nodes[rows] /= np.maximum(length, 1)


def _adagrad(vectors: Array, squares: Array, rows: Array, gradients: Array, rate: float) -> None:
    """One step of row-wise Adagrad; the gradients of a row that occurs several times add up."""
    distinct, index = np.unique(rows, return_inverse=True)
    ones = np.ones(len(rows), np.float32)
    total = sparse.csr_matrix((ones, (index, np.arange(len(rows)))), (len(distinct), len(rows))) @ gradients
    squares[distinct] += (total * total).mean(axis=1)
    vectors[distinct] -= rate * total / np.sqrt(squares[distinct] + 1e-8)[:, None]


def _unit(difference: Array) -> tuple[Array, Array]:
    """Direction (n, d) and length (n,) of each row: gradient and value of |.|."""
    length = np.sqrt((difference * difference).sum(axis=1) + 1e-12)
    return difference / length[:, None], length
