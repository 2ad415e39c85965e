"""What a planted error is, and how it is planted: in the running process, never in a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(slots=True)
class Plant:
    """What a planted error changes.

    set       replaces an attribute of a module or class, for the life of the process
    options   options of run.py that a row is run with beside its own
    """

    options: list[str] = field(default_factory=list[str])
    set: Callable[[Any, str, Any], None] = setattr


@dataclass(frozen=True, slots=True)
class Damage:
    """One error.

    area     where it is
    plant    changes the process
    golden   the golden outputs that run what is broken; rows: those of synthetic-100k that do
    """

    name: str
    area: Literal["network", "model", "evaluation", "settings"]
    plant: Callable[[Plant], None]
    golden: tuple[str, ...]
    rows: tuple[str, ...]
