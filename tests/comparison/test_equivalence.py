"""The Bayesian correlated t-test: by hand, against the corrected t-test, and in worlds at the edge of the region."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.comparison.equivalence import correlated_t_test
from recsys.comparison.significance import corrected_t_test
from recsys.dataset import Array
from tests.comparison import published

RATIO = 0.25


def test_the_posterior_by_hand():
    # mean 2, sd 1, J = 3: t with 2 degrees of freedom, whose distribution function is 1/2 + x / (2 sqrt(2 + x^2)),
    # around 2 with the scale sqrt(1/3 + 1/4). Region from -1 to 1.
    found = correlated_t_test([1.0, 2.0, 3.0], RATIO, rope=1.0)
    assert found is not None
    scale = np.sqrt(7 / 12)
    lower, upper = (0.5 + x / (2 * np.sqrt(2 + x**2)) for x in ((-1 - 2) / scale, (1 - 2) / scale))
    assert (found.lower, found.equal) == (pytest.approx(lower), pytest.approx(upper - lower))
    assert found.lower + found.equal + found.higher == pytest.approx(1)


def test_the_published_comparison_of_two_support_vector_machines():
    rbf, linear = published.AUC
    differences = (rbf - linear).tolist()
    region, none = correlated_t_test(differences, 10 / 90, rope=0.01), correlated_t_test(differences, 10 / 90, rope=0.0)
    assert region is not None and none is not None
    assert (round(region.equal, 3), round(none.higher, 3)) == (0.432, 0.773)


def test_without_a_region_it_is_the_one_sided_corrected_t_test():
    differences = np.random.default_rng(1).normal(0.3, 1, 10).tolist()
    found, test = correlated_t_test(differences, RATIO, rope=0.0), corrected_t_test(differences, RATIO)
    assert found is not None and test.p is not None
    assert (found.equal, 2 * min(found.lower, found.higher)) == (pytest.approx(0), pytest.approx(test.p))


def test_the_other_sign_swaps_higher_and_lower():
    found, turned = (correlated_t_test([sign * x for x in (0.1, 0.2, 0.4)], RATIO, 0.05) for sign in (1, -1))
    assert found is not None and turned is not None
    assert (turned.lower, turned.higher) == (pytest.approx(found.higher), pytest.approx(found.lower))


@pytest.mark.parametrize(("value", "expected"), [(0.25, (0, 1, 0)), (0.3, (0, 0, 1)), (-0.3, (1, 0, 0))])
def test_without_a_spread_the_mean_is_certain(value: float, expected: tuple[int, int, int]):
    found = correlated_t_test([value, value], RATIO, rope=0.25)
    assert found is not None
    assert (found.lower, found.equal, found.higher) == expected


def test_one_repeat_says_nothing():
    assert correlated_t_test([0.5], RATIO, rope=0.1) is None


def worlds(mean: float, sd: float, count: int, repeats: int = 10) -> Array:
    """(count, repeats): differences whose repeats correlate by n_test / (n_test + n_train), as the test assumes."""
    rng, rho = np.random.default_rng(2), RATIO / (1 + RATIO)
    shared, own = rng.normal(size=(count, 1)), rng.normal(size=(count, repeats))
    return mean + sd * (np.sqrt(rho) * shared + np.sqrt(1 - rho) * own)


@pytest.mark.parametrize(("edge", "claim"), [(0.005, "higher"), (-0.005, "lower")])
def test_a_difference_on_the_edge_is_called_outside_with_95_percent_in_five_of_a_hundred_worlds(
    edge: float, claim: str
):
    found = [correlated_t_test(world, RATIO, 0.005) for world in worlds(edge, 0.004, 4000).tolist()]
    claimed = np.mean([getattr(posterior, claim) > 0.95 for posterior in found])
    assert abs(claimed - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 4000)


def test_a_difference_on_the_edge_is_called_practically_equal_in_no_more_than_five_of_a_hundred_worlds():
    found = [correlated_t_test(world, RATIO, 0.005) for world in worlds(0.005, 0.002, 4000).tolist()]
    claimed = np.mean([posterior is not None and posterior.equal > 0.95 for posterior in found])
    assert 0.03 < claimed < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 4000)


def test_equal_models_are_called_practically_equal():
    found = [correlated_t_test(world, RATIO, 0.005) for world in worlds(0.0, 0.002, 300).tolist()]
    assert np.mean([posterior is not None and posterior.equal > 0.95 for posterior in found]) > 0.9
