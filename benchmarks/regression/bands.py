"""How far a number of a pinned run may move before it counts as changed.

Splits and seeds are pinned, so that on one machine nothing moves at all. On another, sums come out in another order:
closed forms move in their last digits, and a network's training makes of that what another initialisation would make.
Repeats tell how large such luck is. Of M models with J repeats each, x_mr is the value of model m in repeat r:

    e_mr = x_mr - mean over r - mean over m + mean of all       what neither the model nor the split explains
    s^2  = sum of e_mr^2 / ((M - 1) (J - 1))                     pooled: a single model's few repeats say little
    band = t s sqrt(2 / J_m)

How hard a split is cancels where splits are pinned, so it is taken out (a two-way layout; Montgomery, Design and
Analysis of Experiments, chapter 4). s sqrt(2 / J) is the standard error of the difference of two means over J repeats
if all luck but the split were drawn anew; t is Student's for (M - 1) (J - 1) degrees of freedom at 1 - ALPHA / (2 n),
of n numbers that are compared (Bonferroni). A machine on which no luck is as before thus fails in at most ALPHA of all
checks, and as most of the luck is in which ratings a split holds out, in far fewer.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import stdtrit

ALPHA = 0.01
ROUNDING = 1e-9  # where s is 0: means over users are sums of floats


def spread(values: Sequence[Sequence[float]]) -> float:
    """s of M models by J repeats; raises `ValueError` on fewer than two of either."""
    x = np.asarray(values, float)
    if x.ndim != 2 or min(x.shape) < 2:
        raise ValueError(f"expected two or more models of two or more repeats each, got {x.shape}")
    residuals = x - x.mean(axis=1, keepdims=True) - x.mean(axis=0) + x.mean()
    return float(np.sqrt((residuals**2).sum() / degrees(*x.shape)))


def degrees(models: int, repeats: int) -> int:
    """Of freedom: (M - 1) (J - 1)."""
    return (models - 1) * (repeats - 1)


def band(spread: float, degrees: int, repeats: int, compared: int) -> float:
    """Half the width of the band around a mean over `repeats`, one of `compared` numbers."""
    t = float(stdtrit(degrees, 1 - ALPHA / (2 * compared)))
    return t * spread * float(np.sqrt(2 / repeats)) + ROUNDING
