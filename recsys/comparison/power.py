"""How many repeats, or units, a test needs to detect a difference: what a comparison could have found."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import nctdtr, ndtri, stdtrit

from recsys.comparison.significance import contributions
from recsys.dataset import Array

POWER, LEVEL = 0.8, 0.05
MOST = 10_000


def repeats_needed(sd: float, test_to_train: float, difference: float) -> int | None:
    """The fewest repeats with which the corrected t-test detects a true difference; None: not even `MOST` suffice.

    sd   of the paired differences over repeats
    The error of the mean over J repeats is sd sqrt(1/J + n_test/n_train) (Nadeau and Bengio 2003, equation 9), which
    falls to sd sqrt(n_test/n_train) and no further: beyond that only more data help. The power is that of the two-sided
    t-test in the direction of the difference, from the noncentral t distribution: Cohen 1988, Statistical Power
    Analysis for the Behavioral Sciences, chapter 2.
    """
    if sd == 0:
        return 2
    low, high = 1, 2
    while _power(sd, test_to_train, difference, high) < POWER:
        if high >= MOST:
            return None
        low, high = high, min(2 * high, MOST)
    while high - low > 1:  # power grows with the repeats
        middle = (low + high) // 2
        low, high = (low, middle) if _power(sd, test_to_train, difference, middle) >= POWER else (middle, high)
    return high


def units_needed(differences: Array, difference: float) -> int:
    """The fewest units of which a mean of paired differences would show a true difference.

    differences   float (repeats, units), as in `permutation_test`
    n ((z_{1-level/2} + z_{power}) se / difference)^2, with se the error of the mean over the n units that there are; a
    unit's repeats are one value. Cohen 1988, chapter 2.
    """
    means = np.nanmean(np.where(np.isnan(differences).all(axis=1, keepdims=True), 0, differences), axis=1)
    residual = contributions((differences - means[:, None])[:, :, None])[:, 0]
    units = int((~np.isnan(differences)).any(axis=0).sum())
    error = float(np.sqrt((residual**2).sum()))
    needed = units * ((ndtri(1 - LEVEL / 2) + ndtri(POWER)) * error / difference) ** 2
    return max(2, math.ceil(needed))


def _power(sd: float, test_to_train: float, difference: float, repeats: int) -> float:
    shift = difference / (sd * math.sqrt(1 / repeats + test_to_train))
    return float(1 - nctdtr(repeats - 1, shift, stdtrit(repeats - 1, 1 - LEVEL / 2)))
