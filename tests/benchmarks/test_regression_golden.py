"""What a digest sees, that golden outputs repeat to the bit, and that they see errors that bands cannot."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from benchmarks.regression.damages import networks
from benchmarks.regression.damages.planted import Plant
from benchmarks.regression.golden import cases, closed_form, retrieval
from benchmarks.regression.golden.digest import TOLERANCE, Digest, differences, digest
from benchmarks.regression.golden.world import world
from recsys.dataset import Array


def found(before: Array, after: Array) -> list[str]:
    return [part.part for part in differences({"a": digest(before)}, {"a": digest(after)})]


def test_rounding_is_no_difference_and_anything_more_is():
    values = np.random.default_rng(1).normal(size=(50, 8)).astype(np.float32)
    rounding = np.random.default_rng(2).normal(size=values.shape)
    assert found(values, values * (1 + 1e-7 * rounding)) == []
    assert found(values, values * (1 + 1e-4 * rounding))


def test_one_value_that_is_not_shown_is_seen_by_the_sums():
    values = np.ones(1000)
    changed = values.copy()
    changed[17] += 0.01
    assert found(values, changed) == ["largest", "sum 1", "sum 2"]
    changed[17] = 0.99
    assert found(values, changed) == ["sum 1", "sum 2"]


def test_values_that_changed_places_are_seen():
    values = np.arange(30.0)
    assert found(values, values[::-1])


def test_integers_are_equal_to_the_bit():
    values = np.arange(1000)
    assert found(values, values.astype(np.int32)) == []
    assert found(values, np.where(values == 500, 501, values)) == ["sha256"]


def test_what_is_undefined_stays_undefined():
    values = np.array([1.0, np.nan, 2.0])
    assert found(values, values) == []
    assert found(values, np.array([1.0, 0.0, 2.0])) == ["undefined"]
    assert "undefined" in found(np.array([1.0, 0.0, 2.0]), values)


def test_an_array_of_rounding_alone_may_be_any_rounding():
    assert found(np.full(9, 1e-10), np.full(9, -3e-10)) == []
    assert found(np.full(9, 1e-10), np.full(9, 1e-3 * TOLERANCE * 2))


def test_another_shape_and_an_array_that_went_are_differences():
    assert found(np.zeros(4), np.zeros((2, 2))) == ["shape"]
    (went,) = differences({"a": digest(np.zeros(4))}, {})
    assert (went.part, went.reference, went.now) == ("array", "there", "none")


def test_the_world_has_all_ratings_and_ties_in_time():
    data = world()
    assert 400 < len(data) < 600
    assert set(data.interactions.rating.tolist()) == {1, 2, 3, 4, 5}
    assert (np.bincount(data.interactions.user, minlength=40) >= 2).all()
    events = np.stack([data.interactions.user, data.interactions.time], axis=1)
    assert len(np.unique(events, axis=0)) < len(events)  # a user has two of the same time


@pytest.mark.parametrize(
    "name", [*closed_form.MODELS, *retrieval.cases(), "splits", "measures", "measures of sampled", "features"]
)
def test_a_golden_output_repeats_to_the_bit(name: str):
    case = name if name in cases.CASES else f"model {name}"
    assert cases.outputs(case) == cases.outputs(case)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("broken", "case", "seen"),
    [
        (networks.cin_without_second_layer, "network cin", "logits"),
        (networks.first_moment_not_corrected, "optimizer adam", "weights"),
        (networks.mask_ignored, "network bert4rec", "log probabilities"),
    ],
)
def test_an_error_planted_in_a_network_is_seen_by_its_golden_output(
    broken: Callable[[Plant], None], case: str, seen: str, monkeypatch: pytest.MonkeyPatch
):
    right = cases.outputs(case)
    assert list(differences(right, rounded(right))) == []
    broken(Plant(set=monkeypatch.setattr))
    assert any(part.array.startswith(seen) for part in differences(right, cases.outputs(case)))


def rounded(case: dict[str, Digest]) -> dict[str, Digest]:
    """As another machine would give it."""
    return {
        name: {**part, "largest": part["largest"] * (1 + 1e-7)} if "largest" in part else part
        for name, part in case.items()
    }
