"""Daily counts of ratings by category of item, and their forecast by the method of Holt and Winters.

    level    l_t = alpha (x_t / s_(t-p)) + (1 - alpha) (l_(t-1) + b_(t-1))
    trend    b_t = beta (l_t - l_(t-1)) + (1 - beta) b_(t-1)
    season   s_t = gamma (x_t / (l_(t-1) + b_(t-1))) + (1 - gamma) s_(t-p)
    forecast x_(t+h) = (l_t + h b_t) s_(t+h-p)                                   h < p

with x the counts plus 1, so that no day is 0, and p the period in days. In the additive form, differences stand for the
quotients and a sum for the product. Winters 1960, Forecasting Sales by Exponentially Weighted Moving Averages,
Management Science 6(3); computed by the package statsmodels, the first level, trend and season by its heuristic (moving
averages). For h = p it takes s_(t-p), which the last day has not changed.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy import sparse

from recsys.dataset import Array, DataError, Dataset

DAY = 86_400
"""Seconds. Days begin at midnight, UTC."""
Seasonal = Literal["multiplicative", "additive"]
Smoothing = tuple[float, float, float]
"""alpha, beta, gamma."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What was rated when.

    days         int64 (d,): days since 1970, one after the other, from the first rating to the last
    counts       float64 (d, c): ratings of each day and category; an item of several has an equal share in each
    shares       float64 (n_items, c): an item's share of the category's ratings; columns sum to 1, or 0 without any
    categories   c names
    """

    days: Array
    counts: Array
    shares: Array
    categories: tuple[str, ...]

    @classmethod
    def of(cls, data: Dataset, column: str) -> Demand:
        """column: of flags (n_items, c); what has no flag, or all where the data set has no such column, is `other`."""
        day = data.interactions.time // DAY
        first, n_days = int(day.min()), int(day.max() - day.min()) + 1
        flags = data.item_table.get(column, np.zeros((len(data.items), 0))).astype(np.float64)
        names = data.labels.get(column) or tuple(f"{column} {place}" for place in range(flags.shape[1]))
        other = ~flags.any(axis=1, keepdims=True)
        if other.any():
            flags, names = np.concatenate([flags, other], axis=1), (*names, "other")
        flags /= flags.sum(axis=1, keepdims=True)
        ones = np.ones(len(day))
        of_items = sparse.csr_matrix((ones, (day - first, data.interactions.item)), (n_days, len(data.items)))
        weights = flags * np.bincount(data.interactions.item, minlength=len(data.items))[:, None]
        total = weights.sum(axis=0)
        return cls(first + np.arange(n_days), of_items @ flags, weights / np.where(total > 0, total, 1), names)


@dataclass(frozen=True, slots=True)
class HoltWinters:
    """A fitted series. fitted: float64 (d,), the forecast of each day from those before it; forecast: float64 (h,)."""

    fitted: Array
    forecast: Array


def least_days(period: int) -> int:
    """That `holt_winters` can be fitted to: three periods, and what the heuristic for its first values asks for."""
    return max(3 * period, 10 + 2 * (period // 2))


def expect_statsmodels() -> None:
    """Raises `DataError` where the package is not installed."""
    try:
        import statsmodels  # noqa: F401  # pyright: ignore[reportUnusedImport]
    except ImportError as error:
        raise DataError(
            "model=seasonal_popularity: expected the package statsmodels, found none; run: pip install "
            "'statsmodels>=0.14.4,<1'"
        ) from error


def holt_winters(
    counts: Array, seasonal: Seasonal, period: int, horizon: int, smoothing: Smoothing | None
) -> HoltWinters:
    """counts: float64 (d,), d at least `least_days`; smoothing: None: those of the least squared error.

    Neither fitted counts nor forecasts are below 0: what the method says, minus the 1 that was added.
    """
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    kind = {"multiplicative": "mul", "additive": "add"}[seasonal]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the optimiser stopped before its tolerance: its best is taken
        series = ExponentialSmoothing(
            counts + 1, trend="add", seasonal=kind, seasonal_periods=period, initialization_method="heuristic"
        )
        if smoothing is None:
            found: Any = series.fit()
        else:
            level, trend, season = smoothing
            found = series.fit(smoothing_level=level, smoothing_trend=trend, smoothing_seasonal=season, optimized=False)
        fitted, forecast = np.asarray(found.fittedvalues), np.asarray(found.forecast(horizon))
    return HoltWinters(np.maximum(fitted - 1, 0), np.maximum(forecast - 1, 0))
