"""Biased MF: its systems by hand and by their gradient, and a planted taste that biases alone cannot tell."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.dataset import Dataset
from recsys.features.factor_scorer import FactorScorer
from recsys.models.biased_mf import BiasedMf
from tests.worlds import dense, ratings


def objective(scorer: FactorScorer, world: Dataset, l2: float, bias_l2: float) -> float:
    interactions = world.interactions
    error = interactions.rating - scorer.pairs(interactions.user, interactions.item, "rating")
    learned = scorer.factors
    factors, biases = (
        sum((side.astype(float) ** 2).sum() for side in sides)
        for sides in ((learned.user, learned.item), (learned.user_bias, learned.item_bias))
    )
    return float((error**2).sum() + l2 * factors + bias_l2 * biases)


def test_without_room_for_factors_the_biases_are_those_of_ridge_regression():
    # A penalty this high leaves no factors, so that the biases alone are fitted: one linear system, solved at once.
    rows = [(0, 0, 5), (0, 1, 2), (1, 0, 4), (2, 1, 1), (2, 2, 3)]
    scorer = BiasedMf(factors=2, l2=1e9, bias_l2=0.5, sweeps=200).fit(ratings(rows, 3, 4), 1)
    design = np.zeros((5, 7))
    for row, (u, i, _) in enumerate(rows):
        design[row, u] = design[row, 3 + i] = 1
    residuals = np.array([r for _, _, r in rows]) - 3.0
    biases = np.linalg.solve(design.T @ design + 0.5 * np.eye(7), design.T @ residuals)
    assert scorer.factors.mean == 3
    assert scorer.factors.user_bias == pytest.approx(biases[:3], abs=1e-5)
    assert scorer.factors.item_bias == pytest.approx(biases[3:], abs=1e-5)
    assert scorer.grid(np.array([1]), "rating")[0] == pytest.approx(3 + biases[1] + biases[3:], abs=1e-5)


def test_every_sweep_brings_the_objective_dsame_camp_to_where_its_gradient_vanishes():
    world = dense(3)
    values = [
        objective(BiasedMf(factors=3, l2=4.0, bias_l2=1.0, sweeps=n).fit(world, 1), world, 4.0, 1.0)
        for n in (1, 2, 4, 8, 400)
    ]
    assert values == sorted(values, reverse=True)
    scorer = BiasedMf(factors=3, l2=4.0, bias_l2=1.0, sweeps=400).fit(world, 1)
    interactions = world.interactions
    error = scorer.pairs(interactions.user, interactions.item, "rating").astype(float) - interactions.rating
    learned = scorer.factors
    weights = np.column_stack([learned.item[interactions.item], np.ones(len(interactions))])
    gradient = np.column_stack([4.0 * learned.user, learned.user_bias])
    np.add.at(gradient, interactions.user, error[:, None] * weights)
    assert np.abs(gradient).max() < 0.02
    assert np.abs(learned.user).max() > 0.1  # there are factors left to speak of


def test_a_planted_taste_is_found_where_the_biases_are_equal():
    # Two camps of users and of items, each loves its own: every user's and item's mean is near 3.
    rng = np.random.default_rng(1)
    same_camp = (np.arange(60) < 30)[:, None] == (np.arange(40) < 20)
    rated = rng.random((60, 40)) < 0.5
    rows = [(int(u), int(i), 5.0 if same_camp[u, i] else 1.0) for u, i in np.argwhere(rated)]
    grid = (
        BiasedMf(factors=2, l2=1.0, bias_l2=1.0, sweeps=10).fit(ratings(rows, 60, 40), 1).grid(np.arange(60), "rating")
    )
    assert grid[same_camp & ~rated].min() > 4.5
    assert grid[~same_camp & ~rated].max() < 1.5
