"""Biases by hand."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.features.biases import Biases
from tests.worlds import ratings

INTERACTIONS = ratings([(0, 0, 5), (0, 1, 3), (1, 0, 4)], 3, 3).interactions


def test_items_first_and_users_on_the_residuals():
    biases = Biases.of(INTERACTIONS, 3, 3, damping=1.0)
    item = [1 / 3, -1 / 2, 0]
    user = [(1 - item[0] - 1 - item[1]) / 3, (0 - item[0]) / 2, 0]
    assert biases.mean == 4
    assert biases.item == pytest.approx(item)
    assert biases.user == pytest.approx(user)
    assert biases.residuals(INTERACTIONS) == pytest.approx(
        [1 - item[0] - user[0], -1 - item[1] - user[0], -item[0] - user[1]]
    )
    assert biases.grid(np.array([1])) == pytest.approx(np.array([[4 + i + user[1] for i in item]]))
    assert biases.pairs(np.array([1, 2]), np.array([1, 2])) == pytest.approx([4 + item[1] + user[1], 4])


def test_of_users_alone_items_have_none():
    biases = Biases.of_users(ratings([(0, 0, 5), (0, 1, 3), (1, 0, 1)], 3, 3).interactions, 3, 3, damping=1.0)
    assert biases.mean == 3
    assert biases.user == pytest.approx([2 / 3, -1, 0])
    assert biases.item.tolist() == [0, 0, 0]
