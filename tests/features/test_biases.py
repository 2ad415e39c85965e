"""Biases by hand."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.features.biases import Biases
from tests.worlds import ratings

LOG = ratings([(0, 0, 5), (0, 1, 3), (1, 0, 4)], 3, 3).interactions


def test_items_first_and_users_on_what_is_left():
    found = Biases.of(LOG, 3, 3, damping=1.0)
    item = [1 / 3, -1 / 2, 0]
    user = [(1 - item[0] - 1 - item[1]) / 3, (0 - item[0]) / 2, 0]
    assert found.mean == 4
    assert found.item == pytest.approx(item)
    assert found.user == pytest.approx(user)
    assert found.residuals(LOG) == pytest.approx([1 - item[0] - user[0], -1 - item[1] - user[0], -item[0] - user[1]])
    assert found.grid(np.array([1])) == pytest.approx(np.array([[4 + i + user[1] for i in item]]))
    assert found.pairs(np.array([1, 2]), np.array([1, 2])) == pytest.approx([4 + item[1] + user[1], 4])


def test_of_users_alone_items_have_none():
    found = Biases.of_users(ratings([(0, 0, 5), (0, 1, 3), (1, 0, 1)], 3, 3).interactions, 3, 3, damping=1.0)
    assert found.mean == 3
    assert found.user == pytest.approx([2 / 3, -1, 0])
    assert found.item.tolist() == [0, 0, 0]
