"""What repeated splits can say: a mean, its spread, and an interval that knows the training sets overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit  # Student's t; scipy.stats takes a second to import


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
