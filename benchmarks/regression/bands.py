"""How far a number of a pinned run may move on a machine whose last digits differ, before it counts as changed.

Splits and seeds are pinned. Where libraries, their kernels and the processor are those of the reference, nothing moves,
and numbers must be equal to EQUAL. Elsewhere sums come out in another order. Most models make nothing of it; training a
network makes of it, at the most, what another initialisation would make. How much, `update` measures on the very splits
that are pinned, so that what differs from split to split plays no part:

    kinds        the row on three kinds of processor or more, which the machine at hand stands for (`machine`)
    re-seeding   on RESEEDINGS other seeds of all that is drawn after the split, where a kind moved the row at all

Of R runs, the reference among them, with x_rj the number in run r and repeat j of J:

    m    = mean over all x_rj                                        what the mean over repeats now is compared with
    s^2  = sum_j sum_r (x_rj - mean over r)^2 / (J (R - 1))          within repeats; J (R - 1) degrees of freedom
    band = t s sqrt((1 + 1 / R) / J) + 1 / (J U)

the larger of the two s counts. Behind t stands the standard error of what another run's mean over repeats is off from
m: a prediction interval (Student's t; Hahn and Meeker 1991, Statistical Intervals, section 4.8), at 1 - ALPHA / (2 n)
of the n numbers of a set that chance moves (Bonferroni). 1 / (J U) allows what no sample of kinds need show: one value
of one of the U users, in one repeat, from 0 to 1, where two scores lie within a rounding of each other; a number that
no kind moves has this band alone.

False alarms: where a machine moves numbers as another seed does, at most ALPHA of all checks of a set fail. As rounding
moves a network less than another seed does, far fewer do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

ALPHA = 0.01
EQUAL = 1e-6
"""Where nothing may move: more than a metric's own rounding, less than any hit."""
RESEEDINGS = 4


@dataclass(frozen=True, slots=True)
class Spread:
    """mean: m; sd: s; degrees: of freedom."""

    mean: float
    sd: float
    degrees: int

    @classmethod
    def of(cls, runs: Sequence[Sequence[float]]) -> Spread:
        """Of the reference and one run or more, each with a value a repeat; raises `ValueError` on fewer."""
        x = np.asarray(runs, float)
        if x.ndim != 2 or len(x) < 2:
            raise ValueError(f"expected two runs or more of as many repeats each, got {x.shape}")
        degrees = x.shape[1] * (len(x) - 1)
        # A number that is undefined in all runs is undefined here, too, and moves nowhere.
        residuals = np.nan_to_num(x - x.mean(axis=0))
        return cls(float(x.mean()), float(np.sqrt((residuals**2).sum() / degrees)), degrees)

    @property
    def moves(self) -> bool:
        return self.sd > EQUAL


def band(spread: Spread, repeats: int, users: int, moving: int) -> float:
    """Half the width of the band around the mean of runs of `repeats`, one of `moving` numbers that chance moves."""
    least = 1 / (repeats * users)
    if not spread.moves:
        return least
    t = float(stdtrit(spread.degrees, 1 - ALPHA / (2 * max(moving, 1))))
    runs = spread.degrees / repeats + 1
    return t * spread.sd * float(np.sqrt((1 + 1 / runs) / repeats)) + least
