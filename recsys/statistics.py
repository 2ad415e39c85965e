"""What repeated splits can say: a mean, its spread, and an interval that knows the training sets overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit  # Student's t; scipy.stats takes a second to import


@dataclass(frozen=True, slots=True)
class Summary:
    """A metric over repeats. sd, low and high are None for a single repeat, which tells nothing of its spread.

    sd          sample standard deviation over repeats
    low, high   95% interval of the mean
    repeats     the values, in order of the repeats
    """

    mean: float
    sd: float | None
    low: float | None
    high: float | None
    repeats: tuple[float, ...]


def summarize(values: Sequence[float], test_to_train: float, level: float = 0.95) -> Summary:
    """mean +- t_{J-1} sd sqrt(1/J + n_test/n_train) over J repeats.

    Repeats share most of their training rows, so that sd / sqrt(J) is far too small (1.87 times for ten 80/20 splits);
    n_test/n_train is the correction of Nadeau and Bengio 2003, Inference for the Generalization Error, equation 9.
    """
    numbers = np.asarray(values, float)
    mean, count = float(numbers.mean()), len(numbers)
    if count == 1:
        return Summary(mean, None, None, None, tuple(numbers.tolist()))
    sd = float(numbers.std(ddof=1))
    half = float(stdtrit(count - 1, (1 + level) / 2)) * sd * np.sqrt(1 / count + test_to_train)
    return Summary(mean, sd, float(mean - half), float(mean + half), tuple(numbers.tolist()))


@dataclass(frozen=True, slots=True)
class Paired:
    """One model less another, repeat by repeat; p is None where there is one repeat.

    p   two-sided, of Student's t test of a mean difference of 0, with the correction of `summarize`
    """

    difference: Summary
    p: float | None


def paired(values: Sequence[float], others: Sequence[float], test_to_train: float) -> Paired:
    """t = d / (sd sqrt(1/J + n_test/n_train)), d and sd over the J differences on the same splits, J - 1 degrees."""
    difference = summarize([one - other for one, other in zip(values, others, strict=True)], test_to_train)
    if difference.sd is None:
        return Paired(difference, None)
    count = len(difference.repeats)
    error = difference.sd * np.sqrt(1 / count + test_to_train)
    if error == 0:
        return Paired(difference, 1.0 if difference.mean == 0 else 0.0)
    return Paired(difference, float(2 * stdtr(count - 1, -abs(difference.mean) / error)))


def holm(ps: Sequence[float | None]) -> list[float | None]:
    """The p values adjusted for their number m: max over those not larger, of (m - rank) p; at most 1. Holm 1979."""
    known = [place for place, p in enumerate(ps) if p is not None]
    adjusted: list[float | None] = list(ps)
    least = 0.0
    for rank, place in enumerate(sorted(known, key=lambda place: ps[place] or 0.0)):
        least = max(least, min(1.0, (len(known) - rank) * (ps[place] or 0.0)))
        adjusted[place] = least
    return adjusted
