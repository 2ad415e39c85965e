"""Power laws through made-up numbers, whose exponents are known."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

import pytest

from benchmarks.scale.growth import fitted, growth, points
from benchmarks.scale.phases import Phase
from benchmarks.scale.plan import Cell
from benchmarks.scale.results import Outcome, Result
from benchmarks.scale.watch import Limits

LIMITS = Limits(12, 7200)


def result(model: str, size: str, ratings: int, fit: float = 1, outcome: Outcome = "done") -> Result:
    cell = Cell(model, size)
    phases = (Phase("load", 9, 9, 400), Phase("fit", 99, fit, 700))
    return Result(cell, " ".join(cell.words), outcome, LIMITS, phases=phases, sizes={"ratings": ratings})


def fit_cpu(result: Result) -> float:
    phase = result.phase("fit")
    return phase.cpu_s if phase else 0.0


def test_points_on_a_power_law_give_its_exponent_and_what_a_larger_size_costs():
    power = fitted([(10, 3 * 10**1.5), (40, 3 * 40**1.5), (1000, 3 * 1000**1.5)])
    assert power is not None and power.points == 3
    assert (power.exponent, power.factor) == pytest.approx((1.5, 3))
    assert power.at(10_000) == pytest.approx(3_000_000)


def test_points_beside_a_line_are_fitted_by_least_squares_of_logarithms():
    # log10: (0, 0), (1, 0), (2, 3). The slope is (-1 * -1 + 1 * 2) / 2 = 1.5, the mean cost 10^1 at the mean n of 10^1.
    power = fitted([(1, 1), (10, 1), (100, 1000)])
    assert power is not None
    assert power.exponent == pytest.approx(1.5)
    assert power.at(10) == pytest.approx(10)


@pytest.mark.parametrize("few", [[], [(10, 1)], [(10, 1), (10, 2)], [(10, 0), (20, 1)]])
def test_nothing_is_fitted_to_fewer_than_two_sizes_that_cost_something(few: list[tuple[float, float]]):
    assert fitted(few) is None


def test_sizes_under_a_million_what_is_not_done_and_other_shapes_do_not_count():
    results = [
        result("ials", "100k", 100_000, fit=50),
        result("ials", "5m", 4_000_000, fit=8),
        result("ials", "1m", 1_000_000, fit=2),
        result("ials", "20m", 20_000_000, fit=1e6, outcome="time"),
        result("ials", "100k-items", 5_000_000, fit=1e6),
        result("ease", "5m", 5_000_000, fit=1e6),
        result("random", "1m", 1_000_000, fit=0.09),
        result("random", "5m", 5_000_000, fit=0.2),
    ]
    assert points(results, "ials", fit_cpu) == [(1e5, 50), (1e6, 2), (4e6, 8)]
    power = growth(results, "ials", fit_cpu)
    assert power is not None and power.points == 2
    assert power.exponent == pytest.approx(1)
    assert power.at(1e6 * sqrt(4)) == pytest.approx(4)
    assert growth(results, "random", fit_cpu) is None  # a tenth of a second is noise


def test_memory_is_that_of_the_largest_phase_and_what_grows_is_what_came_on_top_of_the_start():
    plain = result("ials", "1m", 1_000_000)
    assert (plain.peak_gb, plain.held_gb) == pytest.approx((0.7, 0.7))
    started = replace(plain, phases=(Phase("start", 1, 1, 150), *plain.phases))
    assert (started.peak_gb, started.held_gb) == pytest.approx((0.7, 0.55))
