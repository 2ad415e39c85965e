"""Networks that score queries against items with a title and a description, on the vectors of an embedder.

    towers      h_q = drop(relu(W_q q + b_q)), h_t and h_d likewise of title and description    Jin 2025, eq. 4 to 6
                s(q, i) = cos(h_q, W [h_t; h_d])
    attention   a = softmax(h_q A h_t', h_q A h_d'),  s(q, i) = cos(h_q, (a_t h_t + a_d h_d) V)    eq. 3
    fusion      f_t = drop(relu(P_t q + W_t t + b_t)), f_d likewise,  s(q, i) = tanh(w' [f_t; f_d] + c)

Vectors are rows here: kernels stand to the right of them.

All start where the embedder is, not at chance: of random features relu(W x) with the same W on both sides, the cosine
rises with that of the vectors (the arc-cosine kernel of Cho and Saul 2009), and so does the sum of relu(W (q + x)).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from recsys.dataset import Array
from recsys.features.contrastive_batches import View
from recsys.nn import tf
from recsys.nn.parts.attention import Dropout

Vectors = Mapping[View, Any]
"""(m, dim) of each view of m items."""


class Network(Protocol):
    """What is learned, and the scores that it gives."""

    @property
    def variables(self) -> Mapping[str, Any]:
        """By the names that searchers know the weights by."""
        ...

    def start(self, rng: np.random.Generator) -> None:
        """Draws the weights anew."""
        ...

    def scores(self, query: Any, items: Vectors, training: bool) -> Sequence[Any]:
        """(b, m) each: scores of b queries (b, dim) and m items, each to be trained by itself; between -1 and 1."""
        ...


class Layout(Protocol):
    """The sizes of a network; hashable."""

    @property
    def views(self) -> tuple[View, ...]: ...

    def network(self, rng_state: Any) -> Network: ...


@dataclass(frozen=True, slots=True)
class DualTowers:
    """dim: of the embedder; hidden: units of each tower; attention: whether it is trained beside the towers."""

    dim: int
    hidden: int
    dropout: float
    views: tuple[View, ...]
    attention: bool

    def network(self, rng_state: Any) -> Network:
        return _DualTowers(self, rng_state)


@dataclass(frozen=True, slots=True)
class Fusion:
    """dim: of the embedder; hidden: units of each view's layer."""

    dim: int
    hidden: int
    dropout: float
    views: tuple[View, ...]

    def network(self, rng_state: Any) -> Network:
        return _Fusion(self, rng_state)


class _DualTowers:
    def __init__(self, layout: DualTowers, rng_state: Any) -> None:
        self.layout = layout
        dim, hidden, views = layout.dim, layout.hidden, layout.views
        self.variables: dict[str, Any] = {}
        for name in ("query", *views):
            self.variables[f"{name} kernel"] = _zeros(f"{name}_kernel", dim, hidden)
            self.variables[f"{name} bias"] = _zeros(f"{name}_bias", hidden)
        self.variables["views"] = _zeros("views", len(views) * hidden, hidden)
        if layout.attention:
            self.variables["attention keys"] = _zeros("attention_keys", hidden, hidden)
            self.variables["attention values"] = _zeros("attention_values", hidden, hidden)
        self.dropout = [Dropout(layout.dropout, rng_state, place) for place in range(1 + len(views))]

    def start(self, rng: np.random.Generator) -> None:
        layout, identity = self.layout, np.eye(self.layout.hidden, dtype=np.float32)
        kernel = _random_features(rng, layout.dim, layout.hidden)
        for name, variable in self.variables.items():
            variable.assign(kernel if name.endswith("kernel") else tf.zeros_like(variable))
        self.variables["views"].assign(np.tile(identity / len(layout.views), (len(layout.views), 1)))
        if layout.attention:
            self.variables["attention values"].assign(identity)

    def scores(self, query: Any, items: Vectors, training: bool) -> Sequence[Any]:
        of_query = self._tower(0, "query", query, training)
        of_views = [self._tower(1 + place, view, items[view], training) for place, view in enumerate(self.layout.views)]
        joined = tf.matmul(tf.concat(of_views, axis=1), self.variables["views"])
        towers = tf.matmul(_unit(of_query), _unit(joined), transpose_b=True)
        return [towers, self._attention(of_query, of_views)] if self.layout.attention else [towers]

    def _tower(self, place: int, name: str, vectors: Any, training: bool) -> Any:
        linear = tf.matmul(vectors, self.variables[f"{name} kernel"]) + self.variables[f"{name} bias"]
        return self.dropout[place](tf.nn.relu(linear), training=training)

    def _attention(self, of_query: Any, of_views: Sequence[Any]) -> Any:
        """(b, m): the cosine, from products of query and view and of view and view: no (b, m, hidden) is needed."""
        asked, query = tf.matmul(of_query, self.variables["attention keys"]), _unit(of_query)
        values = [tf.matmul(view, self.variables["attention values"]) for view in of_views]
        logits = tf.stack([tf.matmul(asked, view, transpose_b=True) for view in of_views])
        products = tf.stack([tf.matmul(query, value, transpose_b=True) for value in values])
        weights = tf.nn.softmax(logits, axis=0)  # (views, b, m), as logits and products
        among = tf.stack([[tf.reduce_sum(one * other, axis=1) for other in values] for one in values])
        square = tf.einsum("vbm,wbm,vwm->bm", weights, weights, among)
        return tf.reduce_sum(weights * products, axis=0) * tf.math.rsqrt(tf.maximum(square, TINY))


