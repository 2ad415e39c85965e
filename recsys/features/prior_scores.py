"""What linear item-item models say of every item, given any part of a user's ratings.

    ease            x W, W: ridge regression (Steck 2019, equation 8); standardised per row
    residual_knn    d W / (|W| over the items rated + 1), W: shrunk correlations (Koren 2008, equations 2 and 3)

x: the ratings given; d: what item means and then the row's own mean leave over of them. A network that learns to
predict some ratings of a user from the others needs these scores from the others alone, and from weights to which that
user added nothing: `CrossFittedPriorScores` keeps a fit without each fifth of the users.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from recsys.dataset import Array, Interactions, read_only
from recsys.features.item_item import (
    ItemItem,
    ItemItemModel,
    ItemItemSettings,
    correlation,
    matrix,
    regression,
    top_k,
)

FOLDS = 5
DAMPING = 5.0
"""Ratings of nothing unusual that a mean starts with."""


@dataclass(frozen=True, slots=True)
class PriorScores:
    """mean: float32 (n_items,); weights: of each kind, float32 (n_items, n_items), as in `ItemItem`; damping: of
    residual_knn."""

    mean: Array
    weights: dict[ItemItemModel, Any]
    damping: float

    @classmethod
    def of(
        cls,
        interactions: Interactions,
        n_users: int,
        n_items: int,
        kinds: tuple[ItemItemModel, ...],
        settings: ItemItemSettings,
    ) -> PriorScores:
        profile = matrix(interactions, interactions.rating, n_users, n_items)
        overall, count = float(interactions.rating.mean()), np.bincount(interactions.item, minlength=n_items)
        mean = (np.bincount(interactions.item, interactions.rating, n_items) + DAMPING * overall) / (count + DAMPING)
        weights: dict[ItemItemModel, Any] = {}
        if "ease" in kinds:
            weights["ease"] = regression(profile, settings.ease_l2)
        if "residual_knn" in kinds:
            left = _with(profile, _left(profile, mean))
            rated = _with(profile, np.ones_like(profile.data))
            close = top_k(correlation(left, rated, settings.knn_shrink), settings.knn_neighbors)
            weights["residual_knn"] = sparse.csr_matrix(close.astype(np.float32))
        return cls(read_only(mean.astype(np.float32)), weights, settings.knn_damping)

    def scores(self, profile: Any) -> Array:
        """float32 (b, kinds, n_items), for a sparse profile (b, n_items) of ratings."""
        rows = np.arange(profile.shape[0])
        found = np.empty((len(rows), len(self.weights), profile.shape[1]), np.float32)
        for place, (kind, weights) in enumerate(self.weights.items()):
            if kind == "ease":
                scores = ItemItem(profile, weights).grid(rows)
                spread = scores.std(axis=1, keepdims=True)
                found[:, place] = (scores - scores.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1)
            else:
                found[:, place] = ItemItem(_with(profile, _left(profile, self.mean)), weights, self.damping).grid(rows)
        return found


@dataclass(frozen=True, slots=True)
class CrossFittedPriorScores:
    """fold: int8 (n_users,); without: what is known without the users of each fold."""

    fold: Array
    without: tuple[PriorScores, ...]

    @classmethod
    def of(
        cls,
        interactions: Interactions,
        n_users: int,
        n_items: int,
        kinds: tuple[ItemItemModel, ...],
        settings: ItemItemSettings,
        rng: np.random.Generator,
    ) -> CrossFittedPriorScores:
        fold = (rng.permutation(n_users) % FOLDS).astype(np.int8)
        logs = [interactions.take(fold[interactions.user] != number) for number in range(FOLDS)]
        return cls(read_only(fold), tuple(PriorScores.of(part, n_users, n_items, kinds, settings) for part in logs))

    def scores(self, users: Array, profile: Any) -> Array:
        """float32 (b, kinds, n_items): each row's from the fit without its user."""
        found = np.empty((len(users), len(self.without[0].weights), profile.shape[1]), np.float32)
        for number, context in enumerate(self.without):
            rows = np.flatnonzero(self.fold[users] == number)
            found[rows] = context.scores(profile[rows])
        return found


def _with(profile: Any, values: Array) -> Any:
    """A sparse matrix with entries at the same places."""
    return sparse.csr_matrix((values.astype(np.float32), profile.indices, profile.indptr), profile.shape)


def _left(profile: Any, mean: Array) -> Array:
    """float (entries,): x - item mean - the row's own damped mean of that."""
    left = profile.data - mean[profile.indices]
    count = np.diff(profile.indptr)
    row = np.repeat(np.arange(len(count)), count)
    return left - (np.bincount(row, left, len(count)) / (count + DAMPING))[row]
