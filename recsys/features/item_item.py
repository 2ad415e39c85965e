"""Linear item-item models: scores of an item from a user's ratings of other items.

score(u, i) = base(u, i) + sum_j x_uj W_ji / norm(u, i), with x_u the user's profile and W learned from the ratings.

`KINDS` are those that serve other models as features; the rest are the building blocks of models. Up to `dense_items`
items all weights are computed at once. Beyond that, nothing has the size of items x items: `recsys.features.nearest`,
`recsys.features.ridge`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
from annotated_types import Ge, Gt, Le
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked
from scipy import sparse

from recsys.dataset import Array, Dataset, Interactions
from recsys.features import nearest, ridge
from recsys.features.biases import Biases

logger = logging.getLogger(__name__)

DENSE_ITEMS = 5000
"""Items up to which matrices of items x items are dense, by default."""

ItemItemModel = Literal["ease", "residual_knn"]

Size = Annotated[int, Ge(1)]
Positive = Annotated[float, Gt(0)]


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Residual:
    """A weighted mean of the residuals of the biases, over the nearest neighbors of a user or an item.

    n_neighbors    how many; shrink: of their similarities; damping: of the mean; bias_damping: of the biases
    """

    n_neighbors: Size = 40
    shrink: Annotated[float, Ge(0)] = 50.0
    damping: Positive = 1.0
    bias_damping: Positive = 10.0


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Cosine:
    """A sum of ratings, weighted by cosine similarity, over the nearest neighbors of a user or an item.

    n_neighbors     how many
    alpha, shrink   see `cosine`
    """

    n_neighbors: Size = 200
    alpha: Annotated[float, Ge(0), Le(1)] = 0.5
    shrink: Annotated[float, Ge(0)] = 0.0


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class ItemItemSettings:
    """Of item-item models whose scores other models take as inputs.

    ease_l2        see `regression`
    knn_neighbors, knn_shrink, knn_damping, bias_damping   of `residual_knn`, as in `Residual`
    dense_items    with more items, nothing is dense in items x items; see `ridge_weights` and `correlation_neighbors`
    """

    ease_l2: Positive = 5000.0
    knn_neighbors: Size = 40
    knn_shrink: Annotated[float, Ge(0)] = 50.0
    knn_damping: Positive = 1.0
    bias_damping: Positive = 10.0
    dense_items: Annotated[int, Ge(0)] = DENSE_ITEMS


@dataclass(frozen=True, slots=True)
class ItemItem:
    """profile: sparse float32 (n_users, n_items); weights: float32 (n_items, n_items), an array, sparse or `DualRidge`.

    damping   divide by the sum of |W_ji| over the items j that the user rated, plus damping; None: do not
    base      added to the scores; None: nothing
    """

    profile: Any
    weights: Any
    damping: float | None = None
    base: Biases | None = None

    def grid(self, users: Array) -> Array:
        """float32 (len(users), n_items)."""
        profile = self.profile[users]
        scores = self.weights.scores(profile) if isinstance(self.weights, ridge.DualRidge) else profile @ self.weights
        if self.damping is not None:
            scores = self._damped(scores, profile)
        scores = dense(scores)
        if self.base is not None:
            scores = scores + self.base.grid(users)
        return scores.astype(np.float32, copy=False)

    def _damped(self, scores: Any, profile: Any) -> Any:
        rated = profile.copy()
        rated.data = np.ones_like(rated.data)
        strength = rated @ abs(self.weights)
        if not sparse.issparse(scores):
            return scores / (strength + self.damping)
        scores.data /= nearest.at_entries(scores, strength) + self.damping
        return scores


def ease(interactions: Interactions, n_users: int, n_items: int, settings: ItemItemSettings) -> ItemItem:
    """EASE on the raw ratings; see `regression`.

    Raw ratings, not likes: which items were rated predicts best which ones will be, and the rating adds a little.
    """
    profile = matrix(interactions, interactions.rating, n_users, n_items)
    return ItemItem(profile, ridge_weights(profile, settings.ease_l2, settings.dense_items))


def residual_knn(interactions: Interactions, n_users: int, n_items: int, settings: ItemItemSettings) -> ItemItem:
    """Item-kNN on the residuals of user and item biases."""
    biases = Biases.of(interactions, n_users, n_items, settings.bias_damping)
    residuals = matrix(interactions, biases.residuals(interactions), n_users, n_items)
    rated = matrix(interactions, np.ones(len(interactions)), n_users, n_items)
    weights = correlation_neighbors(residuals, rated, settings.knn_shrink, settings.knn_neighbors, settings.dense_items)
    return ItemItem(residuals, weights, settings.knn_damping)


Fit: TypeAlias = Callable[[Interactions, int, int, ItemItemSettings], ItemItem]
KINDS: Mapping[ItemItemModel, Fit] = MappingProxyType({"ease": ease, "residual_knn": residual_knn})


def matrix(interactions: Interactions, values: Array, n_users: int, n_items: int) -> Any:
    """Sparse float32 (n_users, n_items): a value for each event of the log."""
    return sparse.csr_matrix((values.astype(np.float32), (interactions.user, interactions.item)), (n_users, n_items))


def recent(interactions: Interactions, values: Array, n_users: int, n_items: int, count: int, decay: float) -> Any:
    """As `matrix`, of each user's `count` most recent events alone, values times decay^age; the last event's age is 0.

    Of events of the same time, those later in the log are the more recent ones.
    """
    order = np.lexsort((interactions.time, interactions.user))
    end = np.cumsum(np.bincount(interactions.user, minlength=n_users))
    age = np.empty(len(interactions), np.int64)
    age[order] = end[interactions.user[order]] - 1 - np.arange(len(interactions))
    is_recent = age < count
    return matrix(interactions.take(is_recent), (values * decay**age)[is_recent], n_users, n_items)


def ridge_weights(profile: Any, l2: float, dense_items: int) -> Any:
    """EASE's weights as a feature, where several fits are held at a time.

    More than `dense_items` items: those of `ridge.DualRidge`, which are exact, for up to as many users, and the
    approximation `ridge.neighbors` for more.
    """
    n_users, n_items = profile.shape
    if n_items <= dense_items:
        return regression(profile, l2)
    return ridge.DualRidge.of(profile, l2) if n_users <= dense_items else ridge.neighbors(profile, l2)


def tell_approximation(train: Dataset, models: Collection[ItemItemModel], dense_items: int) -> None:
    """Says so in the log where scores that a model takes as inputs are not exact."""
    if "ease" in models and min(len(train.users), len(train.items)) > dense_items:
        logger.warning(
            "%s has %d users and %d items, both more than dense_items=%d: EASE's scores, which are inputs, come from "
            "each item's %d best predictors alone",
            *(train.name, len(train.users), len(train.items), dense_items, ridge.N_NEIGHBORS),
        )


def correlation_neighbors(residuals: Any, rated: Any, shrink: float, k: int, dense_items: int) -> Any:
    """Sparse float32 (n, n): the `k` nearest columns of each by `correlation`, in that column.

    Of more than `dense_items` columns they are found in blocks; the numbers are the same.
    """
    if rated.shape[1] > dense_items:
        return nearest.by_correlation(residuals, rated, shrink, k)
    return sparse.csr_matrix(top_k(correlation(residuals, rated, shrink), k).astype(np.float32))


def cosine_neighbors(vectors: Any, form: Cosine, dense_items: int) -> Any:
    """Sparse float32 (n, n): the same by `cosine`."""
    if vectors.shape[1] > dense_items:
        return nearest.by_cosine(vectors, form.n_neighbors, form.alpha, form.shrink)
    weights = cosine(vectors, form.alpha, form.shrink)
    return sparse.csr_matrix(top_k(weights, form.n_neighbors).astype(np.float32))


def regression(profile: Any, l2: float) -> Array:
    """float32 (n_items, n_items): W that minimises |X - XW|^2 + l |W|^2 with a zero diagonal, X the profile.

    W = I - P diag(1 / diag P), P = (X'X + l I)^-1. Steck 2019, Embarrassingly Shallow Autoencoders, equation 8.
    """
    gram = dense(profile.T @ profile).astype(np.float64)
    gram[np.diag_indices(len(gram))] += l2
    inverse = np.linalg.inv(gram)
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return weights.astype(np.float32)


def correlation(residuals: Any, rated: Any, shrink: float) -> Array:
    """float64 (n, n): shrunk similarity of the columns of `residuals`, sparse (m, n); 0 on the diagonal.

    rated   1 where `residuals` has an entry

    W_ji = cosine over the rows that have both, times n_ij / (n_ij + shrink); 0 where no row has both.
    Koren 2008, Factorization Meets the Neighborhood, equation 2.
    """
    n_both = dense(rated.T @ rated).astype(np.float64)
    length = dense(residuals.multiply(residuals).T @ rated).astype(np.float64)  # of i over the rows that have j too
    weights = dense(residuals.T @ residuals).astype(np.float64)
    weights /= np.sqrt(np.maximum(length * length.T, 1e-12))
    weights *= np.divide(n_both, n_both + shrink, out=np.zeros_like(n_both), where=n_both > 0)  # shrink may be 0
    np.fill_diagonal(weights, 0)
    return weights


def cosine(vectors: Any, alpha: float, shrink: float) -> Array:
    """float64 (n, n): the similarity of the columns of `vectors`, sparse (m, n); 0 on the diagonal.

    s_ji = x_j' x_i / (|x_j|^2a |x_i|^2(1 - a) + shrink). With a of .5 it is the cosine; with more of it, a popular
    item i is near to more items j. Aiolli 2013, Efficient Top-N Recommendation for Very Large Scale Binary Rated
    Datasets, RecSys; `shrink` lowers what few users carry, as in Ferrari Dacrema et al. 2019, Are We Really Making
    Much Progress?, RecSys.
    """
    weights = dense(vectors.T @ vectors).astype(np.float64)
    length = np.sqrt(np.maximum(np.diag(weights), 1e-12))
    weights /= (length ** (2 * alpha))[:, None] * length ** (2 * (1 - alpha)) + shrink
    np.fill_diagonal(weights, 0)
    return weights


def top_k(weights: Array, k: int) -> Array:
    """(n, n): of each column the `k` entries with the largest |W_ji|, and those equal to the smallest of them.

    The neighbors j of i are in column i.
    """
    if len(weights) <= k:
        return weights
    strength = np.abs(weights)
    return np.where(strength < np.partition(strength, -k, axis=0)[-k], 0, weights)


@dataclass(frozen=True, slots=True)
class RowScale:
    """mean, deviation: (m, 1), of each row of some scores (m, n); 1 in place of a deviation of 0.

    A user's scores grow with the number of ratings that they are sums over, so that those of different users, and of
    the same user with and without a fold, compare only in units of their own standard deviation.
    """

    mean: Array
    deviation: Array

    @classmethod
    def of(cls, scores: Array) -> RowScale:
        deviation = scores.std(axis=1, keepdims=True)
        return cls(scores.mean(axis=1, keepdims=True), np.where(deviation > 0, deviation, 1))

    def rows(self, scores: Array) -> Array:
        """(m, n): of the same rows."""
        return (scores - self.mean) / self.deviation

    def cells(self, row: Array, score: Array) -> Array:
        """(k,): of some of their scores."""
        return (score - self.mean[row, 0]) / self.deviation[row, 0]


def dense(values: Any) -> Array:
    """The product of sparse matrices, or of a sparse one and an array, as an array."""
    return np.asarray(values.toarray() if sparse.issparse(values) else values)
