"""Popularity by the demand that is to be expected: items by what Holt-Winters forecasts of their categories.

    score(i) = sum_c share_ic demand_c
    share_ic    i's share of the train ratings of category c; an item of several categories counts equally in each
    demand_c    ratings a day that are forecast for category c, on average over the `horizon` days after train

With demand_c the ratings of c in train, score(i) is the number of ratings of i: `popularity`. See
`recsys.features.demand` for the forecast. The day of train's last rating is left out, since train may end within it.
"""

from __future__ import annotations

import logging
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import Array, Dataset, read_only
from recsys.features.demand import Demand, HoltWinters, Seasonal, expect_statsmodels, holt_winters, least_days
from recsys.recommender import ItemScorer

logger = logging.getLogger(__name__)

Factor = Annotated[float, Ge(0), Le(1)]


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class SeasonalPopularity:
    """Winters 1960, Forecasting Sales by Exponentially Weighted Moving Averages, Management Science 6(3).

    categories   column of flags: what demand is counted by
    seasonal     multiplicative or additive
    period       of the season, in days
    horizon      days that are forecast; a multiple of the period averages the season out, and leaves level and trend
    smoothing    alpha, beta, gamma; None: for each category those of the least squared error in train
    """

    categories: str = "genres"
    seasonal: Seasonal = "multiplicative"
    period: Annotated[int, Ge(2)] = 7
    horizon: Annotated[int, Ge(1)] = 7
    smoothing: tuple[Factor, Factor, Factor] | None = None

    def fit(self, train: Dataset, seed: int) -> ItemScorer:
        """With too few days of ratings, or times that are no dates, the scores of `popularity`, and a warning."""
        demand = Demand.of(train, self.categories)
        full_days = len(demand.days) - 1
        if train.times == "order" or full_days < least_days(self.period):
            have = "the order of events alone" if train.times == "order" else f"{full_days} full days of ratings"
            logger.warning(
                "%s: expected ratings of at least %d full days, got %s: seasonal_popularity forecasts nothing, and "
                "scores by the number of ratings",
                train.name,
                least_days(self.period),
                have,
            )
            expected: Array = demand.counts.sum(axis=0)
        else:
            expected = np.array([series.forecast.mean() for series in self.series(demand)])
        return ItemScorer(read_only((demand.shares @ expected).astype(np.float32)))

    def series(self, demand: Demand) -> list[HoltWinters]:
        """The fit to each category's counts, without the last day."""
        expect_statsmodels()
        return [
            holt_winters(counts, self.seasonal, self.period, self.horizon, self.smoothing)
            for counts in demand.counts[:-1].T
        ]
