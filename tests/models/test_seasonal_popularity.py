"""Popularity by forecast demand: what it ranks first where a category rises, and where it is plain popularity."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest

from recsys.dataset import DataError, Dataset
from recsys.features.demand import DAY
from recsys.models.popularity import Popularity
from recsys.models.seasonal_popularity import SeasonalPopularity
from tests.worlds import ratings

pytest.importorskip("statsmodels", reason="needs the package statsmodels")


def world(days: int = 42) -> Dataset:
    """Each day, two ratings of item 0 of the falling genre at first and none at the end, and the other way round of
    item 1 of the rising one; item 2 is of the falling one, with a single rating."""
    rows: list[tuple[int, int, float]] = []
    times: list[int] = []
    for day in range(days):
        rising = day >= days * 3 // 5
        for user in (2 * day, 2 * day + 1):
            rows.append((user, int(rising), 4.0))
            times.append(DAY * (100 + day))
    rows.append((0, 2, 5.0))
    times.append(DAY * 100)
    plain = ratings(rows, 2 * days, 4, times=times)
    genres = np.array([[1, 0], [0, 1], [1, 0], [0, 1]], np.uint8)
    return replace(plain, item_table={"genres": genres}, labels={"genres": ("falling", "rising")})


@pytest.mark.parametrize("seasonal", ["multiplicative", "additive"])
def test_a_rising_category_comes_first_though_another_has_more_ratings(seasonal: str):
    assert Popularity().fit(world(), 1).scores[:2].tolist() == [50, 34]
    scores = SeasonalPopularity(seasonal=seasonal).fit(world(), 1).scores
    assert scores[1] > 1 > scores[0] >= scores[2]
    assert scores[3] == 0  # nobody has rated it


def test_within_a_category_items_are_in_order_of_their_ratings():
    scores = SeasonalPopularity(smoothing=(0.1, 0.0, 0.0)).fit(world(), 1).scores
    assert scores[0] / scores[2] == pytest.approx(50)


def test_too_few_days_give_the_scores_of_popularity_and_a_warning(caplog: pytest.LogCaptureFixture):
    train = world(21)
    with caplog.at_level(logging.WARNING):
        scores = SeasonalPopularity().fit(train, 1).scores
    assert scores == pytest.approx(Popularity().fit(train, 1).scores)
    assert "expected ratings of at least 21 full days, got 20 full days of ratings" in caplog.text
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        ordered = SeasonalPopularity().fit(replace(world(), times="order"), 1).scores
    assert ordered == pytest.approx(Popularity().fit(world(), 1).scores)
    assert "got the order of events alone" in caplog.text


def test_the_day_within_which_train_ends_changes_no_forecast():
    train = world()
    last = train.interactions.time == train.interactions.time.max()
    more = train.take(~last | (np.cumsum(last) == 1))  # one of that day's two ratings
    model = SeasonalPopularity(smoothing=(0.3, 0.1, 0.1))
    assert model.fit(train, 1).scores[0] == pytest.approx(model.fit(more, 1).scores[0])


def test_popularity_of_the_last_days_counts_no_others():
    train = world(10)  # item 1 has the ratings of the last four days
    assert Popularity(last_days=5).fit(train, 1).scores.tolist() == [2, 8, 0, 0]
    assert Popularity(last_days=1000).fit(train, 1).scores.tolist() == Popularity().fit(train, 1).scores.tolist()


def test_the_last_days_of_data_without_times_are_not_known():
    train = ratings([(0, 0, 5), (0, 1, 4)], 1, 2)
    with pytest.raises(DataError, match=r"expected time stamps, for model\.last_days to count back from"):
        Popularity(last_days=7).fit(train, 1)
