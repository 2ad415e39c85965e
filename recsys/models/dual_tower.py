"""Dual tower: one tower for the query, two for an item's title and description, trained by contrast.

    h_q = relu(W_q q + b_q), h_t = relu(W_t t + b_t), h_d = relu(W_d d + b_d)
    u(q) = h_q,  v(t, d) = W [h_t; h_d],  s(q, i) = (1 - w) cos(u(q), v(t, d)) + w cos(q, t + d)

q, t and d are the embedder's vectors; training drops some of h. Jin 2025, Deep Learning-Based Dual-Tower Contrastive
Recommendation System, equations 4 to 6, with w = 0. What an item's side is can be computed before any query, and
indexed: s is the cosine of [sqrt(1 - w) u / |u|; sqrt(w) q] and the same of the item. w is chosen on the validation
queries, after training.

interaction `attention`: the paper's cross-modal attention (equation 3) weighs title and description by the query, so
that there is no item vector to index. It is trained jointly with the towers, and scores their `rerank` best items anew:

    a = softmax(h_q A h_t', h_q A h_d'),  s'(q, i) = (1 - w) cos(h_q, (a_t h_t + a_d h_d) V) + w cos(q, t + d)
    score = s for the other items, 3 + s' for the best of the towers, which so stand above them

Losses and negatives: recsys.contrastive. Towers start as one and the same random layer, whose cosines rise with the
embedder's (recsys.nn.towers): learning begins where the embedder is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Lt
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked
from scipy.special import expit

from recsys.contrastive import (
    Dropout,
    Embedded,
    History,
    Size,
    Training,
    Weights,
    by_query,
    mean_ndcg,
    reranked,
    train_network,
)
from recsys.dataset import Array, read_only
from recsys.features.contrastive_batches import Similarity, View
from recsys.retriever import Judged
from recsys.task import TaskName
from recsys.text.embedder import Embedder, Embedding, unit_rows
from recsys.text.lsa import Lsa

TINY = 1e-12
"""Squares of lengths below this count as this, as in training."""


@checked(frozen=True, config=ConfigDict(extra="forbid", arbitrary_types_allowed=True))
class DualTower:
    """Jin 2025, Deep Learning-Based Dual-Tower Contrastive Recommendation System; without attention also Huang et al.
    2013, Learning Deep Structured Semantic Models for Web Search using Clickthrough Data, CIKM.

    embedder           of all texts; it is fitted to the items
    views              of an item that are read; with one of them, W is a square matrix
    embedder_weights   from which w is chosen; (0,): the towers alone, as in the paper
    interaction        none: see `Embeds`; attention: see above
    rerank             items that the attention scores anew
    hidden             units of each tower
    dropout            of them, in training
    """

    tasks: ClassVar[tuple[TaskName, ...]] = ("retrieve",)
    embedder: Embedder = Lsa()
    views: Literal["both", "title", "description"] = "both"
    embedder_weights: tuple[Annotated[float, Ge(0), Lt(1)], ...] = (0.0,)
    interaction: Literal["none", "attention"] = "none"
    rerank: Size = 100
    hidden: Size = 512
    dropout: Dropout = 0.1
    training: Training = Training()

    def __post_init__(self) -> None:
        if self.interaction == "attention" and self.views != "both":
            raise ValueError(f"expected views=both with interaction=attention, which weighs them, got {self.views}")
        if not self.embedder_weights:
            raise ValueError("expected at least one of embedder_weights, such as 0, got none")

    def fit(self, judged: Judged, seed: int) -> TowerSearcher | AttentionSearcher:
        """Raises `DataError` where train or validation has nothing to learn from, and `Diverged`."""
        from recsys.nn.towers import DualTowers

        embedded = Embedded.of(self.embedder, judged, seed)
        views: tuple[View, ...] = ("title", "description") if self.views == "both" else (self.views,)
        attention = self.interaction == "attention"

        own = unit_rows(sum((embedded.items[view] for view in views), np.zeros((1, 1), np.float32)))

        def towers(weights: Weights, embedder_weight: float = 0.0) -> TowerSearcher:
            hidden = np.concatenate([_of_items(embedded, weights, view) for view in views], axis=1)
            items = read_only(_joined(unit_rows(hidden @ weights["views"]), own, embedder_weight))
            kernel, bias = read_only(weights["query kernel"]), read_only(weights["query bias"])
            return TowerSearcher(embedded.embedding, kernel, bias, items, embedder_weight)

        def searcher(weights: Weights, embedder_weight: float = 0.0) -> TowerSearcher | AttentionSearcher:
            made = towers(weights, embedder_weight)
            if not attention:
                return made
            keys, values = read_only(weights["attention keys"]), read_only(weights["attention values"])
            title, description = (read_only(_of_items(embedded, weights, view)) for view in views)
            return AttentionSearcher.of(made, keys, values, title, description, self.rerank)

        def similarity(weights: Weights) -> Similarity:
            made = towers(weights)
            hidden = np.maximum(embedded.train @ made.query_kernel + made.query_bias, 0)
            queries = unit_rows(hidden)
            return lambda rows: queries[rows] @ made.item_vectors.T

        weights, history = train_network(
            "dual_tower",
            DualTowers(embedded.dim, self.hidden, self.dropout, views, attention),
            self.training,
            embedded,
            judged,
            lambda weights: searcher(weights).scores_of(embedded.validation),
            similarity,
            seed,
        )
        tried = [searcher(weights, embedder_weight) for embedder_weight in self.embedder_weights]
        ndcg = [mean_ndcg(one.scores_of(embedded.validation), judged.validation) for one in tried]
        return replace(tried[int(np.argmax(ndcg))], history=history)


@dataclass(frozen=True, slots=True)
class TowerSearcher:
    """Weighted cosines of the towers and of the embedder; see `recsys.retriever.Embeds`.

    query_kernel, query_bias   float32 (d, hidden), (hidden,): of the query's tower
    item_vectors               float32 (n_items, hidden), or (n_items, hidden + d) where the embedder has a weight
    embedder_weight            w
    """

    embedding: Embedding
    query_kernel: Array
    query_bias: Array
    item_vectors: Array
    embedder_weight: float
    history: History | None = None

    def scores(self, queries: Sequence[str]) -> Array:
        return self.scores_of(self.embedding.embed(queries))

    def query_vectors(self, queries: Sequence[str]) -> Array:
        return by_query(self.embedding.embed(queries), self.query_vector, self.item_vectors.shape[1])

    def scores_of(self, vectors: Array) -> Array:
        """float32 (n, n_items): of queries that are embedded already, (n, d)."""
        return by_query(vectors, lambda vector: self.item_vectors @ self.query_vector(vector), len(self.item_vectors))

    def hidden(self, vector: Array) -> Array:
        """float32 (hidden,): h_q."""
        return np.maximum(vector @ self.query_kernel + self.query_bias, 0)

    def query_vector(self, vector: Array) -> Array:
        return _joined(unit(self.hidden(vector)), vector, self.embedder_weight)

    @property
    def learned(self) -> Mapping[str, float]:
        return {**(self.history.learned if self.history else {}), "embedder_weight": self.embedder_weight}


@dataclass(frozen=True, slots=True)
class AttentionSearcher:
    """The towers, and the attention that scores their best items anew.

    keys, values         float32 (hidden, hidden): A and V
    title, description   float32 (n_items, hidden): h_t and h_d
    squares              float32 (n_items, 3): |h_t V|^2, (h_t V)(h_d V)', |h_d V|^2
    """

    towers: TowerSearcher
    keys: Array
    values: Array
    title: Array
    description: Array
    squares: Array
    rerank: int
    history: History | None = None

    @classmethod
    def of(
        cls, towers: TowerSearcher, keys: Array, values: Array, title: Array, description: Array, rerank: int
    ) -> AttentionSearcher:
        of_title, of_description = title @ values, description @ values
        squares = [
            (one * other).sum(axis=1)
            for one, other in ((of_title, of_title), (of_title, of_description), (of_description, of_description))
        ]
        return cls(towers, keys, values, title, description, read_only(np.stack(squares, axis=1)), rerank)

    def scores(self, queries: Sequence[str]) -> Array:
        return self.scores_of(self.towers.embedding.embed(queries))

    def scores_of(self, vectors: Array) -> Array:
        """float32 (n, n_items): of queries that are embedded already, (n, d)."""
        return by_query(vectors, self._scores, len(self.title))

    def _scores(self, vector: Array) -> Array:
        towers = self.towers
        query, hidden = towers.query_vector(vector), towers.hidden(vector)
        of_embedder = slice(len(hidden), None)

        def anew(rows: Array) -> Array:
            attended = np.float32(1 - towers.embedder_weight) * self._attended(hidden, rows)
            return attended + towers.item_vectors[rows, of_embedder] @ query[of_embedder]

        return reranked(towers.item_vectors @ query, self.rerank, anew)

    def _attended(self, hidden: Array, rows: Array) -> Array:
        """float32 (len(rows),): cosines of h_q, which is `hidden`, and of the views as it weighs them."""
        views = self.title[rows], self.description[rows]
        asked, wanted = hidden @ self.keys, self.values @ unit(hidden)
        of_title = expit((views[0] - views[1]) @ asked)  # the softmax of two
        weights = of_title, 1 - of_title
        product = weights[0] * (views[0] @ wanted) + weights[1] * (views[1] @ wanted)
        parts = np.stack([weights[0] ** 2, 2 * weights[0] * weights[1], weights[1] ** 2], axis=1)
        square = (parts * self.squares[rows]).sum(axis=1)
        return product / np.sqrt(np.maximum(square, np.float32(TINY)))

    @property
    def learned(self) -> Mapping[str, float]:
        return {**self.towers.learned, **(self.history.learned if self.history else {})}


def unit(vector: Array) -> Array:
    """float32: of length 1, or 0."""
    return vector / np.sqrt(np.maximum(vector @ vector, np.float32(TINY)))


def _joined(towers: Array, embedder: Array, weight: float) -> Array:
    """float32 (..., hidden + d): vectors whose products are (1 - weight) those of the one and weight of the other."""
    if not weight:
        return towers
    parts = np.float32((1 - weight) ** 0.5) * towers, np.float32(weight**0.5) * embedder
    return np.concatenate(parts, axis=-1)


def _of_items(embedded: Embedded, weights: Weights, view: View) -> Array:
    """float32 (n_items, hidden): h of a view."""
    return np.maximum(embedded.items[view] @ weights[f"{view} kernel"] + weights[f"{view} bias"], 0)
