"""How a cost grows: a power law fitted to measured sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from benchmarks.scale.plan import SIZES
from benchmarks.scale.results import Result

FROM = 1_000_000
"""Ratings from which on sizes count: below, what any run costs (starting, compiling) hides what grows."""
LEAST = 0.1
"""CPU seconds or GB: smaller costs do not tell how they grow."""


@dataclass(frozen=True, slots=True)
class Power:
    """cost = factor * n^exponent; points: how many it was fitted to, and a straight line goes through any two."""

    factor: float
    exponent: float
    points: int

    def at(self, n: float) -> float:
        return self.factor * n**self.exponent


def fitted(points: Sequence[tuple[float, float]]) -> Power | None:
    """Least squares of log cost over log n; None where fewer than two distinct n have a cost above 0."""
    positive = [(n, cost) for n, cost in points if cost > 0]
    if len({n for n, _ in positive}) < 2:
        return None
    n, cost = np.log(np.array(positive)).T
    exponent = float(np.cov(n, cost, bias=True)[0, 1] / n.var())
    return Power(float(np.exp(cost.mean() - exponent * n.mean())), exponent, len(positive))


def _cpu(name: str) -> Callable[[Result], float]:
    def cost(result: Result) -> float:
        phase = result.phase(name)
        return 0.0 if phase is None else phase.cpu_s

    return cost


COSTS: Mapping[str, Callable[[Result], float]] = MappingProxyType(
    {"fit, CPU s": _cpu("fit"), "full, CPU s": _cpu("full"), "memory, GB": lambda result: result.held_gb}
)
"""What grows, with its unit: on a shared machine, CPU seconds tell more than the clock. Memory is the peak beyond what
the process held before any data, so that exponents are not of the interpreter."""


def points(results: Sequence[Result], model: str, cost: Callable[[Result], float]) -> list[tuple[float, float]]:
    """(ratings, cost) of the model's cells that are done, of the sizes that grow, ascending."""
    done = [one for one in results if one.cell.model == model and one.outcome == "done" and SIZES[one.cell.size].grows]
    return sorted((float(one.sizes["ratings"]), cost(one)) for one in done)


def growth(results: Sequence[Result], model: str, cost: Callable[[Result], float]) -> Power | None:
    return fitted([(n, value) for n, value in points(results, model, cost) if n >= FROM and value >= LEAST])
