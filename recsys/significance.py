"""Whether a difference over repeats is real, also among many comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr

from recsys.statistics import summarize


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
    found = summarize(differences, test_to_train)
    if found.sd is None:
        return Difference(found.mean, None, None, None, None)
    error = found.sd * np.sqrt(1 / len(differences) + test_to_train)
    with np.errstate(divide="ignore"):
        t = float(np.divide(found.mean, error)) if found.mean else 0.0
    return Difference(found.mean, found.low, found.high, t, float(2 * stdtr(len(differences) - 1, -abs(t))))


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
