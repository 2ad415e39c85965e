"""EASE's weights for catalogues that are too large for `recsys.features.item_item.regression`, in three ways.

    W = I - P diag(1 / diag P),  P = (X'X + l I)^-1,  X: profiles (users, items)             Steck 2019, equation 8

cholesky    exact: P in the memory of one matrix of items x items, float32
DualRidge   exact: nothing of items x items; a matrix of users x users, so for few users
neighbors   an approximation: each item is predicted from its best predictors alone
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.linalg import get_lapack_funcs

from recsys import thread_pool
from recsys.dataset import Array, DataError, read_only
from recsys.features.factors import inner_products
from recsys.features.nearest import blocks

N_NEIGHBORS = 200
"""Items that `neighbors` predicts an item from."""
KEPT = 4
"""Times as many products of each item are kept. On ml-100k, with 4 no weight is further than .005 from that of all
products, with 2 than .04, where weights reach .17; with 1, most systems lose neighbours."""


def cholesky(profile: Any, l2: float) -> Array:
    """float32 (n_items, n_items): W, in the memory of one such matrix.

    On 1,500 items of ml-1m W is within 3e-6 of that in float64, where entries reach 0.5; a step of refinement
    (P <- P (2 I - (X'X + l I) P)) in float32 does not bring it nearer, and takes a second matrix.
    """
    n, rows = profile.shape[1], profile.T.tocsr()
    weights = np.empty((n, n), np.float32)
    for block in blocks(n):
        weights[block] = (rows[block] @ profile).toarray()
    diagonal = np.arange(n)
    weights[diagonal, diagonal] += np.float32(l2)
    # LAPACK counts columns first, and so finds its lower triangle, in place, above the diagonal of the rows.
    potrf, potri = get_lapack_funcs(("potrf", "potri"), dtype=np.float32)
    _, failed = potrf(weights.T, lower=1, clean=0, overwrite_a=1)
    if failed:
        raise DataError(f"expected X'X + l I to be positive definite in float32, with l={l2:g} it is not; use more l2")
    potri(weights.T, lower=1, overwrite_c=1)
    scale = weights[diagonal, diagonal].copy()
    for block in blocks(n):  # the lower triangle from the upper one, and no copy of the whole
        weights[block, : block.start] = weights[: block.start, block].T
        square = np.triu(weights[block, block])
        weights[block, block] = square + np.triu(square, 1).T
    for block in blocks(n):
        weights[block] /= -scale
    weights[diagonal, diagonal] = 0
    return weights


@dataclass(frozen=True, slots=True)
class DualRidge:
    """x W without W, for any profile x.

        x W = x - (x - x X'B X) / d,   B = (X X' + l I)^-1,   d = 1 - diag X'B X

    since P = (I - X'B X) / l (Woodbury). profile: X, sparse (n_users, n_items); inverse: B, float64 (n_users, n_users);
    diagonal: d, float32 (n_items,).
    """

    profile: Any
    inverse: Array
    diagonal: Array

    @classmethod
    def of(cls, profile: Any, l2: float) -> DualRidge:
        exact = profile.astype(np.float64)
        kernel = np.asarray((exact @ exact.T).toarray())
        kernel[np.diag_indices(len(kernel))] += l2
        inverse = np.linalg.inv(kernel)
        columns = exact.tocsc()
        explained = np.empty(columns.shape[1])
        for block in blocks(columns.shape[1]):
            part = columns[:, block]
            explained[block] = np.asarray(part.multiply(inverse @ part.toarray()).sum(axis=0)).ravel()
        return cls(profile, read_only(inverse), read_only((1 - explained).astype(np.float32)))

    def scores(self, profile: Any) -> Array:
        """float32 (b, n_items): x W of each row x of a sparse profile (b, n_items)."""
        on_users = inner_products(np.asarray((profile @ self.profile.T).toarray()), self.inverse)
        explained = np.asarray((self.profile.T @ on_users.T).T)
        given = profile.toarray()
        return given - (given - explained) / self.diagonal


def neighbors(profile: Any, l2: float, n_neighbors: int = N_NEIGHBORS) -> Any:
    """Sparse float32 (n_items, n_items): W_ji of the `n_neighbors` items j with the largest |g_ji| / (g_jj + l).

        W_Ni = (G_NN + l I)^-1 G_Ni,   G = X'X,   N: the neighbours of i

    EASE with W_ji = 0 for all others: the neighbours are those whose weight is largest where each is alone. Of G,
    KEPT * n_neighbors products of each item are kept, by the same rule. Without the others a system can have
    eigenvalues below l, which no system has with all; where one is below l / 2, half the neighbours are taken, until
    none is.
    After Steck 2019, Markov Random Fields for Collaborative Filtering, NeurIPS, section 3.2.
    """
    n, rows = profile.shape[1], profile.T.tocsr()
    diagonal = np.asarray(rows.multiply(rows).sum(axis=1), np.float64).ravel() + l2
    kept, products = _largest(profile, diagonal, KEPT * n_neighbors)
    gram = sparse.csr_matrix((np.concatenate(products), np.concatenate(kept), _ends(kept)), (n, n))

    def solved_in(block: slice) -> list[tuple[Array, Array]]:
        return [
            solved(gram, diagonal, l2, kept[item][:n_neighbors], products[item][:n_neighbors])
            for item in range(block.start, block.stop)
        ]

    with thread_pool.pool() as in_threads:
        of_items = [pair for part in in_threads(solved_in, blocks(n)) for pair in part]
    used, weights = zip(*of_items, strict=True)
    return sparse.csr_matrix((np.concatenate(weights), np.concatenate(used), _ends(used)), (n, n)).T.tocsr()


def _largest(profile: Any, diagonal: Array, count: int) -> tuple[Sequence[Array], Sequence[Array]]:
    """Of each item i the `count` others j with the largest |g_ji| / (g_jj + l), largest first, and g_ji."""
    rows = profile.T.tocsr()

    def of_block(block: slice) -> list[tuple[Array, Array]]:
        found, of_items = (rows[block] @ profile).tocsr(), []
        for number in range(found.shape[0]):
            entries = slice(found.indptr[number], found.indptr[number + 1])
            item, product = found.indices[entries], found.data[entries]
            strength = np.where(item == block.start + number, -1, np.abs(product) / diagonal[item])
            best = np.argpartition(-strength, count)[:count] if len(item) > count else np.arange(len(item))
            best = best[np.argsort(-strength[best], kind="stable")]
            best = best[strength[best] > 0]
            of_items.append((item[best], product[best]))
        return of_items

    with thread_pool.pool() as in_threads:
        of_items = [pair for part in in_threads(of_block, blocks(rows.shape[0])) for pair in part]
    items, products = zip(*of_items, strict=True)
    return items, products


def solved(gram: Any, diagonal: Array, l2: float, items: Array, products: Array) -> tuple[Array, Array]:
    """Neighbours that an item is predicted from, and their weights, float32.

    gram       sparse (n_items, n_items): the products that were kept of each item; diagonal: of G + l I
    products   of the item's column and those of `items`, in the order in which these are taken
    """
    potrf, potrs = get_lapack_funcs(("potrf", "potrs"), dtype=np.float64)
    while len(items):
        system = gram[items][:, items].toarray().astype(np.float64)
        system = np.where(system, system, system.T)  # a product that was kept of either of the two
        system[np.diag_indices(len(items))] = diagonal[items] - l2 / 2
        if not potrf(system, lower=1)[1]:
            system[np.diag_indices(len(items))] = diagonal[items]
            factor, _ = potrf(system, lower=1)
            weights, _ = potrs(factor, products.astype(np.float64), lower=1)
            return items, weights.astype(np.float32)
        items, products = items[: len(items) // 2], products[: len(items) // 2]
    return items, products


def _ends(parts: Sequence[Array]) -> Array:
    return np.concatenate([[0], np.cumsum([len(part) for part in parts])])
