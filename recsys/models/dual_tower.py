"""Dual tower: one tower for the query, two for an item's title and description, trained by contrast.

    h_q = relu(W_q q + b_q), h_t = relu(W_t t + b_t), h_d = relu(W_d d + b_d)
    u(q) = h_q,  v(t, d) = W [h_t; h_d],  s(q, i) = cos(u(q), v(t, d))

q, t and d are the embedder's vectors; training drops some of h. Jin 2025, Deep Learning-Based Dual-Tower Contrastive
Recommendation System, equations 4 to 6. What an item's side is can be computed before any query, and indexed.

interaction `attention`: the paper's cross-modal attention (equation 3) weighs title and description by the query, so
that there is no item vector to index. It is trained jointly with the towers, and scores their `rerank` best items anew:

    a = softmax(h_q A h_t', h_q A h_d'),  s'(q, i) = cos(h_q, (a_t h_t + a_d h_d) V)
    score = s for the other items, 3 + s' for the best of the towers, which so stand above them

Losses and negatives: recsys.contrastive. Towers start as one and the same random layer, whose cosines rise with the
embedder's (recsys.nn.towers): learning begins where the embedder is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.contrastive import Dropout, Embedded, History, Size, Training, Weights, by_query, reranked, train_network
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

    embedder      of all texts; it is fitted to the items
    views         of an item that are read; with one of them, W is a square matrix
    interaction   none: cosines of the towers, see `Embeds`; attention: see above
    rerank        items that the attention scores anew
    hidden        units of each tower
    dropout       of them, in training
    """

    tasks: ClassVar[tuple[TaskName, ...]] = ("retrieve",)
    embedder: Embedder = Lsa()
    views: Literal["both", "title", "description"] = "both"
    interaction: Literal["none", "attention"] = "none"
    rerank: Size = 100
    hidden: Size = 512
    dropout: Dropout = 0.1
    training: Training = Training()

    def __post_init__(self) -> None:
        if self.interaction == "attention" and self.views != "both":
            raise ValueError(f"expected views=both with interaction=attention, which weighs them, got {self.views}")

    def fit(self, judged: Judged, seed: int) -> TowerSearcher | AttentionSearcher:
        """Raises `DataError` where train or validation has nothing to learn from, and `Diverged`."""
        from recsys.nn.towers import DualTowers

        embedded = Embedded.of(self.embedder, judged, seed)
        views: tuple[View, ...] = ("title", "description") if self.views == "both" else (self.views,)
        attention = self.interaction == "attention"

        def towers(weights: Weights) -> TowerSearcher:
            hidden = np.concatenate([_of_items(embedded, weights, view) for view in views], axis=1)
            items = read_only(unit_rows(hidden @ weights["views"]))
            kernel, bias = read_only(weights["query kernel"]), read_only(weights["query bias"])
            return TowerSearcher(embedded.embedding, kernel, bias, items)

        def searcher(weights: Weights) -> TowerSearcher | AttentionSearcher:
            if not attention:
                return towers(weights)
            keys, values = read_only(weights["attention keys"]), read_only(weights["attention values"])
            title, description = (read_only(_of_items(embedded, weights, view)) for view in views)
            return AttentionSearcher.of(towers(weights), keys, values, title, description, self.rerank)

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
        return replace(searcher(weights), history=history)


@dataclass(frozen=True, slots=True)
class TowerSearcher:
    """Cosines of u(q) and the items' v(t, d); see `recsys.retriever.Embeds`.

    query_kernel, query_bias   float32 (d, hidden), (hidden,): of the query's tower
    item_vectors               float32 (n_items, hidden): v(t, d) of length 1, or 0
    """

    embedding: Embedding
    query_kernel: Array
    query_bias: Array
    item_vectors: Array
    history: History | None = None

    def scores(self, queries: Sequence[str]) -> Array:
        return self.scores_of(self.embedding.embed(queries))

    def query_vectors(self, queries: Sequence[str]) -> Array:
        vectors = self.embedding.embed(queries)
        return by_query(vectors, self.query_vector, len(self.query_bias))

    def scores_of(self, vectors: Array) -> Array:
        """float32 (n, n_items): of queries that are embedded already, (n, d)."""
        return by_query(vectors, lambda vector: self.item_vectors @ self.query_vector(vector), len(self.item_vectors))

    def query_vector(self, vector: Array) -> Array:
        """float32 (hidden,): u(q) of length 1, or 0."""
        hidden = np.maximum(vector @ self.query_kernel + self.query_bias, 0)
        return hidden / np.sqrt(np.maximum(hidden @ hidden, np.float32(TINY)))

    @property
    def learned(self) -> Mapping[str, float]:
        return self.history.learned if self.history else {}


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
        query = towers.query_vector(vector)
        hidden = np.maximum(vector @ towers.query_kernel + towers.query_bias, 0)
        return reranked(towers.item_vectors @ query, self.rerank, lambda rows: self._attended(hidden, query, rows))

    def _attended(self, hidden: Array, query: Array, rows: Array) -> Array:
        """float32 (len(rows),): s' of the items; query: `hidden` of length 1."""
        views = self.title[rows], self.description[rows]
        asked, wanted = hidden @ self.keys, self.values @ query
        # softmax of two is a sigmoid of their difference
        of_title = 1 / (1 + np.exp((views[1] - views[0]) @ asked))
        weights = of_title, 1 - of_title
        product = weights[0] * (views[0] @ wanted) + weights[1] * (views[1] @ wanted)
        parts = np.stack([weights[0] ** 2, 2 * weights[0] * weights[1], weights[1] ** 2], axis=1)
        square = (parts * self.squares[rows]).sum(axis=1)
        return product / np.sqrt(np.maximum(square, np.float32(TINY)))

    @property
    def learned(self) -> Mapping[str, float]:
        return self.history.learned if self.history else {}


def _of_items(embedded: Embedded, weights: Weights, view: View) -> Array:
    """float32 (n_items, hidden): h of a view."""
    return np.maximum(embedded.items[view] @ weights[f"{view} kernel"] + weights[f"{view} bias"], 0)
