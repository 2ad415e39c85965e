"""Means and their intervals: over repeats that draw their test rows anew, or over the units of one test set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from scipy.special import stdtrit  # Student's t; scipy.stats takes a second to import

from recsys.dataset import Array

Over: TypeAlias = Literal["repeats", "units", "none"]
"""What the intervals of a run are over; none: there are no intervals."""
DRAWS = 2000
CHUNK, HELD = 200, 1 << 21  # draws held at a time, and how many units they may have: 200 x 6,040 units are 10 MB


@dataclass(frozen=True, slots=True)
class Summary:
    """A metric over repeats. sd is None for a single repeat, which tells nothing of its spread.

    sd          sample standard deviation over repeats; where all have one test set, the spread over seeds alone
    low, high   95% interval of the mean, see `Over`; None: there is none
    repeats     the values, in order of the repeats
    """

    mean: float
    sd: float | None
    low: float | None
    high: float | None
    repeats: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class UnitValues:
    """What the metrics' means were taken of.

    names    (columns,)   metrics as in `Summary`'s runs: `rated/precision_at_10`
    values   float (repeats, units, columns); NaN where undefined, or where a repeat does not have the unit
    """

    names: tuple[str, ...]
    values: Array


def summarize(values: Sequence[float], test_to_train: float, level: float = 0.95) -> Summary:
    """mean +- t_{J-1} sd sqrt(1/J + n_test/n_train) over J repeats that each draw their test rows anew.

    Repeats share most of their training rows, so that sd / sqrt(J) is far too small (1.87 times for ten 80/20 splits);
    n_test/n_train is the correction of Nadeau and Bengio 2003, Inference for the Generalization Error, equation 9.
    """
    plain = spread(values)
    if plain.sd is None:
        return plain
    count = len(plain.repeats)
    half = float(stdtrit(count - 1, (1 + level) / 2)) * plain.sd * np.sqrt(1 / count + test_to_train)
    return Summary(plain.mean, plain.sd, float(plain.mean - half), float(plain.mean + half), plain.repeats)


def spread(values: Sequence[float]) -> Summary:
    """Mean and standard deviation, without an interval."""
    numbers = np.asarray(values, float)
    sd = float(numbers.std(ddof=1)) if len(numbers) > 1 else None
    return Summary(float(numbers.mean()), sd, None, None, tuple(numbers.tolist()))


def bootstrap(values: Array, seed: int, draws: int = DRAWS, level: float = 0.95) -> tuple[Array, Array]:
    """(columns,) twice: the percentile interval of each column's mean when units are drawn with replacement.

    values   float (repeats, units, columns), as in `UnitValues`
    The mean is over repeats, of the mean over the units that are defined there. A unit is one cluster: what it has in
    all repeats is drawn together, since a user who is easy for one seed is easy for the next. All columns share their
    draws. NaN for a column with fewer than two units.

    Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13; clusters: Davison and Hinkley 1997,
    Bootstrap Methods and their Application, section 3.8. The interval is about other units and these trained models;
    it leaves out what another training set would change.
    """
    _, units, columns = values.shape
    rng = np.random.default_rng(seed)
    patterns = _patterns(values)
    means = np.empty((draws, columns))
    chunk = min(CHUNK, max(1, HELD // units))
    for start in range(0, draws, chunk):
        count = min(chunk, draws - start)
        sample = rng.integers(0, units, (count, units)) + np.arange(count)[:, None] * units
        counts = np.bincount(sample.ravel(), minlength=count * units).reshape(count, units).astype(float)
        total, seen = np.zeros((count, columns)), np.zeros((count, columns))
        for summed, defined, repeats in patterns:
            drawn = counts @ defined
            total += counts @ summed / np.maximum(drawn, 1)
            seen += repeats * (drawn > 0)
        means[start : start + count] = total / np.where(seen > 0, seen, np.nan)
    # A draw may miss every unit that is defined, where there are few.
    quantile = np.nanquantile if np.isnan(means).any() else np.quantile
    known = (~np.isnan(values)).any(axis=0).sum(axis=0) > 1
    ends = np.full((2, columns), np.nan)
    ends[:, known] = quantile(means[:, known], [(1 - level) / 2, (1 + level) / 2], axis=0)
    return ends[0], ends[1]


def _patterns(values: Array) -> list[tuple[Array, Array, int]]:
    """(sum of values, 1 where defined, how many) of the repeats in which the same units are defined.

    Their means have one denominator, so that repeats of one split cost no more than one of them; and columns that are
    defined for the same units share a column of it.
    """
    groups: dict[bytes, tuple[Array, Array, int]] = {}
    for repeat in values:
        defined = ~np.isnan(repeat)
        key = np.packbits(defined).tobytes()
        summed, _, count = groups.get(key, (0.0, None, 0))
        shared = defined[:, :1] if (defined == defined[:, :1]).all() else defined
        groups[key] = (summed + np.where(defined, repeat, 0.0), shared.astype(float), count + 1)
    return list(groups.values())
