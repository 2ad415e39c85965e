"""Neighbours that are found in blocks are those of the dense matrices, to the bit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from recsys.features import nearest
from recsys.features.biases import Biases
from recsys.features.item_item import correlation, cosine, matrix, top_k
from tests.worlds import dense

WORLD = dense(3)
SHAPE = len(WORLD.users), len(WORLD.items)


@pytest.fixture(params=[1, 7 * SHAPE[1], 1 << 22], ids=["column by column", "seven columns", "one block"])
def blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest, "CELLS", request.param)


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("k", [1, 5, 60])
def test_neighbours_by_correlation_are_those_of_the_dense_matrix(k: int):
    values = Biases.of(WORLD.interactions, *SHAPE, 10.0).residuals(WORLD.interactions)
    residuals = matrix(WORLD.interactions, values, *SHAPE)
    rated = matrix(WORLD.interactions, np.ones(len(WORLD)), *SHAPE)
    expected = top_k(correlation(residuals, rated, 50.0), k).astype(np.float32)
    found = nearest.by_correlation(residuals, rated, 50.0, k)
    assert found.dtype == np.float32
    assert (found.toarray() == expected).all()
    assert (np.diff(found.tocsc().indptr) <= k + 2).all()


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("k", [1, 5, 60])
@pytest.mark.parametrize(("alpha", "shrink"), [(0.5, 0), (0.8, 5)])
def test_neighbours_by_cosine_are_those_of_the_dense_matrix(k: int, alpha: float, shrink: float):
    ratings = matrix(WORLD.interactions, WORLD.interactions.rating, *SHAPE)
    expected = top_k(cosine(ratings, alpha, shrink), k).astype(np.float32)
    assert (nearest.by_cosine(ratings, k, alpha, shrink).toarray() == expected).all()


def test_pairs_whose_products_cancel_are_not_confused_with_others():
    # Columns 0 and 1 meet in two rows, and the product of their residuals is 0; so do columns 1 and 2 with 2.
    residuals = sparse.csr_matrix(np.array([[1, 1, 1], [1, -1, -1]], np.float32))
    rated = sparse.csr_matrix(np.ones((2, 3), np.float32))
    found = nearest.by_correlation(residuals, rated, 2.0, 2).toarray()
    assert found == pytest.approx(np.array([[0, 0, 0], [0, 0, 0.5], [0, 0.5, 0]]))


def test_all_that_equal_the_last_neighbour_are_kept_and_a_column_is_not_its_own_neighbour():
    similarity = np.array([[9.0, 1, -2, 1], [1, 9, 3, 3], [-2, 3, 9, 0], [1, 3, 0, 9]])
    found = nearest.nearest(4, 1, lambda block: similarity[block]).toarray()
    assert found.T.tolist() == [[0, 0, -2, 0], [0, 0, 3, 3], [0, 3, 0, 0], [0, 3, 0, 0]]


def test_a_world_without_any_pair_has_no_neighbours():
    ratings = sparse.csr_matrix(np.eye(3, dtype=np.float32))
    assert nearest.by_cosine(ratings, 2, 0.5, 0.0).nnz == 0
