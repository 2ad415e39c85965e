"""Which setting of a study is adopted as the default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from recsys.dataset import Array
from recsys.tuning.search import Trial, best

COSTLY = 2
"""Times the CPU seconds of the present setting."""


def adopted(trials: Sequence[Trial], by_unit: Mapping[int, Array] | None = None) -> Trial:
    """The best setting; where it costs over twice as much as the present one, the cheapest that is as good.

    As good: within one standard error of the best, that of the mean difference between the two over the inner splits
    (the one-standard-error rule of Breiman, Friedman, Olshen and Stone 1984, Classification and Regression Trees,
    section 3.4.3, here only where a gain has its price).

    by_unit   trial -> float (units,), the objective on each user of the one inner split, NaN where it is undefined:
              the difference is over these then

    Raises `DataError` where no trial is complete.
    """
    present, top = trials[0], best(trials)
    measured = [trial for trial in trials if trial.value is not None and trial.same_as is None]
    values = {trial.number: np.asarray(trial.by_repeat) for trial in measured} if by_unit is None else by_unit
    if top.seconds <= COSTLY * present.seconds or np.isfinite(values[top.number]).sum() < 2:
        return top
    as_good = (trial for trial in measured if _as_good(values[trial.number], values[top.number]))
    return min(as_good, key=lambda trial: trial.seconds)


def _as_good(values: Array, top: Array) -> bool:
    lost = (top - values)[~np.isnan(top - values)]
    return bool(lost.mean() <= lost.std(ddof=1) / np.sqrt(len(lost)))
