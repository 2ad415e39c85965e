"""The crossed fields' term against numbers worked out by hand; its grid: see test_ctr_grid."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.features.crosses import Column, Cross
from recsys.features.fields import Fields
from recsys.nn.ctr_inputs import Inputs, InputSizes, Rows
from recsys.nn.ctr_network import Architecture, Network
from recsys.nn.parts import Crossed

pytestmark = pytest.mark.slow

USER = np.array([[0, 2], [1, 3]], np.int32)  # ids 0-1, genders 2-3
ITEM = np.array([[4, 7], [5, 8], [6, 9]], np.int32)  # ids 4-6, years 7-9
GENRES = np.array([[1, 0], [0.5, 0.5], [0, 0]], np.float32)  # at 10 and 11
GENDER, YEAR, OF_GENRES = Column(1, 2, 2), Column(1, 7, 3), Column(0, 10, 2)
INPUTS = Inputs(Fields(USER, ITEM, GENRES, ((10, 2),), 12, ()), np.zeros((3, 1), np.float32))
USERS, ITEMS = np.repeat([0, 1], 3).astype(np.int32), np.tile([0, 1, 2], 2).astype(np.int32)


def program(*crosses: Cross) -> Network:
    sizes = InputSizes(12, 4, ((10, 2),), "off", 1, 0, embedding_dim=2)
    return Network(Architecture(sizes, (Crossed(crosses),), l2=0.0, batch_size=6))


def rows(*label: float) -> Rows:
    return Rows(USERS, ITEMS, np.zeros((6, 0), np.float32), np.array(label or [0.0] * 6, np.float32))


@pytest.mark.parametrize(
    ("cross", "weights", "expected"),
    [
        # Gender 0 weighs the genres 1 and 2, gender 1 3 and 5; item 1 has both genres, a half each, and item 2 none.
        (Cross((GENDER,), multi_hot=(OF_GENRES,)), [[1, 2], [3, 5]], [1, 1.5, 0, 3, 4, 0]),
        (Cross((GENDER,), (YEAR,)), [[1], [2], [3], [4], [5], [6]], [1, 2, 3, 4, 5, 6]),
        (Cross((), (YEAR,), (OF_GENRES,)), [[1, 2], [3, 5], [7, 8]], [1, 4, 0, 1, 4, 0]),
    ],
    ids=["gender x genres", "gender x year", "year x genres"],
)
def test_every_combination_has_a_weight_and_an_items_genres_share_theirs(
    cross: Cross, weights: list[list[float]], expected: list[float]
):
    network = program(cross)
    (term,) = network.terms
    term.weights[0].assign(weights)
    assert network.logits(INPUTS.tensors(), rows()).tolist() == expected


def test_a_step_of_training_moves_the_weights_of_what_met_and_no_others():
    network = program(Cross((GENDER,), multi_hot=(OF_GENRES,)))
    network.start(1)
    (term,) = network.terms
    assert not term.weights[0].numpy().any()
    only = rows(1, 0, 0, 0, 0, 0)
    network.epoch(INPUTS.tensors(), only, np.zeros(6, np.int64), 0.1)  # user 0 and item 0, six times: a like
    moved = term.weights[0].numpy()
    assert moved[0, 0] > 0.05
    assert [moved[0, 1], *moved[1]] == [0, 0, 0]


def test_several_crosses_are_added():
    both = program(Cross((GENDER,), (YEAR,)), Cross((GENDER,), multi_hot=(OF_GENRES,)))
    (term,) = both.terms
    term.weights[0].assign([[10], [20], [30], [40], [50], [60]])
    term.weights[1].assign([[1, 2], [3, 5]])
    assert both.logits(INPUTS.tensors(), rows()).tolist() == [11, 21.5, 30, 43, 54, 60]
