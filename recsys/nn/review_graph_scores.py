"""A trained network over graphs of words: the scores of pairs, of whole grids, and what its attention looks at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from recsys.dataset import Array
from recsys.graph.word_graph import Batch, Limits, WordGraphs
from recsys.nn.review_graph import Architecture, ReviewGraphNet, Side, review_graph

PAIRS, GRAPHS, USERS = 256, 256, 32
"""Pairs that are scored, graphs whose nodes are computed, and users whose attention is computed, at a time."""


@dataclass(frozen=True, slots=True)
class _States:
    """Nodes of some owners' graphs: layers, float32 (n, d) each, and where each owner's begin, (owners + 1,)."""

    layers: tuple[Array, ...]
    start: Array

    def means(self, layer: int) -> Array:
        """float32 (owners, d): 0 for a graph without a node."""
        sums = _sums(self.layers[layer], self.start)
        return sums / np.maximum(np.diff(self.start), 1)[:, None].astype(np.float32)

    def of(self, layer: int, owner: int) -> Array:
        return self.layers[layer][self.start[owner] : self.start[owner + 1]]


@dataclass(frozen=True, slots=True)
class TrainedReviewGraph:
    """Weights by name, and the graphs of all users and then all items, whole, with their limits."""

    shape: Architecture
    weights: Mapping[str, Array]
    graphs: WordGraphs
    limits: Limits

    def pairs(self, users: Array, items: Array) -> Array:
        """float32 (n,)."""
        network, scores = self._network(), np.empty(len(users), np.float32)
        order = np.lexsort((items, users))  # of equal users, the graph is computed once
        for start in range(0, len(order), PAIRS):
            rows = order[start : start + PAIRS]
            sides = self.side(users[rows], 0), self.side(items[rows], self.shape.n_users)
            scores[rows] = network.pair_scores(*sides)
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
        """float32 (len(users), n_items): nodes are computed once for each user and item, not for each pair."""
        network, shape = self._network(), self.shape
        items = self._states(network, shape.n_users + np.arange(shape.n_items))
        scores = np.empty((len(users), shape.n_items), np.float32)
        for start in range(0, len(users), USERS):
            rows = users[start : start + USERS]
            scores[start : start + USERS] = self._scores(rows, self._states(network, rows), items)
        return scores

    def _states(self, network: ReviewGraphNet, owners: Array) -> _States:
        parts: list[list[Array]] = []
        sizes: list[Array] = []
        for start in range(0, len(owners), GRAPHS):
            batch = self._batch(owners[start : start + GRAPHS])
            parts.append(network.states(batch))
            sizes.append(np.bincount(batch.graph, minlength=batch.n_graphs))
        layers = tuple(np.concatenate(layer) for layer in zip(*parts, strict=True))
        return _States(layers, np.concatenate([[0], np.cumsum(np.concatenate(sizes))]))

    def _scores(self, users: Array, of_users: _States, of_items: _States) -> Array:
        """float64 (len(users), n_items)."""
        weights, items = self.weights, np.arange(self.shape.n_items)
        ids = [weights["user_ids"][users], weights["item_ids"]] if self.shape.ids else [np.float32(0)] * 2
        x: list[list[Array]] = [[], []]
        for layer in range(len(of_users.layers)):
            means = of_users.means(layer), of_items.means(layer)
            query = weights.get(f"user_query_{layer + 1}")
            if query is None:
                x[0].append(np.repeat(means[0][:, None], len(items), axis=1))
                x[1].append(np.repeat(means[1][None], len(users), axis=0))
                continue
            queries = (ids[1] + means[1]) @ query, (ids[0] + means[0]) @ weights[f"item_query_{layer + 1}"]
            own = [self._attended(of_users.of(layer, row), queries[0])[0] for row in range(len(users))]
            other = [self._attended(of_items.of(layer, row), queries[1])[0] for row in range(len(items))]
            x[0].append(np.stack(own))
            x[1].append(np.stack(other, axis=1))
        if self.shape.ids:
            transformed = ids[0] @ weights["user_transform"], ids[1] @ weights["item_transform"]
            x[0].append(np.repeat(transformed[0][:, None], len(items), axis=1))
            x[1].append(np.repeat(transformed[1][None], len(users), axis=0))
        inputs = np.concatenate([*x[0], *x[1]], axis=2)  # (users, items, 2 inputs)
        factors = weights["factors"]
        squared = (inputs @ factors) ** 2 - inputs**2 @ factors**2
        scores = (inputs @ weights["linear"])[:, :, 0] + squared.sum(axis=2) / 2
        return weights["mean"] + weights["user_bias"][users][:, None] + weights["item_bias"][None] + scores

    def _attended(self, nodes: Array, queries: Array) -> tuple[Array, Array]:
        """(q, d): sum_n beta_n h_n for each query (q, d), and beta, (q, n); nodes (n, d)."""
        if not len(nodes):
            return np.zeros_like(queries), np.zeros((len(queries), 0), np.float32)
        affinity = queries @ nodes.T / np.float32(np.sqrt(self.shape.dim))
        beta = np.exp(affinity - affinity.max(axis=1, keepdims=True))
        beta /= beta.sum(axis=1, keepdims=True)
        return beta @ nodes, beta

    def attention(self, user: int, item: int) -> Iterator[tuple[str, Array, Array]]:
        """ "user" and "item", the words of the side's graph (n,), and the mean over layers of beta, (n,)."""
        network, first = self._network(), self.shape.n_users
        batches = self._batch(np.array([user])), self._batch(np.array([first + item]))
        states = [network.states(batch) for batch in batches]
        names = ("user", "item")
        for side, other in ((0, 1), (1, 0)):
            count = len(batches[side].word)
            beta = np.full(count, 1 / max(count, 1))
            found: list[Array] = []
            for layer, (nodes, others) in enumerate(zip(states[side], states[other], strict=True), 1):
                kernel = self.weights.get(f"{names[side]}_query_{layer}")
                if kernel is None:
                    continue
                mean = others.mean(axis=0) if len(others) else np.zeros(self.shape.dim, np.float32)
                ids = self.weights[f"{names[other]}_ids"][(user, item)[other]] if self.shape.ids else 0
                found.append(self._attended(nodes, ((ids + mean) @ kernel)[None])[1][0])
            words = np.array(self.graphs.words, object)[batches[side].word]
            yield names[side], words, np.mean(found, axis=0) if found else beta


def _sums(values: Array, start: Array) -> Array:
    """float32 (groups, d): of the rows of each group."""
    sums = np.zeros((len(start) - 1, values.shape[1]), np.float32)
    filled = np.flatnonzero(np.diff(start))
    if len(filled):
        sums[filled] = np.add.reduceat(values, start[filled], axis=0)
    return sums
