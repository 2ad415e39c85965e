"""What came of each cell, kept in one JSON file, and which cells are still to be done."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from benchmarks.scale.phases import START, Phase
from benchmarks.scale.plan import SIZES, Cell
from benchmarks.scale.watch import Limits
from recsys import atomic

Outcome = Literal["done", "memory", "time", "refused", "failed", "not tried"]
"""memory, time: killed beyond that limit; refused: the model itself said that it cannot; failed: any other error; not
tried: by what a smaller size cost, it would not fit."""
HOUR = 3600


@dataclass(frozen=True, slots=True)
class Result:
    """A cell and what came of it.

    words     of run.py, by which it was asked for
    why       of all outcomes but `done`, in words
    stopped   the phase in which it ended early
    phases    those that were finished
    sizes     users, items, ratings, as loaded; empty where loading did not end
    scoring   protocol -> score_cpu_s and rank_cpu_s, the two parts of its phase beside the metrics
    machine   processor, commit and date
    """

    cell: Cell
    words: str
    outcome: Outcome
    limits: Limits
    why: str = ""
    stopped: str | None = None
    phases: tuple[Phase, ...] = ()
    sizes: Mapping[str, int] = field(default_factory=dict[str, int])
    scoring: Mapping[str, Mapping[str, float]] = field(default_factory=dict[str, Mapping[str, float]])
    machine: Mapping[str, str] = field(default_factory=dict[str, str])

    def phase(self, name: str) -> Phase | None:
        return next((phase for phase in self.phases if phase.name == name), None)

    @property
    def seconds(self) -> float:
        """By the clock, of all phases that were finished."""
        return sum(phase.wall_s for phase in self.phases)

    @property
    def peak_gb(self) -> float:
        """Over all phases that were finished."""
        return max((phase.peak_mb for phase in self.phases), default=0.0) / 1000

    @property
    def held_gb(self) -> float:
        """The same beyond what the process held before any data."""
        start = self.phase(START)
        return self.peak_gb - (0.0 if start is None else start.peak_mb / 1000)

    def stands(self, cell: Cell, limits: Limits) -> bool:
        """Whether the cell need not be run again under these limits. What is done is, with however many threads."""
        within = {"memory": limits.memory_gb <= self.limits.memory_gb, "time": limits.seconds <= self.limits.seconds}
        done = self.outcome in ("done", "refused")
        asked = replace(cell, threads=self.cell.threads) if done else cell
        same = self.cell == asked and self.words == " ".join(asked.words)
        return same and within.get(self.outcome, done)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Result:
        parts = dict(value)
        phases = tuple(Phase(**phase) for phase in parts.pop("phases"))
        cell, limits = Cell(**parts.pop("cell")), Limits(**parts.pop("limits"))
        return cls(cell=cell, limits=limits, phases=phases, **parts)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def read(file: Path) -> list[Result]:
    """In the order in which they were kept; none where there is no file."""
    if not file.exists():
        return []
    return [Result.from_json(value) for value in json.loads(file.read_text(encoding="utf-8"))["cells"]]


def keep(file: Path, results: Sequence[Result]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_json(file, {"cells": [result.to_json() for result in results]})


def with_one(results: Sequence[Result], new: Result) -> list[Result]:
    """The results, the new one in place of another of the same model and size."""
    place = (new.cell.model, new.cell.size)
    return [*(old for old in results if (old.cell.model, old.cell.size) != place), new]


def too_large(results: Sequence[Result], cell: Cell, limits: Limits) -> str | None:
    """Why the cell is not worth trying, from what the model cost at the next smaller size; None where it may fit."""
    smaller = [
        (times, result)
        for result in results
        if (times := SIZES[cell.size].times(SIZES[result.cell.size])) is not None
        and result.cell == replace(cell, size=result.cell.size)
        and result.stands(result.cell, limits)
    ]
    if not smaller:
        return None
    times, nearest = min(smaller, key=lambda one: one[0])
    if nearest.outcome in ("memory", "time"):
        return f"{nearest.cell.size}: {nearest.why}"
    if nearest.outcome == "done" and (seconds := in_proportion(nearest, *times)) > limits.seconds:
        return (
            f"{nearest.cell.size} took {in_proportion(nearest, 1, 1) / HOUR:.2g} h; "
            f"{times[0]:.3g} times the ratings and {times[1]:.3g} times the pairs "
            f"of user and item are {seconds / HOUR:.2g} h in proportion, more than {limits.seconds / HOUR:g} h"
        )
    return None


def in_proportion(result: Result, ratings: float, pairs: float) -> float:
    """Seconds of so many times the ratings and the pairs: `full` goes by pairs, the rest by ratings.

    CPU seconds over threads, the least by the clock, and the same whatever else the machine does.
    """
    cpu_s = sum(phase.cpu_s * (pairs if phase.name == "full" else ratings) for phase in result.phases)
    return cpu_s / result.cell.threads
