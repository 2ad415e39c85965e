"""Items found by the cosine of their vectors with a query's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recsys.dataset import Array, read_only
from recsys.features.factors import inner_products
from recsys.text.embedder import Embedder, Embedding


@dataclass(frozen=True, slots=True)
class EmbeddingSearch:
    """A searcher that embeds; see `recsys.retriever.Embeds`. item_vectors: float32 (n_items, d), of length 1 or 0."""

    embedding: Embedding
    item_vectors: Array

    @classmethod
    def fit(cls, embedder: Embedder, documents: Sequence[str], seed: int) -> EmbeddingSearch:
        embedding = embedder.fit(documents, seed)
        return cls(embedding, read_only(embedding.embed(documents)))

    def query_vectors(self, queries: Sequence[str]) -> Array:
        return self.embedding.embed(queries)

    def scores(self, queries: Sequence[str]) -> Array:
        return inner_products(self.query_vectors(queries), self.item_vectors)
