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

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from recsys.dataset import Array
from recsys.graph.word_graph import Batch
from recsys.nn import sparse, tf
from recsys.nn.compiled import cached_in_each_thread
from recsys.nn.rating_network import Loss, RatingNet

SLOPE = 0.2
"""Of LeakyReLU below 0."""
NAMES = ("user", "item")


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


class Tensors(NamedTuple):
    """A side, or both, as the program takes it, int32.

    ids                          (b,): of each pair
    word, source, target, kind   of the graphs, see `Batch`
    node, pair                   (m,): which pair looks at which node, ordered by pair
    """

    ids: Any
    word: Any
    source: Any
    target: Any
    kind: Any
    node: Any
    pair: Any


@dataclass(frozen=True, slots=True)
class Side:
    """One side of some pairs: users or items.

    ids      int32 (b,): of each pair
    graphs   distinct graphs, of which pair p has number `graph[p]`, int (b,)
    """

    ids: Array
    graphs: Batch
    graph: Array

    def tensors(self) -> Tensors:
        sizes = np.bincount(self.graphs.graph, minlength=self.graphs.n_graphs)
        first = np.cumsum(sizes) - sizes
        counts = sizes[self.graph]
        pair = np.repeat(np.arange(len(self.ids)), counts)
        node = np.arange(len(pair)) + np.repeat(first[self.graph] - (np.cumsum(counts) - counts), counts)
        graphs = self.graphs
        arrays = (self.ids, graphs.word, graphs.source, graphs.target, graphs.kind, node, pair)
        return Tensors(*(tf.constant(values, tf.int32) for values in arrays))


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
        side = Tensors(*[tf.TensorSpec((None,), tf.int32)] * 7)
        super().__init__(shape, sizes, side)
        self.shape: Architecture = shape
        self._nodes = tf.function(self.nodes, autograph=False, input_signature=(side,))

    def nodes(self, side: Tensors) -> list[Any]:
        """(n, d) of each layer 1 .. L: the nodes' states; without a graph, the words' embeddings."""
        words, word, kind = self.of["words"], side.word, side.kind
        if not self.shape.layers:
            return [tf.gather(words, word)]
        if self.shape.kinds == 1:
            kind = tf.zeros_like(kind)
        # In the first layer equal words have equal states, whatever graph they are in: rows are words there.
        states = [self._layer(1, words, word, tf.gather(word, side.source), side.target, kind)]
        for layer in range(2, self.shape.layers + 1):
            rows = tf.range(tf.size(word))
            states.append(self._layer(layer, states[-1], rows, side.source, side.target, kind))
        return states

    def _layer(self, layer: int, rows: Any, own: Any, source: Any, target: Any, kind: Any) -> Any:
        """rows (r, d): h of the layer before; own (n,), source (e,): the rows of the nodes and of their neighbours."""
        kernel, attention, kinds = self.of[f"layer_{layer}"], self.of[f"attention_{layer}"], self.shape.kinds
        z, t = tf.matmul(rows, kernel), tf.matmul(self.of["relations"], kernel)
        of_rows, of_kinds = tf.matmul(z, attention, transpose_b=True), tf.matmul(t, attention, transpose_b=True)
        own_part = tf.gather(tf.gather(of_rows[:, 0], own), target)
        scores = own_part + tf.gather(of_rows[:, 1], source) + tf.gather(of_kinds[:, 2], kind)
        count = tf.size(own)
        alpha = sparse.softmax(tf.nn.leaky_relu(scores, SLOPE), target, count)
        of_neighbours = sparse.weighted_sum(alpha, target, source, z, count)
        by_kind = tf.math.unsorted_segment_sum(alpha, target * kinds + kind, count * kinds)
        return tf.tanh(of_neighbours + tf.matmul(tf.reshape(by_kind, (count, kinds)), t))

    def scores(self, user: Tensors, item: Tensors) -> Any:
        """(b,): of each pair."""
        of, pairs, both = self.of, tf.size(user.ids), _together(user, item)
        sides = zip(NAMES, (user, item), strict=True)
        ids = [tf.gather(of[f"{name}_ids"], side.ids) for name, side in sides if self.shape.ids]
        parts: list[Any] = []  # (2 b, d) each: of the pairs' users, and then of their items
        for layer, states in enumerate(self.nodes(both), 1):
            means = self.means(states, both, 2 * pairs)
            queries = self._queries(layer, [means[pairs:], means[:pairs]], ids[::-1])
            parts.append(means if queries is None else self.attention(states, queries, both))
        if self.shape.ids:
            transformed = [tf.matmul(own, of[f"{name}_transform"]) for name, own in zip(NAMES, ids, strict=True)]
            parts.append(tf.concat(transformed, axis=0))
        x = tf.concat(parts, axis=1)
        biases = of["mean"] + tf.gather(of["user_bias"], user.ids) + tf.gather(of["item_bias"], item.ids)
        return biases + self.machine(tf.concat([x[:pairs], x[pairs:]], axis=1))

    def means(self, states: Any, side: Tensors, pairs: Any) -> Any:
        """(pairs, d): of the nodes that each pair looks at, 0 where there are none; states (n, d)."""
        ones = tf.ones_like(side.pair, tf.float32)
        share = ones / tf.gather(tf.math.unsorted_segment_sum(ones, side.pair, pairs), side.pair)
        return sparse.weighted_sum(share, side.pair, side.node, states, pairs)

    def _queries(self, layer: int, means: Sequence[Any], ids: Sequence[Any]) -> Any:
        """q^l (2 b, d), or None where nodes are averaged; means, ids: of the other side."""
        if not (self.shape.interaction_attention and self.shape.layers):
            return None
        others = [mean + own for mean, own in zip(means, ids, strict=True)] if self.shape.ids else means
        kernels = [self.of[f"{name}_query_{layer}"] for name in NAMES]
        return tf.concat([tf.matmul(*part) for part in zip(others, kernels, strict=True)], axis=0)

    def attention(self, states: Any, queries: Any, side: Tensors) -> Any:
        """(b, d): sum_n beta_n h_n, over the nodes that each pair looks at; states (n, d): h; queries (b, d): q."""
        pairs = tf.shape(queries)[0]
        affinity = sparse.products(queries, states, side.pair, side.node) / np.sqrt(self.shape.dim)
        beta = sparse.softmax(affinity, side.pair, pairs)
        return sparse.weighted_sum(beta, side.pair, side.node, states, pairs)

    def further_loss(self, scores: Any, item: Tensors, target: Any) -> Any:
        if not self.shape.diversity or self.shape.loss == "squared":
            return 0.0
        means = self.means(self.nodes(item)[-1], item, tf.size(scores))
        vectors = tf.reshape(tf.math.l2_normalize(means, axis=1), (*tf.unstack(tf.shape(target)), self.shape.dim))
        weighted = tf.nn.softmax(tf.reshape(scores, tf.shape(target)))[:, :, None] * vectors
        together = tf.square(tf.reduce_sum(weighted, axis=1)) - tf.reduce_sum(tf.square(weighted), axis=1)
        return self.shape.diversity * tf.reduce_mean(tf.reduce_sum(together, axis=1))

    def states(self, graphs: Batch) -> list[Array]:
        """float32 (n, d) of each layer."""
        none = np.zeros(0, np.int32)
        return [state.numpy() for state in self._nodes(Side(none, graphs, none).tensors())]


def _together(user: Tensors, item: Tensors) -> Tensors:
    """Both sides as one, whose pairs and nodes are those of the users and then those of the items."""
    nodes, pairs = tf.size(user.word), tf.size(user.ids)
    shifts = Tensors(0, 0, nodes, nodes, 0, nodes, pairs)
    columns = zip(user, item, shifts, strict=True)
    return Tensors(*(tf.concat([one, other + shift], axis=0) for one, other, shift in columns))


@cached_in_each_thread(4)
def review_graph(shape: Architecture) -> ReviewGraphNet:
    """The network of this architecture; the same one each time, so that ten repeats compile once."""
    return ReviewGraphNet(shape)
