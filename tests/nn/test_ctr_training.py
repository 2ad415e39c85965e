"""A trained network keeps its own weights, whatever is done with others meanwhile."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.features.out_of_fold import PairFeatures
from recsys.nn.ctr_network import NETWORKS, Architecture, network
from recsys.nn.ctr_training import TrainedNetwork
from tests.nn.small import ITEMS, USERS, architecture, small_inputs

pytestmark = pytest.mark.slow


def trained(shape: Architecture, seed: int) -> TrainedNetwork:
    rng = np.random.default_rng(seed)
    weights = [rng.normal(size=variable.shape).astype(np.float32) * 0.3 for variable in network(shape).learned]
    none = np.zeros(0, np.float32)
    return TrainedNetwork(shape, small_inputs(), PairFeatures(None, (), ITEMS), none, none, tuple(weights))


def shape_of(units: int) -> Architecture:
    return architecture(cin=(), dnn=(units,), dense=0)


def test_two_networks_of_one_shape_answer_with_their_own_weights():
    users, items = np.arange(USERS), np.arange(USERS)
    first, second = trained(shape_of(5), 1), trained(shape_of(5), 2)
    logits, others = first.grid(users), second.grid(users)
    assert np.abs(logits - others).max() > 0.1
    assert first.pairs(users, items) == pytest.approx(logits[users, items], abs=1e-5)
    assert first.grid(users).tolist() == logits.tolist()


def test_a_network_that_had_to_make_room_for_others_comes_back_whole():
    users, items = np.arange(USERS), np.arange(USERS)
    first, again = trained(shape_of(5), 1), trained(shape_of(5), 2)
    first.grid(users)
    for units in range(6, 6 + NETWORKS):
        network(shape_of(units))
    assert again.grid(users)[users, items] == pytest.approx(again.pairs(users, items), abs=1e-5)
