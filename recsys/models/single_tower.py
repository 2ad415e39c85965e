"""Single tower: the query is fused with an item's title and with its description, each by a layer of its own.

    f_t = relu(P_t q + W_t t + b_t), f_d = relu(P_d q + W_d d + b_d),  s(q, i) = tanh(w' [f_t; f_d] + c)

q, t and d are the embedder's vectors; P q + W t is a layer over the concatenation [q; t]. What dual_tower is compared
with in Jin 2025, Deep Learning-Based Dual-Tower Contrastive Recommendation System. Nothing of it can be computed before
the query is known, so it scores anew the `rerank` best items of a first stage, the cosine of q and t + d:

    score = cos(q, t + d) for the other items, 3 + s for these, which so stand above them
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
from recsys.features.contrastive_batches import View
from recsys.retriever import Judged
from recsys.task import TaskName
from recsys.text.embedder import Embedder, Embedding, unit_rows
from recsys.text.lsa import Lsa


@checked(frozen=True, config=ConfigDict(extra="forbid", arbitrary_types_allowed=True))
class SingleTower:
    """Jin 2025, Deep Learning-Based Dual-Tower Contrastive Recommendation System.

    Hard negatives are those of the first stage.

    embedder   of all texts; it is fitted to the items
    views      of an item that are read
    rerank     items that are scored anew
    hidden     units of each view's layer
    dropout    of them, in training
    """

    tasks: ClassVar[tuple[TaskName, ...]] = ("retrieve",)
    embedder: Embedder = Lsa()
    views: Literal["both", "title", "description"] = "both"
    rerank: Size = 100
    hidden: Size = 256
    dropout: Dropout = 0.1
    training: Training = Training()

    def fit(self, judged: Judged, seed: int) -> SingleTowerSearcher:
        """Raises `DataError` where train or validation has nothing to learn from, and `Diverged`."""
        from recsys.nn.towers import Fusion

        embedded = Embedded.of(self.embedder, judged, seed)
        views: tuple[View, ...] = ("title", "description") if self.views == "both" else (self.views,)
        first = read_only(unit_rows(sum((embedded.items[view] for view in views), np.zeros((1, 1), np.float32))))

        def searcher(weights: Weights) -> SingleTowerSearcher:
            fusions = tuple(
                FusedView(
                    read_only(weights[f"{view} query kernel"]),
                    read_only(embedded.items[view] @ weights[f"{view} kernel"] + weights[f"{view} bias"]),
                    read_only(output),
                )
                for view, output in zip(views, np.split(weights["output"][:, 0], len(views)), strict=True)
            )
            return SingleTowerSearcher(
                embedded.embedding, first, fusions, float(weights["output bias"][0]), self.rerank
            )

        weights, history = train_network(
            "single_tower",
            Fusion(embedded.dim, self.hidden, self.dropout, views),
            self.training,
            embedded,
            judged,
            lambda weights: searcher(weights).scores_of(embedded.validation),
            lambda _: lambda rows: embedded.train[rows] @ first.T,
            seed,
        )
        return replace(searcher(weights), history=history)


@dataclass(frozen=True, slots=True)
class FusedView:
    """query_kernel: float32 (d, hidden), P'; items: float32 (n_items, hidden), W x + b; output: float32 (hidden,)."""

    query_kernel: Array
    items: Array
    output: Array

    def term(self, vector: Array, rows: Array) -> Array:
        """float32 (len(rows),): what the view adds before tanh."""
        return np.maximum(vector @ self.query_kernel + self.items[rows], 0) @ self.output


@dataclass(frozen=True, slots=True)
class SingleTowerSearcher:
    """first: float32 (n_items, d), t + d of length 1, or 0; fusions: of the views that are read; bias: c."""

    embedding: Embedding
    first: Array
    fusions: tuple[FusedView, ...]
    bias: float
    rerank: int
    history: History | None = None

    def scores(self, queries: Sequence[str]) -> Array:
        return self.scores_of(self.embedding.embed(queries))

    def scores_of(self, vectors: Array) -> Array:
        """float32 (n, n_items): of queries that are embedded already, (n, d)."""
        return by_query(vectors, self._scores, len(self.first))

    def _scores(self, vector: Array) -> Array:
        def fused(rows: Array) -> Array:
            return np.tanh(sum(view.term(vector, rows) for view in self.fusions) + np.float32(self.bias))

        return reranked(self.first @ vector, self.rerank, fused)

    @property
    def learned(self) -> Mapping[str, float]:
        return self.history.learned if self.history else {}
