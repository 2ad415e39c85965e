"""The damped item mean by hand."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.models.item_mean import ItemMean
from tests.worlds import ratings

ROWS = [(0, 0, 5), (0, 1, 5), (1, 1, 5), (2, 1, 5), (3, 1, 4), (3, 2, 1)]


def test_the_mean_of_each_item_is_drawn_to_the_overall_mean():
    scorer = ItemMean(damping=2.0).fit(ratings(ROWS, 4, 4), 1)
    mean = 25 / 6
    expected = [(5 + 2 * mean) / 3, (19 + 2 * mean) / 6, (1 + 2 * mean) / 3, mean]
    for objective in ("rating", "implicit"):
        assert scorer.grid(np.array([3, 0]), objective) == pytest.approx(np.array([expected, expected]))
        assert scorer.pairs(np.array([3, 0]), np.array([2, 1]), objective) == pytest.approx([expected[2], expected[1]])


def test_one_good_rating_is_less_than_many_unless_nothing_is_damped():
    def best(damping: float) -> int:
        return int(ItemMean(damping).fit(ratings(ROWS, 4, 4), 1).grid(np.array([0]), "rating").argmax())

    assert best(0.01) == 0  # 5.00 of one rating against 4.75 of four
    assert best(5.0) == 1
