"""Random scores: a user's are drawn from the seed and the user alone."""

from __future__ import annotations

import numpy as np

from recsys.models.random import Random
from tests.memory import peak_bytes
from tests.worlds import ratings


def test_pairs_are_cells_of_the_grid_whatever_their_order():
    scorer = Random().fit(ratings([(0, 0, 5)], 30, 40), 7)
    grid = scorer.grid(np.arange(30), "implicit")
    assert len(np.unique(grid)) > 1190
    rng = np.random.default_rng(1)
    users, items = rng.integers(0, 30, 500), rng.integers(0, 40, 500)
    assert (scorer.pairs(users, items, "implicit") == grid[users, items]).all()
    assert scorer.pairs(users[:0], items[:0], "implicit").shape == (0,)


def test_pairs_of_all_users_take_the_memory_of_one_users_scores():
    scorer = Random().fit(ratings([(0, 0, 5)], 2000, 10_000), 7)
    users = np.arange(2000)
    peak = peak_bytes(lambda: scorer.pairs(users, users, "implicit"))
    assert peak < 2_000_000  # the scores of all would take 80 million bytes
