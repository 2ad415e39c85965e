"""Tests of differences: over repeats, over units, with Holm's correction for many of them, and of variances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri, fdtr, fdtrc, stdtr

from recsys.dataset import Array
from recsys.evaluation.intervals import summarize

FLIPS = 10_000  # draws of signs: the smallest p is 1 / 10,001
CHUNK = 200  # draws held at a time: 200 x 6,040 units are 10 MB


@dataclass(frozen=True, slots=True)
class Difference:
    """A mean of paired differences; all but the mean are None where there is no test.

    low, high   95% interval
    t           of the test over repeats
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


def permutation_test(differences: Array, seed: int, draws: int = FLIPS) -> Array:
    """(columns,): two-sided p of the paired permutation test over units, all repeats of a unit together.

    differences   float (repeats, units, columns): of two models for each unit; NaN where a repeat does not have it
    Were the two models exchangeable, each unit's differences would have the other sign with a chance of one half, in
    all repeats at once: p = (1 + b) / (1 + draws), with b the draws of signs whose mean difference is as far from 0 as
    the observed one, or farther (Phipson and Smyth 2010, Permutation P-values Should Never Be Zero). Information
    retrieval's permutation test: Smucker, Allan and Carterette 2007, A Comparison of Statistical Significance Tests.
    """
    shares = contributions(differences)
    observed = np.abs(shares.sum(axis=0))
    as_far = observed - 1e-12 * np.abs(shares).sum(axis=0)  # equal means may differ in their last digits
    rng, exceeding = np.random.default_rng(seed), np.zeros(shares.shape[1])
    for start in range(0, draws, CHUNK):
        signs = rng.integers(0, 2, (min(CHUNK, draws - start), len(shares)), np.int8) * 2.0 - 1
        exceeding += (np.abs(signs @ shares) >= as_far).sum(axis=0)
    return (1 + exceeding) / (1 + draws)


def contributions(differences: Array) -> Array:
    """(units, columns): what each unit adds to the mean over repeats of the means over units; they add up to it.

    differences   as in `permutation_test`
    """
    defined = ~np.isnan(differences)
    units = defined.sum(axis=1, keepdims=True)
    repeats = (units > 0).sum(axis=0)
    return (np.where(defined, differences, 0) / np.maximum(units, 1)).sum(axis=0) / np.maximum(repeats, 1)


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
