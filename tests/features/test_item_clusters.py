"""Clusters of items: two clouds, whose silhouette is near 1, and the clusters that users' likes are in."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.dataset import DataError
from recsys.features.item_clusters import ItemClusters
from tests.worlds import ratings

LIKES = ratings([(0, 0, 5), (1, 5, 5), (1, 1, 5)], 3, 6).interactions


def test_items_of_a_cloud_are_one_cluster_and_users_have_those_of_their_likes():
    vectors = np.array([[0.0, 1], [0, 1.1], [0, 0.9], [9, 0], [9.1, 0], [8.9, 0]])
    found = ItemClusters.of(vectors, 2, LIKES, 3, 1, "clusters")
    assert len(set(found.cluster[:3].tolist())) == len(set(found.cluster[3:].tolist())) == 1
    first, second = found.cluster[0], found.cluster[5]
    assert first != second
    assert found.liked[:, [first, second]].tolist() == [
        [True, False],
        [True, True],
        [True, True],
    ]  # user 2 likes nothing
    assert found.silhouette > 0.95
    assert np.isnan(ItemClusters.of(vectors, 1, LIKES, 3, 1, "clusters").silhouette)
    assert np.isnan(ItemClusters.of(vectors, 6, LIKES, 3, 1, "clusters").silhouette)


def test_more_clusters_than_distinct_items_are_refused():
    vectors = np.array([[0.0], [0], [1], [1], [1], [2]])
    assert ItemClusters.of(vectors, 3, LIKES, 3, 1, "clusters").cluster.max() == 2
    with pytest.raises(DataError, match="expected clusters of at most 3, the items with distinct texts, got 4; set it"):
        ItemClusters.of(vectors, 4, LIKES, 3, 1, "clusters")
