"""Indexes of vectors: the exact one by hand, and the graph beside it on vectors around topics."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.speed.index import Asked, vectors
from recsys.dataset import DataError
from recsys.index.exact import Exact
from recsys.index.hnsw import Hnsw
from recsys.index.nearest import IndexSettings

BOTH = pytest.mark.parametrize("settings", [Exact(), Hnsw(dtype="f32")], ids=["exact", "hnsw"])
COMPASS = np.array([[1, 0], [0, 1], [-1, 0], [0.6, 0.8]], np.float32)


@BOTH
def test_the_nearest_come_first_with_their_cosines(settings: IndexSettings):
    found = settings.build(COMPASS).search(np.array([[1, 0], [0, -1]], np.float32), 3)
    assert found.items[0].tolist() == [0, 3, 1]
    assert found.cosines[0] == pytest.approx([1, 0.6, 0], abs=1e-6)
    assert sorted(found.items[1, :2].tolist()) == [0, 2]


def test_equal_cosines_are_in_the_order_of_rows():
    found = Exact().build(np.repeat(COMPASS[:2], 3, axis=0)).search(COMPASS[:1], 4)
    assert found.items.tolist() == [[0, 1, 2, 3]]


@BOTH
def test_what_is_added_is_found_without_building_anew(settings: IndexSettings):
    index = settings.build(COMPASS)
    index.add(np.array([[0.8, 0.6]], np.float32))
    assert len(index) == 5
    assert index.search(np.array([[0.8, 0.6]], np.float32), 2).items.tolist() == [[4, 3]]


@BOTH
def test_a_querys_answer_does_not_depend_on_the_others(settings: IndexSettings):
    index, queries = settings.build(vectors("topics", 2_000, 1)), vectors("topics", 20, 2)
    together = index.search(queries, 10)
    for row in range(len(queries)):
        alone = index.search(queries[row : row + 1], 10)
        assert alone.items[0].tolist() == together.items[row].tolist()
        assert alone.cosines[0].tolist() == together.cosines[row].tolist()


def test_the_graph_finds_nearly_all_around_topics_and_two_builds_agree():
    held, queries = vectors("topics", 5_000, 1), vectors("topics", 50, 2)
    one, two = (Asked.of(Hnsw().build(held), queries) for _ in range(2))
    assert one.items.tolist() == two.items.tolist()
    assert one.recall(Asked.of(Exact().build(held), queries)) > 0.98


@pytest.mark.parametrize("setting", ["connectivity", "expansion_add", "expansion_search"])
def test_a_graph_of_fewer_edges_or_candidates_finds_less(setting: str):
    held, queries = vectors("none", 4_000, 1), vectors("random", 50, 2)
    exact = Asked.of(Exact().build(held), queries)
    default, few = (Asked.of(index.build(held), queries) for index in (Hnsw(), Hnsw(**{setting: 4})))
    assert few.recall(exact) < default.recall(exact)


@BOTH
@pytest.mark.parametrize(
    ("queries", "k", "said"),
    [
        (COMPASS[:1], 5, "expected to be asked for 1 to 4 of the 4 vectors of the index, got 5"),
        (np.ones((1, 3), np.float32), 1, r"expected queries of 2 numbers each, got an array of shape \(1, 3\)"),
    ],
)
def test_what_cannot_be_asked_is_refused(settings: IndexSettings, queries: np.ndarray, k: int, said: str):
    with pytest.raises(DataError, match=said):
        settings.build(COMPASS).search(queries, k)
