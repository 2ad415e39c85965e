"""The highest scores of each row, against a full sort."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.features.top_k import top

ROW = {
    "all distinct": lambda rng, n: rng.permutation(n),
    "few values": lambda rng, n: rng.integers(0, 4, n),
    "few above zero": lambda rng, n: rng.integers(1, 9, n) * (rng.random(n) < 0.01),
    "all equal": lambda rng, n: np.zeros(n),
    "the best side by side": lambda rng, n: np.sort(rng.normal(size=n)),
    "two values at the edge": lambda rng, n: np.where(np.arange(n) < 3, 1, np.where(rng.random(n) < 0.5, 0, -1)),
}


@pytest.mark.parametrize("kind", ROW)
@pytest.mark.parametrize(("n", "depth"), [(5, 5), (40, 3), (400, 50), (450, 50), (3000, 20)])
@pytest.mark.parametrize("seen", [0.0, 0.3, 1.0])
def test_the_top_is_the_head_of_a_full_sort_by_score_and_place(kind: str, n: int, depth: int, seen: float):
    rng = np.random.default_rng([n, depth])
    scores = np.array([ROW[kind](rng, n) for _ in range(12)], np.float32)
    scores[rng.random(scores.shape) < seen] = -np.inf
    place = rng.permutation(n)
    expected = [np.lexsort((place, -row))[:depth].tolist() for row in scores]
    assert top(scores, place, depth).tolist() == expected
