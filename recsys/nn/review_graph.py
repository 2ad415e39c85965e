"""Graphs of words to ratings: relation-aware attention over edges, attention over nodes, a factorisation machine.

In layer l = 1 .. L a node n of a graph looks at its neighbours N(n), itself among them, by kind k(n, m) of the edge:

    z_m  = W_l h_m^(l-1)                        h_m^0: the embedding of the word;  W_l the same for users and items
    t_k  = W_l r_k                              r_k: the embedding of the kind of edge
    e_nm = LeakyReLU(a_l' z_n + b_l' z_m + c_l' t_k(n,m))                           slope .2 below 0
    alpha_nm = exp(e_nm) / sum_{m' in N(n)} exp(e_nm')
    h_n^l = tanh(sum_{m in N(n)} alpha_nm (z_m + t_k(n,m)))

What counts in a user's graph depends on the item, and the other way round. With y_i the item's id embedding, G_i its
graph and Q_l a matrix of the side,

    q^l    = Q_l (y_i + mean_{m in G_i} h_m^l)
    beta_n = exp(h_n^l' q^l / sqrt(d)) / sum_{m in G_u} exp(h_m^l' q^l / sqrt(d))   over the nodes of the user's graph
    x_u    = [sum_n beta_n h_n^1; ..; sum_n beta_n h_n^L; T y_u]                    0 for a graph without a node

and x_i likewise, given the user. With x = [x_u; x_i],

    score(u, i) = mean + b_u + b_i + w'x + 1/2 sum_f ((sum_k v_kf x_k)^2 - sum_k v_kf^2 x_k^2)

With `diversity` g, training also makes lists varied: with p the softmax of the scores of a like and its negatives, and
v_j the mean state of item j's nodes in the last layer, of length 1,

    g mean over rows of sum_{j != k} p_j p_k v_j' v_k          the intra-list similarity that a draw from p would have

Without a graph there is one layer, L = 1, of h = the words' embeddings, and their mean in place of attention.
Zeng and Jiang; attention over edges as in Velickovic et al. 2018, equation 3; Rendle 2010, equation 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from recsys.dataset import Array
from recsys.graph.word_graph import Batch
from recsys.nn import tf
from recsys.nn.rating_network import Loss, RatingNet

SLOPE = 0.2
"""Of LeakyReLU below 0."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """All that the program's variables and losses depend on.

    dim                     d: of every embedding, and of the nodes in every layer
    layers                  L; 0: no graph, the mean of the words' embeddings
    kinds                   of edges: 3, or 1, all alike
    factors                 f: length of v_k
    interaction_attention   else the mean over nodes stands for it
    ids                     whether users and items have embeddings, y; else y = 0 and x has no T y
    loss                    squared: of the score and the rating; softmax: of the first score of each row
    l2                      l2 sum |theta|^2 is added to the mean loss, theta: all weights but the biases
    bias_l2                 the same of the biases of users and items
    diversity               g, of the softmax loss
    """

    n_users: int
    n_items: int
    n_words: int
    dim: int
    layers: int
    kinds: int
    factors: int
    interaction_attention: bool
    ids: bool
    loss: Loss
    l2: float
    bias_l2: float
    diversity: float = 0.0

    @property
    def inputs(self) -> int:
        """Length of x_u and of x_i."""
        return (max(1, self.layers) + self.ids) * self.dim


@dataclass(frozen=True, slots=True)
class Side:
    """One side of some pairs: users or items.

    ids      int32 (b,): of each pair
    graphs   distinct graphs, of which pair p has number `graph[p]`, int (b,)
    """

    ids: Array
    graphs: Batch
    graph: Array

    def tensors(self) -> tuple[Any, ...]:
        """ids, word, source, target, kind; node, pair: int32 (m,), which pair looks at which node."""
        sizes = np.bincount(self.graphs.graph, minlength=self.graphs.n_graphs)
        first = np.cumsum(sizes) - sizes
        counts = sizes[self.graph]
        pair = np.repeat(np.arange(len(self.ids)), counts)
        node = np.arange(len(pair)) + np.repeat(first[self.graph] - (np.cumsum(counts) - counts), counts)
        graphs = self.graphs
        arrays = (self.ids, graphs.word, graphs.source, graphs.target, graphs.kind, node, pair)
        return tuple(tf.constant(values, tf.int32) for values in arrays)


class ReviewGraphNet(RatingNet):
    """The variables and the compiled functions of one architecture; use `review_graph` to get it."""

    def __init__(self, shape: Architecture) -> None:
        d, x = shape.dim, shape.inputs
        sizes: dict[str, tuple[int, ...]] = {"words": (max(1, shape.n_words), d)}
        if shape.layers:
            sizes["relations"] = (shape.kinds, d)
        for layer in range(1, shape.layers + 1):
            sizes |= {f"layer_{layer}": (d, d), f"attention_{layer}": (3, d)}
        for side, count in (("user", shape.n_users), ("item", shape.n_items)):
            if shape.ids:
                sizes |= {f"{side}_ids": (count, d), f"{side}_transform": (d, d)}
            if shape.interaction_attention and shape.layers:
                sizes |= {f"{side}_query_{layer}": (d, d) for layer in range(1, shape.layers + 1)}
        sizes |= {"linear": (2 * x, 1), "factors": (2 * x, shape.factors)}
        sizes |= {"user_bias": (shape.n_users,), "item_bias": (shape.n_items,), "mean": ()}
        # Every batch has another number of nodes and edges: the signatures keep one program for all of them.
        rows = tf.TensorSpec((None,), tf.int32)
        super().__init__(shape, sizes, (rows,) * 7)
        self.shape: Architecture = shape
        self._nodes = tf.function(self.nodes, autograph=False, input_signature=(rows,) * 4)

    def nodes(self, word: Any, source: Any, target: Any, kind: Any) -> list[Any]:
        """(n, d) of each layer 1 .. L: the nodes' states; without a graph, the words' embeddings."""
        of, states = self.of, list[Any]()
        if not self.shape.layers:
            return [tf.gather(of["words"], word)]
        if self.shape.kinds == 1:
            kind = tf.zeros_like(kind)
        # In the first layer equal words have equal states, whatever graph they are in: rows are words there.
        states = [self._layer(1, of["words"], word, tf.gather(word, source), target, kind)]
        for layer in range(2, self.shape.layers + 1):
            rows = tf.range(tf.size(word))
            states.append(self._layer(layer, states[-1], rows, source, target, kind))
        return states

    def _layer(self, layer: int, rows: Any, own: Any, source: Any, target: Any, kind: Any) -> Any:
        """rows (r, d): h of the layer before; own (n,), source (e,): the rows of the nodes and of their neighbours."""
        kernel, attention, kinds = self.of[f"layer_{layer}"], self.of[f"attention_{layer}"], self.shape.kinds
        z, t = tf.matmul(rows, kernel), tf.matmul(self.of["relations"], kernel)
        of_rows, of_kinds = tf.matmul(z, attention, transpose_b=True), tf.matmul(t, attention, transpose_b=True)
        own_part = tf.gather(tf.gather(of_rows[:, 0], own), target)
        scores = own_part + tf.gather(of_rows[:, 1], source) + tf.gather(of_kinds[:, 2], kind)
        count = tf.size(own)
        alpha = segment_softmax(tf.nn.leaky_relu(scores, SLOPE), target, count)
        where = tf.cast(tf.stack([target, source], axis=1), tf.int64)
        shape = tf.cast(tf.stack([count, tf.shape(z)[0]]), tf.int64)
        of_neighbours = tf.sparse.sparse_dense_matmul(tf.SparseTensor(where, alpha, shape), z)
        by_kind = tf.math.unsorted_segment_sum(alpha, target * kinds + kind, count * kinds)
        return tf.tanh(of_neighbours + tf.matmul(tf.reshape(by_kind, (count, kinds)), t))

    def scores(self, user: tuple[Any, ...], item: tuple[Any, ...]) -> Any:
        """(b,): of each pair; user, item: see `Side.tensors`."""
        pairs = tf.size(user[0])
        sides, of = {"user": user, "item": item}, self.of
        states: dict[str, list[Any]] = {}
        ids: dict[str, Any] = {}
        for name, (rows, *graph, node, _) in sides.items():
            states[name] = [tf.gather(state, node) for state in self.nodes(*graph)]
            ids[name] = tf.gather(of[f"{name}_ids"], rows) if self.shape.ids else 0.0
        parts: dict[str, list[Any]] = {"user": [], "item": []}
        for layer in range(max(1, self.shape.layers)):
            means = {name: segment_mean(states[name][layer], side[-1], pairs) for name, side in sides.items()}
            for name, other in (("user", "item"), ("item", "user")):
                query = self._query(name, layer + 1, ids[other] + means[other])
                if query is None:
                    parts[name].append(means[name])
                else:
                    weighted = self.attention(states[name][layer], query, sides[name][-1], pairs)
                    parts[name].append(weighted)
        x = [part for name in sides for part in (*parts[name], *self._transformed(name, ids[name]))]
        biases = of["mean"] + tf.gather(of["user_bias"], user[0]) + tf.gather(of["item_bias"], item[0])
        return biases + self.machine(tf.concat(x, axis=1))

    def _query(self, side: str, layer: int, other: Any) -> Any:
        """q^l (b, d), or None where nodes are averaged."""
        kernel = self.of.get(f"{side}_query_{layer}")
        return None if kernel is None else tf.matmul(other, kernel)

    def _transformed(self, side: str, ids: Any) -> list[Any]:
        return [tf.matmul(ids, self.of[f"{side}_transform"])] if self.shape.ids else []

    def attention(self, states: Any, query: Any, pair: Any, pairs: Any) -> Any:
        """(b, d): sum_n beta_n h_n of each pair; states (m, d): of the nodes that it looks at, pair (m,)."""
        beta = segment_softmax(self.affinity(states, tf.gather(query, pair)), pair, pairs)
        return tf.math.unsorted_segment_sum(beta[:, None] * states, pair, pairs)

    def affinity(self, states: Any, query: Any) -> Any:
        """(m,): h_n' q / sqrt(d)."""
        return tf.reduce_sum(states * query, axis=1) / np.sqrt(self.shape.dim)

    def further_loss(self, scores: Any, item: tuple[Any, ...], target: Any) -> Any:
        if not self.shape.diversity or self.shape.loss == "squared":
            return 0.0
        _, *graph, node, pair = item
        means = segment_mean(tf.gather(self.nodes(*graph)[-1], node), pair, tf.size(scores))
        vectors = tf.reshape(tf.math.l2_normalize(means, axis=1), (*tf.unstack(tf.shape(target)), self.shape.dim))
        weighted = tf.nn.softmax(tf.reshape(scores, tf.shape(target)))[:, :, None] * vectors
        together = tf.square(tf.reduce_sum(weighted, axis=1)) - tf.reduce_sum(tf.square(weighted), axis=1)
        return self.shape.diversity * tf.reduce_mean(tf.reduce_sum(together, axis=1))

    def states(self, graphs: Batch) -> list[Array]:
        """float32 (n, d) of each layer."""
        parts = (graphs.word, graphs.source, graphs.target, graphs.kind)
        return [state.numpy() for state in self._nodes(*(tf.constant(part, tf.int32) for part in parts))]


def segment_softmax(scores: Any, segment: Any, count: Any) -> Any:
    """(m,): exp(score) over its sum in the segment; segments without a score are left out."""
    highest = tf.stop_gradient(tf.math.unsorted_segment_max(scores, segment, count))
    exponential = tf.exp(scores - tf.gather(highest, segment))
    return exponential / tf.gather(tf.math.unsorted_segment_sum(exponential, segment, count), segment)


def segment_mean(values: Any, segment: Any, count: Any) -> Any:
    """(count, d): 0 for a segment without a value."""
    sizes = tf.math.unsorted_segment_sum(tf.ones_like(values[:, 0]), segment, count)
    return tf.math.unsorted_segment_sum(values, segment, count) / tf.maximum(sizes, 1)[:, None]


@lru_cache(maxsize=4)
def review_graph(shape: Architecture) -> ReviewGraphNet:
    """The network of this architecture; the same one each time, so that ten repeats compile once."""
    return ReviewGraphNet(shape)
