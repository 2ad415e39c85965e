"""What came of each cell, kept in one JSON file, and which cells are still to be done."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from benchmarks.scale.phases import START, Phase
from benchmarks.scale.plan import SIZES, Cell
from benchmarks.scale.watch import Limits
from recsys import atomic

Outcome = Literal["done", "memory", "time", "refused", "failed", "not tried"]
"""memory, time: killed beyond that limit; refused: the model itself said that it cannot; failed: any other error; not
tried: a smaller size did not fit."""


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
    def peak_gb(self) -> float:
        """Over all phases that were finished."""
        return max((phase.peak_mb for phase in self.phases), default=0.0) / 1000

    @property
    def held_gb(self) -> float:
        """The same beyond what the process held before any data."""
        start = self.phase(START)
        return self.peak_gb - (0.0 if start is None else start.peak_mb / 1000)

    def stands(self, cell: Cell, limits: Limits) -> bool:
        """Whether the cell need not be run again under these limits."""
        within = {"memory": limits.memory_gb <= self.limits.memory_gb, "time": limits.seconds <= self.limits.seconds}
        same = self.cell == cell and self.words == " ".join(cell.words)
        return same and within.get(self.outcome, self.outcome in ("done", "refused"))

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


def smaller(results: Sequence[Result], cell: Cell, limits: Limits) -> Result | None:
    """The result that says that the cell would not fit: of the same model, at a smaller size of those that grow."""
    if not SIZES[cell.size].grows:
        return None
    growing = [name for name, size in SIZES.items() if size.grows]
    below = growing[: growing.index(cell.size)]
    for result in results:
        before = Cell(cell.model, result.cell.size, cell.threads)
        if result.cell.size in below and result.outcome in ("memory", "time") and result.stands(before, limits):
            return result
    return None
