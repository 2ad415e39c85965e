"""The grid of all pairs against the plain forward pass."""

from __future__ import annotations

import numpy as np
import pytest

import recsys.nn.ctr_grid
from recsys.dataset import Array
from recsys.nn.ctr_grid import Grid
from recsys.nn.ctr_inputs import Rows
from recsys.nn.ctr_network import Architecture, Network
from tests.nn.small import CROSSES, DENSE, ITEMS, USERS, architecture, small_inputs

pytestmark = pytest.mark.slow

SHAPES = {
    "whole": architecture(),
    "no SIFT": architecture("off"),
    "SIFT in the DNN": architecture("dense"),
    "SIFT as a field": architecture("field"),
    "no CIN": architecture(cin=()),
    "no DNN": architecture(dnn=()),
    "FM alone": architecture(cin=(), dnn=(), fm=True),
    "FM, CIN and DNN": architecture(fm=True),
    "no linear part": architecture(linear=False),
    "one CIN layer": architecture(cin=(5,), dnn=(6,)),
    "three CIN layers": architecture(cin=(8, 6, 5), dnn=(6, 5, 4)),
    "no dense inputs": architecture("off", dense=0),
    "crossed fields and a DNN": architecture(cin=(), crosses=CROSSES),
    "a cross alone": architecture(cin=(), dnn=(), linear=False, crosses=CROSSES[:1]),
}


def drawn(shape: Architecture) -> Network:
    """Weights as large as those that are learned, biases among them."""
    program = Network(shape)
    rng = np.random.default_rng(5)
    for variable in program.learned:
        variable.assign(rng.normal(size=variable.shape).astype(np.float32) * 0.3)
    return program


def of_pairs(size: int) -> Array:
    """float32 (USERS, ITEMS, size): the pairs' dense inputs."""
    return np.random.default_rng(6).normal(size=(USERS, ITEMS, size)).astype(np.float32)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_every_cell_is_the_pairs_logit(shape: Architecture):
    program, dense = drawn(shape), of_pairs(shape.inputs.n_pair_features)
    tensors = small_inputs().tensors()
    users = np.array([4, 0, 3, 3], np.int32)  # neither in order nor all of them
    grid = Grid(program).logits(tensors, users, lambda users: dense[users])
    user, item = np.repeat(users, ITEMS), np.tile(np.arange(ITEMS, dtype=np.int32), len(users))
    pairs = Rows(user, item, dense[user, item], np.zeros(len(user), np.float32))
    expected = program.logits(tensors, pairs).reshape(len(users), ITEMS)
    assert expected.std() > 0.1
    assert grid == pytest.approx(expected, abs=1e-5)


def test_tiles_that_do_not_fit_are_cut_to_the_users_and_the_catalogue(monkeypatch: pytest.MonkeyPatch):
    program, dense = drawn(architecture()), of_pairs(DENSE)
    tensors, users = small_inputs().tensors(), np.arange(20, dtype=np.int32) % USERS
    expected = Grid(program).logits(tensors, users, lambda users: dense[users])
    monkeypatch.setattr(recsys.nn.ctr_grid, "SIDE", 16)
    monkeypatch.setattr(recsys.nn.ctr_grid, "HELD", 4 * 16 * 8)  # 4 items, 16 users, 8 maps
    tiled = Grid(program)
    assert tiled.tile(len(users), ITEMS) == (16, 3)  # 20 users in two tiles, 9 items in three
    assert tiled.logits(tensors, users, lambda users: dense[users]) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("users", "items", "expected"),
    [(943, 1682, (240, 68)), (938, 1682, (240, 68)), (20, 1682, (32, 421)), (20, 100_000, (32, 511))],
)
def test_tiles_are_about_equal_and_of_few_shapes(users: int, items: int, expected: tuple[int, int]):
    # 256 maps: 2^22 / 256 = 16,384 pairs at most, 68 items with 240 users and 512 with 32.
    assert Grid(Network(architecture(cin=(256,)))).tile(users, items) == expected


def test_no_users_have_no_scores():
    program = drawn(architecture())
    none = Grid(program).logits(small_inputs().tensors(), np.zeros(0, np.int32), of_pairs(DENSE).__getitem__)
    assert none.shape == (0, ITEMS)


def test_grids_of_other_users_and_weights_are_not_compiled_anew():
    program, dense = drawn(architecture()), of_pairs(DENSE)
    tensors, grid = small_inputs().tensors(), Grid(program)
    for count in range(1, USERS + 1):
        program.start(count)
        grid.logits(tensors, np.arange(count, dtype=np.int32), lambda users: dense[users])
    assert len(grid._add_dimension) == 1  # the CIN
    for function in (grid._users, grid._items, grid._add_at_once, *grid._add_dimension):
        assert function.experimental_get_tracing_count() == 1
