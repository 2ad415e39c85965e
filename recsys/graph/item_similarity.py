"""Item similarities from a graph's paths and embedding, each divided by its mean before they are mixed."""

from __future__ import annotations

import numpy as np

from recsys.dataset import Array
from recsys.graph.path_ranking import PathRanking
from recsys.graph.ptranse import Embedding


def semantic_similarity(ranking: PathRanking, embedding: Embedding, path_weight: float) -> Array:
    """float32 (n_items, n_items): path_weight x path similarity + (1 - path_weight) x cosine of the items' vectors."""
    cosines = mean_scaled(embedding_cosine(embedding.nodes[: len(ranking.item_similarity)]))
    return mean_scaled(mixture(mean_scaled(ranking.item_similarity), cosines, path_weight))


def embedding_cosine(vectors: Array) -> Array:
    """float32 (n, n), 0 where negative and on the diagonal."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    cosines = np.maximum(unit @ unit.T, 0)
    np.fill_diagonal(cosines, 0)
    return cosines


def mean_scaled(similarity: Array) -> Array:
    """float32: divided by its mean, unless that is 0."""
    mean = similarity.mean(dtype=np.float64)
    return (similarity / (mean if mean > 0 else 1)).astype(np.float32)


def mixture(first: Array, second: Array, weight: float) -> Array:
    """float32: weight x first + (1 - weight) x second."""
    return (np.float32(weight) * first + np.float32(1 - weight) * second).astype(np.float32)
