"""Daily counts by category, and forecasts by hand and on series that the method fits exactly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recsys.dataset import Array, Dataset
from recsys.features.demand import DAY, Demand, Seasonal, holt_winters, least_days
from tests.worlds import ratings

pytest.importorskip("statsmodels", reason="needs the package statsmodels")

WEEK = np.array([3.0, 1.0, 1.0, 1.0, 2.0, 5.0, 8.0])


def world() -> Dataset:
    rows = [(0, 0, 5.0), (1, 0, 4.0), (0, 1, 3.0), (1, 2, 2.0)]
    plain = ratings(rows, 2, 4, times=[DAY * 10, DAY * 12 + 5, DAY * 11 - 1, DAY * 12 + 70])
    genres = np.array([[1, 0], [1, 1], [0, 0], [0, 1]], np.uint8)  # item 2 has no genre, item 3 no rating
    return replace(plain, item_table={"genres": genres}, labels={"genres": ("Drama", "War")})


def test_a_rating_counts_once_shared_by_its_items_categories():
    demand = Demand.of(world(), "genres")
    assert demand.categories == ("Drama", "War", "other")
    assert demand.days.tolist() == [10, 11, 12]
    assert demand.counts.tolist() == [[1.5, 0.5, 0], [0, 0, 0], [1, 0, 1]]  # of day 10: item 0, and half of item 1 each
    assert demand.shares == pytest.approx(np.array([[0.8, 0, 0], [0.2, 1, 0], [0, 0, 1], [0, 0, 0]]))


def test_without_categories_all_items_are_of_one():
    demand = Demand.of(ratings([(0, 0, 5), (0, 1, 4)], 1, 2, times=[DAY, DAY]), "genres")
    assert (demand.categories, demand.counts.tolist()) == (("other",), [[2]])
    assert demand.shares.tolist() == [[0.5], [0.5]]


@pytest.mark.parametrize(
    ("seasonal", "level", "season"),
    [("multiplicative", np.arange(35) / 7 + 10, np.tile(WEEK, 6)), ("additive", np.arange(35) + 10, np.tile(WEEK, 6))],
)
def test_a_weekly_pattern_on_a_line_goes_on(seasonal: Seasonal, level: Array, season: Array):
    slope = level[1] - level[0]
    ahead = level[-1] + slope * np.arange(1, 8)
    if seasonal == "multiplicative":
        counts, expected = level * season[:35] - 1, ahead * WEEK - 1
    else:
        counts, expected = level + season[:35] - 1, ahead + WEEK - 1
    found = holt_winters(counts, seasonal, 7, 7, None)
    assert found.forecast == pytest.approx(expected, rel=0.05)
    assert found.fitted.shape == (35,)


@pytest.mark.parametrize("seasonal", ["multiplicative", "additive"])
def test_the_recursion_is_the_one_of_the_docstring(seasonal: Seasonal):
    """The change of the forecast that follows from the last day's count, by hand."""
    counts = np.tile(WEEK, 4) + np.arange(28) % 3
    alpha, beta, gamma = 0.3, 0.2, 0.4

    def after(last: float) -> Array:
        series = np.append(counts, last)
        return holt_winters(series, seasonal, 7, 7, (alpha, beta, gamma)).forecast + 1

    before = holt_winters(counts, seasonal, 7, 14, (alpha, beta, gamma)).forecast + 1  # of days 28 to 41
    # A last day of just what was forecast changes nothing: level l + b, trend b, the same seasons.
    assert after(before[0] - 1)[:5] == pytest.approx(before[1:6])
    surprise = 4.0
    change = after(before[0] - 1 + surprise)[:5] - before[1:6]
    # The level is off by alpha surprise / s and the trend by beta of that, with s the day's season.
    steps = np.arange(1, 6)
    if seasonal == "additive":
        assert change == pytest.approx(surprise * alpha * (1 + beta * steps))
    else:
        ahead = before[7:14] - before[:7]  # 7 b s of each day
        ratio = ahead[1:6] / ahead[0]  # seasons relative to the last day's
        assert change == pytest.approx(surprise * alpha * (1 + beta * steps) * ratio)


def test_no_forecast_is_below_zero():
    counts = 40.0 - 2 * np.arange(21)
    assert holt_winters(counts, "additive", 7, 7, (0.5, 0.5, 0.1)).forecast.min() == 0


def test_the_fewest_days_are_enough():
    for period in (2, 3, 7):
        counts = np.arange(least_days(period)) % period + 1.0
        assert np.isfinite(holt_winters(counts, "multiplicative", period, period, None).forecast).all()