class _Fusion:
    def __init__(self, layout: Fusion, rng_state: Any) -> None:
        self.layout = layout
        dim, hidden, views = layout.dim, layout.hidden, layout.views
        self.variables: dict[str, Any] = {}
        for view in views:
            self.variables[f"{view} query kernel"] = _zeros(f"{view}_query_kernel", dim, hidden)
            self.variables[f"{view} kernel"] = _zeros(f"{view}_kernel", dim, hidden)
            self.variables[f"{view} bias"] = _zeros(f"{view}_bias", hidden)
        self.variables["output"] = _zeros("output", len(views) * hidden, 1)
        self.variables["output bias"] = _zeros("output_bias", 1)
        self.dropout = [Dropout(layout.dropout, rng_state, place) for place in range(len(views))]

    def start(self, rng: np.random.Generator) -> None:
        hidden, views = self.layout.hidden, len(self.layout.views)
        kernel = _random_features(rng, self.layout.dim, hidden)
        for name, variable in self.variables.items():
            variable.assign(kernel if name.endswith("kernel") else tf.zeros_like(variable))
        # The mean of f is then |q + x| / sqrt(pi hidden): the score is about 0 where the cosine is, and rises with it.
        self.variables["output"].assign(np.full((views * hidden, 1), 1 / (views * hidden**0.5), np.float32))
        self.variables["output bias"].assign(np.full(1, -((2 / np.pi) ** 0.5), np.float32))

    def scores(self, query: Any, items: Vectors, training: bool) -> Sequence[Any]:
        fused: list[Any] = []
        for place, view in enumerate(self.layout.views):
            of_query = tf.matmul(query, self.variables[f"{view} query kernel"])
            of_items = tf.matmul(items[view], self.variables[f"{view} kernel"]) + self.variables[f"{view} bias"]
            fused.append(self.dropout[place](tf.nn.relu(of_query[:, None] + of_items), training=training))
        joined = tf.concat(fused, axis=2)  # (b, m, views * hidden)
        return [tf.tanh(tf.tensordot(joined, self.variables["output"][:, 0], 1) + self.variables["output bias"])]


TINY = 1e-12
"""Squares of lengths below this count as this: a vector of 0 has the cosine 0 with all."""


def _unit(vectors: Any) -> Any:
    return tf.math.l2_normalize(vectors, axis=1, epsilon=TINY)


def _zeros(name: str, *shape: int) -> Any:
    return tf.Variable(tf.zeros(shape), name=name)


def _random_features(rng: np.random.Generator, dim: int, hidden: int) -> Array:
    """float32 (dim, hidden): of a vector of length 1, relu(x W) is of length 1, about."""
    return (rng.normal(size=(dim, hidden)) * np.sqrt(2 / hidden)).astype(np.float32)
