"""Clusters of items by k-means, and which of them a user's liked items are in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys.dataset import Array, DataError, Interactions, read_only

STARTS = 3
"""Of k-means, of which the best is kept."""


@dataclass(frozen=True, slots=True)
class ItemClusters:
    """K clusters.

    cluster      int32 (n_items,)
    liked        bool (n_users, K): whether the user likes an item of the cluster, or none at all
    silhouette   mean over items of (b - a) / max(a, b), a the mean distance to the items of the own cluster and b to
                 those of the nearest other one (Rousseeuw 1987); NaN for a single cluster, or one for each item
    """

    cluster: Array
    liked: Array
    silhouette: float

    @classmethod
    def of(cls, vectors: Array, count: int, likes: Interactions, n_users: int, seed: int, option: str) -> ItemClusters:
        """vectors float (n_items, d); count: K; likes: of train; option: that of K. Raises `DataError` where there are
        fewer distinct vectors than clusters."""
        from sklearn.cluster import KMeans
        from sklearn.metrics import silhouette_score

        distinct = len(np.unique(vectors, axis=0))
        if distinct < count:
            raise DataError(
                f"expected {option} of at most {distinct}, the items with distinct texts, got {count}; set it to less"
            )
        solver: Any = KMeans  # whose annotations refuse what its documentation asks for
        cluster = solver(count, n_init=STARTS, random_state=seed % (1 << 32)).fit(vectors).labels_
        liked = np.zeros((n_users, count), bool)
        liked[likes.user, cluster[likes.item]] = True
        liked[~liked.any(axis=1)] = True
        defined = 1 < count < len(vectors)
        silhouette = float(silhouette_score(vectors, cluster)) if defined else float("nan")
        return cls(read_only(cluster.astype(np.int32)), read_only(liked), silhouette)
