"""Which setting of a study is adopted as the default."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recsys.tuning.search import Trial, best

COSTLY = 2
"""Times the CPU seconds of the present setting."""


def adopted(trials: Sequence[Trial]) -> Trial:
    """The best setting; where it costs over twice as much as the present one, the cheapest that is as good.

    As good: within one standard error of the best, that of the mean difference between the two over the inner splits
    (the one-standard-error rule of Breiman, Friedman, Olshen and Stone 1984, Classification and Regression Trees,
    section 3.4.3, here only where a gain has its price).
    Raises `DataError` where no trial is complete.
    """
    present, top = trials[0], best(trials)
    if top.seconds <= COSTLY * present.seconds or len(top.by_repeat) < 2:
        return top
    measured = [trial for trial in trials if trial.value is not None and trial.same_as is None]
    return min((trial for trial in measured if _as_good(trial, top)), key=lambda trial: trial.seconds)


def _as_good(trial: Trial, top: Trial) -> bool:
    lost = np.subtract(top.by_repeat, trial.by_repeat)
    return bool(lost.mean() <= lost.std(ddof=1) / np.sqrt(len(lost)))
