"""A trained network over graphs of words: the scores of pairs, of whole grids, and what its attention looks at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from recsys.dataset import Array
from recsys.graph.word_graph import Batch, Limits, WordGraphs
from recsys.nn.review_graph import NAMES, Architecture, ReviewGraphNet, Side, review_graph

PAIRS, GRAPHS, USERS = 1 << 16, 256, 256
"""Pairs that are scored, graphs whose nodes are computed, and users whose nodes are held, at a time."""


@dataclass(frozen=True, slots=True)
class _States:
    """Nodes of some owners' graphs.

    layers   float32 (n, d) each
    start    (owners + 1,): where each owner's begin
    means    float32 (owners, d) of each layer, 0 for a graph without a node
    """

    layers: tuple[Array, ...]
    start: Array
    means: tuple[Array, ...]

    @classmethod
    def from_nodes(cls, layers: tuple[Array, ...], start: Array) -> _States:
        sizes = np.maximum(np.diff(start), 1)[:, None].astype(np.float32)
        return cls(layers, start, tuple(_sums(layer, start) / sizes for layer in layers))

    def of(self, layer: int, owner: int) -> Array:
        return self.layers[layer][self.start[owner] : self.start[owner + 1]]


class _Machine:
    """The factorisation machine over inputs that come part by part, (n, d) each, and are not held together."""

    def __init__(self, linear: Array, factors: Array, pairs: int) -> None:
        self.linear, self.factors, self.read = linear, factors, 0
        self.alone, self.products = np.zeros(pairs, np.float32), np.zeros((pairs, factors.shape[1]), np.float32)

    def add(self, part: Array) -> None:
        rows = slice(self.read, self.read + part.shape[1])
        factors, self.read = self.factors[rows], rows.stop
        self.alone += part @ self.linear[rows, 0] - part**2 @ (factors**2).sum(axis=1) / 2
        self.products += part @ factors

    def scores(self) -> Array:
        """float32 (n,)."""
        return self.alone + (self.products**2).sum(axis=1) / 2


@dataclass(frozen=True, slots=True)
class TrainedReviewGraph:
    """Weights by name, and the graphs of all users and then all items, whole, with their limits."""

    shape: Architecture
    weights: Mapping[str, Array]
    graphs: WordGraphs
    limits: Limits

    def pairs(self, users: Array, items: Array) -> Array:
        """float32 (n,): nodes are computed once for each user and item, not for each pair."""
        network, scores = self._network(), np.empty(len(users), np.float32)
        if not len(users):
            return scores
        distinct, item = np.unique(items, return_inverse=True)
        of_items = self._states(network, self.shape.n_users + distinct)
        everyone, user = np.unique(users, return_inverse=True)
        order = np.argsort(user, kind="stable")
        ends = np.searchsorted(user[order], np.arange(0, len(everyone) + USERS, USERS))
        for place, (start, end) in enumerate(pairwise(ends.tolist())):
            of = everyone[place * USERS : (place + 1) * USERS]
            of_users = self._states(network, of)
            for at in range(start, end, PAIRS):
                rows = order[at : min(at + PAIRS, end)]
                scores[rows] = self._scores(of, of_users, distinct, of_items, user[rows] - place * USERS, item[rows])
        return scores

    def side(self, rows: Array, first: int) -> Side:
        """rows: of users or items; first: the number of their first owner."""
        distinct, graph = np.unique(rows, return_inverse=True)
        return Side(rows, self._batch(first + distinct), graph)

    def _batch(self, owners: Array) -> Batch:
        return self.graphs.batch(owners, np.full(len(owners), -1), self.limits)

    def _network(self) -> ReviewGraphNet:
        network = review_graph(self.shape)
        network.write(self.weights)
        return network

    def grid(self, users: Array) -> Array:
        """float32 (len(users), n_items)."""
        items = np.arange(self.shape.n_items)
        return self.pairs(np.repeat(users, len(items)), np.tile(items, len(users))).reshape(len(users), len(items))

    def _states(self, network: ReviewGraphNet, owners: Array) -> _States:
        parts: list[list[Array]] = []
        sizes: list[Array] = []
        for start in range(0, len(owners), GRAPHS):
            batch = self._batch(owners[start : start + GRAPHS])
            parts.append(network.states(batch))
            sizes.append(np.bincount(batch.graph, minlength=batch.n_graphs))
        layers = tuple(np.concatenate(layer) for layer in zip(*parts, strict=True))
        return _States.from_nodes(layers, np.concatenate([[0], np.cumsum(np.concatenate(sizes))]))

    def _scores(
        self, users: Array, of_users: _States, items: Array, of_items: _States, user: Array, item: Array
    ) -> Array:
        """float32 (n,): of pairs of these users and items; user, item (n,): their places, the users' ascending."""
        weights, shape = self.weights, self.shape
        machine = _Machine(weights["linear"], weights["factors"], len(user))
        rows, of_rows, pair_of = (users, items), (of_users, of_items), (user, item)
        for side, other, name in ((0, 1, "user"), (1, 0, "item")):
            ids = weights[f"{NAMES[other]}_ids"][rows[other]] if shape.ids else np.float32(0)
            for layer in range(len(of_users.layers)):
                query = weights.get(f"{name}_query_{layer + 1}")
                if query is None:
                    machine.add(of_rows[side].means[layer][pair_of[side]])
                    continue
                queries = (ids + of_rows[other].means[layer]) @ query
                machine.add(self._of_pairs(of_rows[side], layer, pair_of[side], queries, pair_of[other]))
            if shape.ids:
                machine.add((weights[f"{name}_ids"][rows[side]] @ weights[f"{name}_transform"])[pair_of[side]])
        biases = weights["user_bias"][users[user]] + weights["item_bias"][items[item]]
        return weights["mean"] + biases + machine.scores()

    def _of_pairs(self, states: _States, layer: int, owner: Array, queries: Array, other: Array) -> Array:
        """float32 (n, d): what the query of each pair's other side finds in its owner's nodes, all of an owner at once;
        owner, other (n,): of each pair."""
        found = np.empty((len(owner), self.shape.dim), np.float32)
        order = np.argsort(owner, kind="stable")
        ends = np.append(np.flatnonzero(np.diff(owner[order], prepend=-1)), len(order))
        for start, end in pairwise(ends.tolist()):
            rows = order[start:end]
            nodes = states.of(layer, int(owner[rows[0]]))
            weights = self._weights(nodes, queries[other[rows]])
            # Sums are divided, and not weights, which are more.
            found[rows] = weights @ nodes / np.maximum(weights.sum(axis=1, keepdims=True), 1)
        return found

    def _weights(self, nodes: Array, queries: Array) -> Array:
        """(q, n): beta of each query (q, d) over the largest of its row, so that the largest is 1; nodes (n, d)."""
        weights = (queries / np.float32(np.sqrt(self.shape.dim))) @ nodes.T
        weights -= weights.max(axis=1, keepdims=True, initial=-np.inf)
        return np.exp(weights, out=weights)

    def attention(self, user: int, item: int) -> Iterator[tuple[str, Array, Array]]:
        """ "user" and "item", the words of the side's graph (n,), and the mean over layers of beta, (n,)."""
        network, first = self._network(), self.shape.n_users
        batches = self._batch(np.array([user])), self._batch(np.array([first + item]))
        states = [network.states(batch) for batch in batches]
        for side, other in ((0, 1), (1, 0)):
            count = len(batches[side].word)
            beta = np.full(count, 1 / max(count, 1))
            found: list[Array] = []
            for layer, (nodes, others) in enumerate(zip(states[side], states[other], strict=True), 1):
                kernel = self.weights.get(f"{NAMES[side]}_query_{layer}")
                if kernel is None:
                    continue
                mean = others.mean(axis=0) if len(others) else np.zeros(self.shape.dim, np.float32)
                ids = self.weights[f"{NAMES[other]}_ids"][(user, item)[other]] if self.shape.ids else 0
                weights = self._weights(nodes, ((ids + mean) @ kernel)[None])[0]
                found.append(weights / weights.sum())
            words = np.array(self.graphs.words, object)[batches[side].word]
            yield NAMES[side], words, np.mean(found, axis=0) if found else beta


def _sums(values: Array, start: Array) -> Array:
    """float32 (groups, d): of the rows of each group."""
    sums = np.zeros((len(start) - 1, values.shape[1]), np.float32)
    filled = np.flatnonzero(np.diff(start))
    if len(filled):
        sums[filled] = np.add.reduceat(values, start[filled], axis=0)
    return sums
