"""Path ranking: which paths of the graph lead from film to film, and how much each kind of path is worth.

A kind of path is a sequence of one or two relations, each walked forwards or backwards:
film - director - X - director (back) - film, film - sequel - film. Lao and Cohen 2010 (PRA); resource allocation as in
Lin et al. 2015: a walker at a node takes one of the relation's edges there, each with the same probability.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from scipy import sparse
from scipy.optimize import nnls

from recsys.dataset import Array
from recsys.graph.typed_graph import Graph

Step: TypeAlias = tuple[int, bool]
"""Relation, and whether it is walked from head to tail."""
Kind: TypeAlias = tuple[Step, ...]
RIDGE = 1e-3


@dataclass(frozen=True, slots=True)
class Path:
    """One path from item to item: the nodes on it, the relations between them, and weight x strength."""

    nodes: tuple[int, ...]
    relations: tuple[int, ...]
    strength: float

    def words(self, graph: Graph) -> str:
        """Such as 'Fargo - director - Joel Coen - director - Blood Simple'."""
        parts = [graph.names[self.nodes[0]]]
        for relation, node in zip(self.relations, self.nodes[1:], strict=True):
            parts += [graph.relations[relation], graph.names[node]]
        return " - ".join(parts)


@dataclass(frozen=True, slots=True)
class PathRanking:
    """The kinds of paths with a weight above 0, and the similarity of every pair of items by them.

    weights           of each kind
    item_similarity   float32 (n_items, n_items), symmetric, 0 on the diagonal: sum over kinds of weight x strength
    """

    kinds: tuple[Kind, ...]
    weights: tuple[float, ...]
    item_similarity: Array

    def between(self, graph: Graph, head: int, tail: int) -> list[Path]:
        """Every path between two items, strongest first; over one entity each, or none for a relation of items."""
        strength: dict[tuple[tuple[int, ...], tuple[int, ...]], float] = {}
        for kind, weight in zip(self.kinds, self.weights, strict=True):
            first = kind[0][0]
            if len(kind) == 1:
                probabilities = [
                    1 / len(_tails(graph, start, first)) if end in _tails(graph, start, first) else 0.0
                    for start, end in ((head, tail), (tail, head))
                ]
                if max(probabilities):
                    strength[(head, tail), (first,)] = weight * max(probabilities)
                continue
            for out, back in {(first, kind[1][0]), (kind[1][0], first)}:  # mirror images are one kind
                from_head, from_tail = _tails(graph, head, out), _tails(graph, tail, back)
                for middle in np.intersect1d(from_head, from_tail).tolist():
                    degrees = [len(_heads(graph, relation, middle)) for relation in (out, back)]
                    probability = 1 / np.sqrt(float(len(from_head) * len(from_tail) * degrees[0] * degrees[1]))
                    strength[(head, middle, tail), (out, back)] = weight * probability
        paths = [Path(nodes, relations, value) for (nodes, relations), value in strength.items()]
        return sorted(paths, key=lambda path: (-path.strength, path.nodes))


def _tails(graph: Graph, head: int, relation: int) -> Array:
    low, high = np.searchsorted(graph.codes, graph.code(np.array([head, head + 1]), np.full(2, relation), np.zeros(2)))
    return graph.tail[low:high]


def _heads(graph: Graph, relation: int, tail: int) -> Array:
    return graph.head[(graph.relation == relation) & (graph.tail == tail)]


def walks(graph: Graph) -> dict[Step, Any]:
    """Sparse (nodes, nodes) transition matrix of each step: rows sum to 1, or 0 where there is no edge."""
    transition: dict[Step, Any] = {}
    for relation in range(len(graph.relations)):
        matrix = graph.matrix(relation)
        for forwards, edges in ((True, matrix), (False, matrix.T)):
            degree = np.asarray(edges.sum(axis=1)).ravel()
            scale = sparse.diags(1 / np.where(degree > 0, degree, 1))
            transition[relation, forwards] = sparse.csr_matrix(scale @ edges)
    return transition


def strengths(graph: Graph) -> Iterator[tuple[Kind, Any]]:
    """Every kind of path between two items with its strength, sparse (n_items, n_items), symmetric, diagonal 0.

    Over an entity x: the sum over x of the geometric mean of the probabilities of i - x - j and of j - x - i; each is
    the product of those of its two steps. Direct: the larger of the two directions' probabilities.
    """
    items = graph.n_items
    transition = walks(graph)
    for relation in range(len(graph.relations)):
        probability = transition[relation, True][:items, :items]
        if probability.nnz:
            yield ((relation, True),), _off_diagonal(probability.maximum(probability.T))
    # A path goes out by one relation and back by another, or by the same one; mirror images are one kind.
    root = {step: matrix.sqrt() for step, matrix in transition.items()}
    relations = range(len(graph.relations))
    # sqrt(P(i to x)) * sqrt(P(x to i)): half of a path, with its mirror image.
    half = [(root[first, True].multiply(root[first, False].T))[:items, items:].tocsr() for first in relations]
    for first in relations:
        for second in relations[first:]:
            strength = _off_diagonal(half[first] @ half[second].T)
            if strength.nnz:
                both = strength if first == second else strength + strength.T
                yield ((first, True), (second, False)), both


def rank_paths(graph: Graph, target: Array) -> PathRanking:
    """Weights of the kinds by non-negative least squares on `target`, float (n_items, n_items).

    Each kind is scaled to a sum of squares of 1 first, so that rare strong kinds and common weak ones are comparable.
    """
    pairs = list(strengths(graph))
    if not pairs:
        return PathRanking((), (), np.zeros((graph.n_items,) * 2, np.float32))
    kinds, matrices = zip(*pairs, strict=True)
    norms = [np.sqrt(matrix.multiply(matrix).sum()) for matrix in matrices]
    scaled = [matrix / norm for matrix, norm in zip(matrices, norms, strict=True)]
    gram = np.array([[float(row.multiply(column).sum()) for column in scaled] for row in scaled])
    moment = np.array([float(row.multiply(target).sum()) for row in scaled])
    # min |sum_p w_p S_p - T|^2 = w'Gw - 2 w'm + const, by a square root of G; the ridge makes equal kinds separable.
    root = np.linalg.cholesky(gram + RIDGE * np.eye(len(kinds)))
    weights, _ = nnls(root.T, np.linalg.solve(root, moment))
    positive = np.flatnonzero(weights > 0).tolist()
    similarity = np.zeros((graph.n_items,) * 2, np.float32)
    for index in positive:
        coo = scaled[index].tocoo()
        similarity[coo.row, coo.col] += (weights[index] * coo.data).astype(np.float32)
    return PathRanking(
        tuple(kinds[index] for index in positive),
        tuple(float(weights[index]) / float(norms[index]) for index in positive),
        similarity,
    )


def _off_diagonal(matrix: Any) -> Any:
    result = sparse.csr_matrix(matrix - sparse.diags(matrix.diagonal()))
    result.eliminate_zeros()
    return result
