"""Each user's own ridge regression on the content of the items that they rated: what sets their taste apart.

    v_u = argmin sum_j (e_uj - x_j'v)^2 + l2 |v|^2,   x_j: content of item j, e_uj: what is left of the rating

By its dual form v_u = sum_j a_uj x_j with a_u = (X_u X_u' + l2 I)^-1 e_u, of the size of the user's ratings, however
many features there are (Saunders et al. 1998, Ridge Regression Learning Algorithm in Dual Variables, ICML).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from recsys.dataset import Array


@dataclass(frozen=True, slots=True)
class Taste:
    """weights: sparse float64 (n_users, n_items), a; content: sparse float64 (n_items, d), x."""

    weights: Any
    content: Any

    @classmethod
    def of(cls, user: Array, item: Array, left: Array, n_users: int, content: Any, l2: float) -> Taste:
        """left (n,): e of each rating."""
        weights = np.empty(len(user))
        for rows, solved in _users(user, item, left, content, [l2]):
            weights[rows] = solved[0]
        return cls(sparse.csr_matrix((weights, (user, item)), (n_users, content.shape[0])), content)

    def grid(self, users: Array) -> Array:
        """float64 (len(users), n_items): x_i'v_u."""
        return ((self.weights[users] @ self.content) @ self.content.T).toarray()


def errors(
    learned: tuple[Array, Array, Array], held_out: tuple[Array, Array, Array], content: Any, l2: Sequence[float]
) -> Array:
    """(len(l2),): the sum of (e_ui - x_i'v_u)^2 over held-out ratings; both are user, item and e of ratings."""
    user, item, left = held_out
    order = np.argsort(user, kind="stable")
    found = np.zeros(len(l2)) + (left**2).sum()  # of those whose users have learned nothing
    for rows, solved in _users(*learned, content, l2):
        start, end = np.searchsorted(user[order], learned[0][rows[0]] + np.arange(2))
        asked = order[start:end]
        similarity = (content[item[asked]] @ content[learned[1][rows]].T).toarray()
        found += ((left[asked] - solved @ similarity.T) ** 2).sum(axis=1) - (left[asked] ** 2).sum()
    return found


def _users(user: Array, item: Array, left: Array, content: Any, l2: Sequence[float]) -> Iterator[tuple[Array, Array]]:
    """User by user: their rows, and a (len(l2), rows) for each l2."""
    order = np.argsort(user, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(user[order])) + 1):
        own = content[item[rows]]
        values, vectors = np.linalg.eigh((own @ own.T).toarray())
        yield rows, (vectors.T @ left[rows] / (values + np.asarray(l2)[:, None])) @ vectors.T
