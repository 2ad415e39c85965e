"""Tests of differences: over repeats, over units, with Holm's correction for many of them, and between variances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri, fdtr, fdtrc, stdtr

from recsys.dataset import Array
from recsys.evaluation.intervals import summarize

DRAWS = 2000
CHUNK = 200  # draws held at a time: 200 x 6,040 units are 10 MB


@dataclass(frozen=True, slots=True)
class Difference:
    """A mean of paired differences. All but the mean are None for a single repeat.

    low, high   95% interval
    p           two-sided
    """

    mean: float
    low: float | None
    high: float | None
    t: float | None
    p: float | None


def corrected_t_test(differences: Sequence[float], test_to_train: float) -> Difference:
    """t = mean / (sd sqrt(1/J + n_test/n_train)) with J - 1 degrees of freedom, over J repeats' paired differences.

    The corrected resampled t-test of Nadeau and Bengio 2003, Inference for the Generalization Error, equation 9.
    Without a spread (equal differences), p is 1 where they are 0 and 0 where they are not.
    """
    paired = summarize(differences, test_to_train)
    if paired.sd is None:
        return Difference(paired.mean, None, None, None, None)
    error = paired.sd * np.sqrt(1 / len(differences) + test_to_train)
    t = float(paired.mean / error) if error else float(np.sign(paired.mean)) * np.inf if paired.mean else 0.0
    return Difference(paired.mean, paired.low, paired.high, t, float(2 * stdtr(len(differences) - 1, -abs(t))))


def holm(p: Sequence[float]) -> tuple[float, ...]:
    """Adjusted p of m tests: the running maximum of (m - i + 1) p_(i), p ascending, at most 1.

    Holm 1979, A Simple Sequentially Rejective Multiple Test Procedure: rejecting where the adjusted p is below alpha
    rejects any true hypothesis with a chance of alpha at most.
    """
    values = np.asarray(p, float)
    order = np.argsort(values, kind="stable")
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1)), 1)
    return tuple(adjusted.tolist())


def bootstrap(differences: Array, seed: int, draws: int = DRAWS, level: float = 0.95) -> tuple[Array, Array]:
    """(columns,) twice: the percentile interval of each column's mean when units are drawn with replacement.

    differences   float (units, columns): the paired difference of two models for each unit, defined everywhere
    A unit of ranking is a user. All columns share their draws. Efron and Tibshirani 1993, An Introduction to the
    Bootstrap, chapter 13. The interval is about other units of this one split and these two trained models; it leaves
    out what training again would change.
    """
    units = len(differences)
    rng = np.random.default_rng(seed)
    means = np.empty((draws, differences.shape[1]))
    for start in range(0, draws, CHUNK):
        count = min(CHUNK, draws - start)
        sample = rng.integers(0, units, (count, units)) + np.arange(count)[:, None] * units
        counts = np.bincount(sample.ravel(), minlength=count * units).reshape(count, units)
        means[start : start + count] = counts @ differences / units
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return low, high


def effect_size(differences: Array) -> float:
    """Cohen's d of paired values, mean / sd: the shift in standard deviations; 0 where no value differs."""
    sd = float(np.std(differences, ddof=1))
    return float(np.mean(differences)) / sd if sd else 0.0


def sd_interval(sd: float, count: int, level: float = 0.95) -> tuple[float, float]:
    """sd sqrt((J - 1) / chi2): the interval of the standard deviation of J independent normal values."""
    low, high = (chdtri(count - 1, tail) for tail in ((1 - level) / 2, (1 + level) / 2))
    return float(sd * np.sqrt((count - 1) / low)), float(sd * np.sqrt((count - 1) / high))


def equal_variances(sd: float, count: int, base_sd: float, base_count: int) -> float:
    """Two-sided p of the F-test that two independent normal samples have one variance; both sd are above 0."""
    ratio = (sd / base_sd) ** 2
    tails = fdtr(count - 1, base_count - 1, ratio), fdtrc(count - 1, base_count - 1, ratio)
    return float(min(1.0, 2 * min(tails)))
