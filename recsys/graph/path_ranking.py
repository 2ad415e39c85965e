"""Path ranking: which paths of the graph lead from film to film, and how much each kind of path is worth.

A kind of path is a sequence of one or two relations, each walked forth or back:
film - director - X - director (back) - film, film - sequel - film. Lao and Cohen 2010 (PRA); resource allocation as in
Lin et al. 2015: a walker at a node takes one of the relation's edges there, each with the same chance.
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
class Ranked:
    """Kinds of paths that are worth something, and what they make of every pair of items.

    weights   of each kind, above 0
    similar   float32 (n_items, n_items), symmetric, 0 on the diagonal: sum over kinds of weight x strength
    """

    kinds: tuple[Kind, ...]
    weights: tuple[float, ...]
    similar: Array

    def between(self, graph: Graph, one: int, other: int) -> list[Path]:
        """Every path between two items, strongest first; over one entity each, or none for a relation of items."""
        found: dict[tuple[tuple[int, ...], tuple[int, ...]], float] = {}
        for kind, weight in zip(self.kinds, self.weights, strict=True):
            first = kind[0][0]
            if len(kind) == 1:
                chances = [
                    1 / len(_tails(graph, head, first)) if tail in _tails(graph, head, first) else 0.0
                    for head, tail in ((one, other), (other, one))
                ]
                if max(chances):
                    found[(one, other), (first,)] = weight * max(chances)
                continue
            for here, there in {(first, kind[1][0]), (kind[1][0], first)}:  # mirror images are one kind
                mine, theirs = _tails(graph, one, here), _tails(graph, other, there)
                for middle in np.intersect1d(mine, theirs).tolist():
                    back = [len(_heads(graph, relation, middle)) for relation in (here, there)]
                    chance = 1 / np.sqrt(float(len(mine) * len(theirs) * back[0] * back[1]))
                    found[(one, middle, other), (here, there)] = weight * chance
        paths = [Path(nodes, relations, strength) for (nodes, relations), strength in found.items()]
        return sorted(paths, key=lambda path: (-path.strength, path.nodes))


def _tails(graph: Graph, head: int, relation: int) -> Array:
    low, high = np.searchsorted(graph.codes, graph.code(np.array([head, head + 1]), np.full(2, relation), np.zeros(2)))
    return graph.tail[low:high]


def _heads(graph: Graph, relation: int, tail: int) -> Array:
    return graph.head[(graph.relation == relation) & (graph.tail == tail)]


def walks(graph: Graph) -> dict[Step, Any]:
    """Sparse (nodes, nodes) transition matrix of each step: rows sum to 1, or 0 where there is no edge."""
    found: dict[Step, Any] = {}
    for relation in range(len(graph.relations)):
        matrix = graph.matrix(relation)
        for forth, edges in ((True, matrix), (False, matrix.T)):
            out = np.asarray(edges.sum(axis=1)).ravel()
            found[relation, forth] = sparse.csr_matrix(sparse.diags(1 / np.where(out > 0, out, 1)) @ edges)
    return found


def strengths(graph: Graph) -> Iterator[tuple[Kind, Any]]:
    """Every kind of path between two items with its strength, sparse (n_items, n_items), symmetric, diagonal 0.

    Over an entity x: the sum over x of the geometric mean of the chances of i - x - j and of j - x - i; both are
    products of a chance to leave the item for x and one to leave x for the other. Direct: the larger chance of the two.
    """
    items = graph.n_items
    step = walks(graph)
    for relation in range(len(graph.relations)):
        chance = step[relation, True][:items, :items]
        if chance.nnz:
            yield ((relation, True),), _off_diagonal(chance.maximum(chance.T))
    # A film leaves by one relation and comes back by another, or by the same one; mirror images are one kind.
    root = {key: matrix.sqrt() for key, matrix in step.items()}
    relations = range(len(graph.relations))
    # sqrt(chance i to x) * sqrt(chance x to i): half of a path, its mirror image in the same number.
    half = [(root[first, True].multiply(root[first, False].T))[:items, items:].tocsr() for first in relations]
    for first in relations:
        for second in relations[first:]:
            strength = _off_diagonal(half[first] @ half[second].T)
            if strength.nnz:
                both = strength if first == second else strength + strength.T
                yield ((first, True), (second, False)), both


def rank(graph: Graph, target: Array) -> Ranked:
    """Weighs the kinds by how well they tell `target`, float (n_items, n_items): least squares, no weight below 0.

    Each kind is scaled to a sum of squares of 1 before, so that rare strong kinds and common weak ones compare.
    """
    found = list(strengths(graph))
    if not found:
        return Ranked((), (), np.zeros((graph.n_items,) * 2, np.float32))
    scaled = [strength / np.sqrt(strength.multiply(strength).sum()) for _, strength in found]
    gram = np.array([[float(one.multiply(other).sum()) for other in scaled] for one in scaled])
    moment = np.array([float(one.multiply(target).sum()) for one in scaled])
    # min |sum_p w_p S_p - T|^2 = w'Gw - 2 w'm + const, by a square root of G; the ridge keeps twins apart.
    root = np.linalg.cholesky(gram + RIDGE * np.eye(len(found)))
    weights, _ = nnls(root.T, np.linalg.solve(root, moment))
    kept = [place for place in range(len(found)) if weights[place] > 0]
    similar = np.zeros((graph.n_items,) * 2, np.float32)
    for place in kept:
        coo = scaled[place].tocoo()
        similar[coo.row, coo.col] += (weights[place] * coo.data).astype(np.float32)
    kinds = tuple(found[place][0] for place in kept)
    norms = [float(np.sqrt(found[place][1].multiply(found[place][1]).sum())) for place in kept]
    return Ranked(kinds, tuple(float(weights[place]) / norm for place, norm in zip(kept, norms, strict=True)), similar)


def _off_diagonal(matrix: Any) -> Any:
    found = sparse.csr_matrix(matrix - sparse.diags(matrix.diagonal()))
    found.eliminate_zeros()
    return found
