"""The forward algorithm against all paths of short sentences, one by one; its gradient against finite differences."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest

from recsys.dataset import Array
from recsys.features.viterbi import Transitions, viterbi

pytestmark = pytest.mark.slow
TAGS, LENGTHS = 3, (4, 1, 3, 2)
NAMES = ("B-X", "I-X", "O")


@pytest.fixture(scope="module")
def world() -> dict[str, Array]:
    """Sentences of 1 to 4 tokens in one batch; what stands past their ends is large, and counts for nothing."""
    rng = np.random.default_rng(3)
    emissions = rng.normal(size=(len(LENGTHS), max(LENGTHS), TAGS)).astype(np.float32)
    tags = rng.integers(0, TAGS, emissions.shape[:2]).astype(np.int32)
    for row, length in enumerate(LENGTHS):
        emissions[row, length:] = 50 * rng.normal(size=emissions[row, length:].shape)
    scores = {name: rng.normal(size=size).astype(np.float32) for name, size in shapes().items()}
    return {"emissions": emissions, "tags": tags, "lengths": np.array(LENGTHS, np.int32), **scores}


def shapes() -> dict[str, tuple[int, ...]]:
    return {"transitions": (TAGS, TAGS), "start": (TAGS,), "end": (TAGS,)}


def score(world: dict[str, Array], row: int, path: Sequence[int]) -> float:
    """s(x, y), read off the formula."""
    steps = sum(world["transitions"][before, after] for before, after in pairwise(path))
    emitted = sum(world["emissions"][row, place, tag] for place, tag in enumerate(path))
    return float(world["start"][path[0]] + emitted + steps + world["end"][path[-1]])


def paths(length: int) -> list[tuple[int, ...]]:
    return list(product(range(TAGS), repeat=length))


def likelihood(world: dict[str, Array]) -> Any:
    from recsys.nn import crf, tf

    return crf.log_likelihood(**{name: tf.constant(values) for name, values in world.items()})


def test_the_partition_is_the_sum_over_all_paths(world: dict[str, Array]):
    from recsys.nn import crf, tf

    given = {name: tf.constant(values) for name, values in world.items() if name != "tags"}
    found = crf.log_partition(**given).numpy()
    for row, length in enumerate(LENGTHS):
        total = np.logaddexp.reduce([score(world, row, path) for path in paths(length)])
        assert found[row] == pytest.approx(total, abs=1e-5)


def test_the_likelihood_of_a_path_is_its_share_of_all(world: dict[str, Array]):
    found = np.exp(likelihood(world).numpy())
    for row, length in enumerate(LENGTHS):
        weights = {path: np.exp(score(world, row, path)) for path in paths(length)}
        own = tuple(world["tags"][row, :length].tolist())
        assert found[row] == pytest.approx(weights[own] / sum(weights.values()), rel=1e-5)


def test_large_scores_do_not_overflow(world: dict[str, Array]):
    large = {**world, "emissions": world["emissions"] + 10_000}
    assert np.isfinite(likelihood(large).numpy()).all()


@pytest.mark.parametrize("name", ["emissions", "transitions", "start", "end"])
def test_the_gradient_is_that_of_finite_differences(world: dict[str, Array], name: str):
    from recsys.nn import crf, tf

    given: dict[str, Any] = {
        part: tf.Variable(values, dtype=tf.float32) if values.dtype == np.float32 else tf.constant(values)
        for part, values in world.items()
    }
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(crf.log_likelihood(**given))
    gradient = tape.gradient(total, given[name]).numpy()

    def exact(values: Array) -> float:
        """The same in float64, over all paths."""
        changed = {**world, name: values}
        return sum(
            score(changed, row, changed["tags"][row, :length].tolist())
            - float(np.logaddexp.reduce([score(changed, row, path) for path in paths(length)]))
            for row, length in enumerate(LENGTHS)
        )

    expected = np.zeros(world[name].shape)
    for cell in np.ndindex(*expected.shape):
        step = np.zeros(expected.shape)
        step[cell] = 1e-4
        values = world[name].astype(np.float64)
        expected[cell] = (exact(values + step) - exact(values - step)) / 2e-4
    assert gradient == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("constraints", [False, True])
def test_viterbi_finds_the_path_of_the_highest_score(world: dict[str, Array], constraints: bool):
    scores = Transitions(world["transitions"], world["start"], world["end"])
    scores = scores.within_bio(NAMES) if constraints else scores
    for row, length in enumerate(LENGTHS):
        allowed = [path for path in paths(length) if not constraints or all_follow(path)]
        best = max(allowed, key=lambda path: score(world, row, path))
        assert tuple(viterbi(world["emissions"][row, :length], scores)) == best


def all_follow(path: Sequence[int]) -> bool:
    """I-X stands after B-X or I-X."""
    return all(tag != 1 or before in (0, 1) for before, tag in zip((2, *path), path, strict=False))
