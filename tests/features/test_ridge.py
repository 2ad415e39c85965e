"""The three ways to EASE's weights against the solution in float64."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from recsys.features import nearest, ridge
from recsys.features.item_item import matrix, regression
from tests.worlds import dense

WORLD = dense(3)
PROFILE = matrix(WORLD.interactions, WORLD.interactions.rating, len(WORLD.users), len(WORLD.items))


@pytest.mark.parametrize("l2", [20.0, 500.0])
@pytest.mark.parametrize("cells", [7 * 60, 1 << 22])
def test_cholesky_in_float32_is_the_inverse_in_float64(l2: float, cells: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(nearest, "CELLS", cells)
    expected = regression(PROFILE, l2)
    found = ridge.cholesky(PROFILE, l2)
    assert found.dtype == np.float32
    assert found == pytest.approx(expected, abs=1e-5 * float(np.abs(expected).max()))
    assert not np.diag(found).any()


@pytest.mark.parametrize("l2", [20.0, 500.0])
def test_the_inverse_of_users_gives_the_scores_of_that_of_items(l2: float):
    found = ridge.DualRidge.of(PROFILE, l2)
    other = PROFILE[:7].copy()  # profiles that it was not learned from
    other.data = other.data[::-1].copy()
    for profile in (PROFILE, other):
        expected = profile @ regression(PROFILE, l2)
        assert found.scores(profile) == pytest.approx(expected, abs=1e-5 * float(np.abs(expected).max()))


def test_a_row_of_the_dual_does_not_depend_on_the_others():
    found = ridge.DualRidge.of(PROFILE, 20.0)
    together = found.scores(PROFILE)
    assert all((found.scores(PROFILE[[row]])[0] == together[row]).all() for row in range(PROFILE.shape[0]))


@pytest.mark.parametrize("l2", [20.0, 500.0])
def test_with_all_items_as_neighbours_nothing_is_approximated(l2: float):
    # All pairs of items were rated by someone in common, or one of them would not be a neighbour.
    assert (PROFILE.T @ PROFILE).nnz == PROFILE.shape[1] ** 2
    expected = regression(PROFILE, l2)
    assert ridge.neighbors(PROFILE, l2, 60).toarray() == pytest.approx(expected, abs=1e-6)


def test_few_neighbours_solve_the_regression_on_them():
    found = ridge.neighbors(PROFILE, 500.0, 15).tocsc()  # of all 60 products, 4 times 15
    dense_profile = PROFILE.toarray().astype(float)
    for item in range(5):
        chosen = found.indices[found.indptr[item] : found.indptr[item + 1]]
        assert len(chosen) == 15
        x = dense_profile[:, chosen]
        weights = np.linalg.solve(x.T @ x + 500 * np.eye(15), x.T @ dense_profile[:, item])
        assert found[:, item].toarray().ravel()[chosen] == pytest.approx(weights, rel=1e-4, abs=1e-6)


def test_where_products_left_out_break_the_system_half_the_neighbours_are_taken():
    # 0 and 2 go with 1 as closely as can be, and so with each other; with that product left out, no such items exist.
    gram = sparse.csr_matrix(np.array([[0, 9, 0], [9, 0, 9], [0, 9, 0]], np.float32))
    items, products = np.array([1, 0, 2]), np.array([5, 4, 4], np.float32)
    # The least eigenvalue is the diagonal less 9 times the root of 2, here -2.7 and 0.3, with l = 2.
    for diagonal in (10.0, 13.0):
        chosen, weights = ridge.solved(gram, np.full(3, diagonal), 2.0, items, products)
        assert (chosen.tolist(), weights.tolist()) == ([1], [np.float32(5 / diagonal)])
    chosen, weights = ridge.solved(gram, np.full(3, 20.0), 2.0, items, products)
    assert chosen.tolist() == [1, 0, 2]
    assert weights == pytest.approx(np.linalg.solve([[20, 9, 9], [9, 20, 0], [9, 0, 20]], products))
