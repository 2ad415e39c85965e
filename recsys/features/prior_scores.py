"""Prior scores: those of linear item-item models for every item, given any part of a user's ratings.

    ease            x W, W: ridge regression (Steck 2019, equation 8); standardised per row
    residual_knn    d W / (|W| over the items rated + 1), W: shrunk correlations (Koren 2008, equations 2 and 3)

x: the given ratings; d: their residuals after the item's mean and then the row's own. A network that learns to predict
some ratings of a user from the others needs the scores that follow from the others alone, by weights fitted without
that user: `CrossFittedPriorScores` keeps a fit without each fold of the users.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from recsys.dataset import Array, Interactions, read_only
from recsys.features.biases import damped_mean
from recsys.features.item_item import (
    ItemItem,
    ItemItemModel,
    ItemItemSettings,
    RowScale,
    correlation_neighbors,
    matrix,
    ridge_weights,
)


@dataclass(frozen=True, slots=True)
class PriorScores:
    """mean: float32 (n_items,); weights: of each model, as in `ItemItem`; settings: of residual_knn."""

    mean: Array
    weights: dict[ItemItemModel, Any]
    settings: ItemItemSettings

    @classmethod
    def of(
        cls,
        interactions: Interactions,
        n_users: int,
        n_items: int,
        models: tuple[ItemItemModel, ...],
        settings: ItemItemSettings,
    ) -> PriorScores:
        """settings.bias_damping: of the items' and the row's mean."""
        profile = matrix(interactions, interactions.rating, n_users, n_items)
        overall = float(interactions.rating.mean())
        mean = damped_mean(interactions.item, interactions.rating, n_items, settings.bias_damping, overall)
        weights: dict[ItemItemModel, Any] = {}
        if "ease" in models:
            weights["ease"] = ridge_weights(profile, settings.ease_l2, settings.dense_items)
        if "residual_knn" in models:
            residuals = _residuals(profile, mean, settings.bias_damping)
            rated = _with_values(profile, np.ones_like(profile.data))
            weights["residual_knn"] = correlation_neighbors(
                residuals, rated, settings.knn_shrink, settings.knn_neighbors, settings.dense_items
            )
        return cls(read_only(mean.astype(np.float32)), weights, settings)

    def scores(self, profile: Any) -> Array:
        """float32 (b, models, n_items), for a sparse profile (b, n_items) of ratings."""
        rows = np.arange(profile.shape[0])
        scores = np.empty((len(rows), len(self.weights), profile.shape[1]), np.float32)
        for number, (model, weights) in enumerate(self.weights.items()):
            if model == "ease":
                of_rows = ItemItem(profile, weights).grid(rows)
                scores[:, number] = RowScale.of(of_rows).rows(of_rows)
            else:
                residuals = _residuals(profile, self.mean, self.settings.bias_damping)
                scores[:, number] = ItemItem(residuals, weights, self.settings.knn_damping).grid(rows)
        return scores


@dataclass(frozen=True, slots=True)
class CrossFittedPriorScores:
    """fold: int8 (n_users,); without: the fit without the users of each fold."""

    fold: Array
    without: tuple[PriorScores, ...]

    @classmethod
    def of(
        cls,
        interactions: Interactions,
        n_users: int,
        n_items: int,
        models: tuple[ItemItemModel, ...],
        settings: ItemItemSettings,
        n_folds: int,
        rng: np.random.Generator,
    ) -> CrossFittedPriorScores:
        fold = (rng.permutation(n_users) % n_folds).astype(np.int8)
        parts = [interactions.take(fold[interactions.user] != number) for number in range(n_folds)]
        return cls(read_only(fold), tuple(PriorScores.of(part, n_users, n_items, models, settings) for part in parts))

    def scores(self, users: Array, profile: Any) -> Array:
        """float32 (b, models, n_items): each row's from the fit without its user."""
        scores = np.empty((len(users), len(self.without[0].weights), profile.shape[1]), np.float32)
        for number, prior_scores in enumerate(self.without):
            rows = np.flatnonzero(self.fold[users] == number)
            scores[rows] = prior_scores.scores(profile[rows])
        return scores


def _with_values(profile: Any, values: Array) -> Any:
    """A sparse matrix with entries at the same places."""
    return sparse.csr_matrix((values.astype(np.float32), profile.indices, profile.indptr), profile.shape)


def _residuals(profile: Any, mean: Array, damping: float) -> Any:
    """Sparse float32 (b, n_items): x - item mean - the row's own damped mean of that, of each entry x."""
    deviations = profile.data - mean[profile.indices]
    n_rows = profile.shape[0]
    row = np.repeat(np.arange(n_rows), np.diff(profile.indptr))
    return _with_values(profile, deviations - damped_mean(row, deviations, n_rows, damping)[row])
