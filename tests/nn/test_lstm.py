"""The fused kernel against the formula, step by step, and its gradient against finite differences."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from recsys.dataset import Array

pytestmark = pytest.mark.slow
UNITS, INPUTS = 3, 2


@pytest.fixture
def world() -> dict[str, Array]:
    rng = np.random.default_rng(5)
    sizes = {"inputs": (2, 4, INPUTS), "kernel": (INPUTS + UNITS, 4 * UNITS), "bias": (4 * UNITS,)}
    return {name: rng.normal(size=size).astype(np.float32) for name, size in sizes.items()}


def states(inputs: Array, kernel: Array, bias: Array) -> Array:
    """h_t of each step, from the formula."""
    hidden = cell = np.zeros((len(inputs), UNITS))
    found: list[Array] = []
    for place in range(inputs.shape[1]):
        gates = np.concatenate([inputs[:, place], hidden], axis=1) @ kernel + bias
        i, g, f, o = np.split(gates, 4, axis=1)
        cell = expit(f + 1) * cell + expit(i) * np.tanh(g)
        hidden = expit(o) * np.tanh(cell)
        found.append(hidden)
    return np.stack(found, axis=1)


def test_states_are_those_of_the_formula(world: dict[str, Array]):
    from recsys.nn.lstm import lstm

    assert lstm(**world).numpy() == pytest.approx(states(**world), abs=1e-6)


@pytest.mark.parametrize("name", ["inputs", "kernel", "bias"])
def test_the_gradient_is_that_of_finite_differences(world: dict[str, Array], name: str):
    from recsys.nn import tf
    from recsys.nn.lstm import lstm

    weight = np.random.default_rng(6).normal(size=(2, 4, UNITS)).astype(np.float32)
    given = {part: tf.Variable(values) for part, values in world.items()}
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(lstm(**given) * weight)
    gradient = tape.gradient(total, given[name]).numpy()
    expected = np.zeros(gradient.shape)
    for cell in np.ndindex(*gradient.shape):
        sides: list[float] = []
        for sign in (1, -1):
            values = world[name].astype(np.float64)
            values[cell] += sign * 1e-4
            sides.append(float((states(**{**world, name: values}) * weight).sum()))
        expected[cell] = (sides[0] - sides[1]) / 2e-4
    assert gradient == pytest.approx(expected, abs=1e-4)


def test_each_direction_begins_at_its_own_end_of_a_sentence(world: dict[str, Array]):
    from recsys.nn import tf
    from recsys.nn.lstm import bidirectional

    way = world["kernel"], world["bias"]
    found = bidirectional(world["inputs"], tf.constant([4, 2]), way, way).numpy()
    for row, length in ((0, 4), (1, 2)):
        own = world["inputs"][row : row + 1, :length]
        turned = states(own[:, ::-1], *way)[:, ::-1]
        expected = np.concatenate([states(own, *way), turned], axis=2)[0]
        assert found[row, :length] == pytest.approx(expected, abs=1e-6)
