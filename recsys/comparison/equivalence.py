"""Whether two models are practically equal: the Bayesian correlated t-test over repeats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr

from recsys.evaluation.intervals import spread

ROPE = 0.005
"""Half of the region of practical equivalence: one more hit in 20 lists at K = 10."""


@dataclass(frozen=True, slots=True)
class Posterior:
    """Probabilities that the mean difference is below, in, or above the region of practical equivalence."""

    lower: float
    equal: float
    higher: float


def correlated_t_test(differences: Sequence[float], test_to_train: float, rope: float) -> Posterior | None:
    """The posterior of the mean difference over J repeats, below -rope, between, and above rope; None for one repeat.

    Student's t with J - 1 degrees of freedom around the mean, of scale sd sqrt(1/J + rho / (1 - rho)), where rho =
    n_test / (n_test + n_train) is the correlation between repeats, so that rho / (1 - rho) = n_test / n_train.
    Corani and Benavoli 2015, A Bayesian approach for comparing cross-validated algorithms on multiple data sets,
    Machine Learning 100; the region is that of Benavoli, Corani, Demsar and Zaffalon 2017, Time for a Change, JMLR 18.
    The prior is flat on the mean and on the logarithm of sd: the probability that the difference is above 0 is 1 minus
    the one-sided p of the corrected t-test. Without a spread, the mean is certain, and on the edge of the region counts
    as inside.
    """
    paired = spread(differences)
    if paired.sd is None:
        return None
    scale, degrees = paired.sd * np.sqrt(1 / len(differences) + test_to_train), len(differences) - 1
    if scale == 0:
        lower, higher = float(paired.mean < -rope), float(paired.mean > rope)
    else:
        lower, higher = (float(stdtr(degrees, (sign * paired.mean - rope) / scale)) for sign in (-1, 1))
    return Posterior(lower, max(0.0, 1 - lower - higher), higher)
