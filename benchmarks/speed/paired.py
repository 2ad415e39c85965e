"""Two sides of a measurement run in turn in one process, in CPU seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

EPOCHS = 10


@dataclass(frozen=True, slots=True)
class Spread:
    """Of the rounds of one measurement, in CPU seconds."""

    median: float
    least: float
    most: float

    @staticmethod
    def of(values: Sequence[float]) -> Spread:
        return Spread(float(np.median(values)), min(values), max(values))

    def times(self, scale: float) -> Spread:
        return Spread(self.median * scale, self.least * scale, self.most * scale)

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.least:.2f} to {self.most:.2f})"


@dataclass(frozen=True, slots=True)
class Pair:
    """One side against the other: the first, compiling, round of each, the later rounds, and the ratios in pairs."""

    theirs_first: float
    ours_first: float
    theirs: Spread
    ours: Spread
    ratio: Spread

    @property
    def ratio_of_ten(self) -> float:
        """Of ten epochs, the first with all that is built and compiled."""
        return self._ten(self.theirs_first, self.theirs) / self._ten(self.ours_first, self.ours)

    @staticmethod
    def _ten(first: float, later: Spread) -> float:
        return first + (EPOCHS - 1) * later.median


def paired(theirs: Callable[[], object], ours: Callable[[], object], rounds: int) -> Pair:
    """Runs both in turn, once and `rounds` times more. CPU seconds of all threads of this process."""
    first = cost(theirs), cost(ours)
    costs = [(cost(theirs), cost(ours)) for _ in range(rounds)]
    their_costs, our_costs = zip(*costs, strict=True)
    return Pair(*first, Spread.of(their_costs), Spread.of(our_costs), Spread.of([a / b for a, b in costs]))


def cost(work: Callable[[], object]) -> float:
    """CPU seconds."""
    start = time.process_time()
    work()
    return time.process_time() - start
