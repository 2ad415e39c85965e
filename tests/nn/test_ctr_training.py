"""A trained network keeps its own weights, whatever is done with others meanwhile."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recsys.features.out_of_fold import PairFeatures
from recsys.nn.ctr_network import NETWORKS, Architecture, network
from recsys.nn.ctr_training import Head
from tests.nn.small import ITEMS, USERS, architecture, small_inputs


def head(shape: Architecture, seed: int) -> Head:
    rng = np.random.default_rng(seed)
    weights = [rng.normal(size=variable.shape).astype(np.float32) * 0.3 for variable in network(shape).learned]
    none = np.zeros(0, np.float32)
    return Head(shape, small_inputs(), PairFeatures(None, (), ITEMS), none, none, tuple(weights))


def shape_of(units: int) -> Architecture:
    return replace(architecture(cin=(), dnn=(units,)), dense=0)


def test_two_networks_of_one_shape_answer_with_their_own_weights():
    users, items = np.arange(USERS), np.arange(USERS)
    one, other = head(shape_of(5), 1), head(shape_of(5), 2)
    first, second = one.grid(users), other.grid(users)
    assert np.abs(first - second).max() > 0.1
    assert one.pairs(users, items) == pytest.approx(first[users, items], abs=1e-5)
    assert one.grid(users).tolist() == first.tolist()


def test_a_network_that_had_to_make_room_for_others_comes_back_whole():
    users, items = np.arange(USERS), np.arange(USERS)
    one, again = head(shape_of(5), 1), head(shape_of(5), 2)
    one.grid(users)
    for units in range(6, 6 + NETWORKS):
        network(shape_of(units))
    assert again.grid(users)[users, items] == pytest.approx(again.pairs(users, items), abs=1e-5)
