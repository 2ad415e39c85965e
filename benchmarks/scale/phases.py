"""What one process spends on each phase of a run, written to a file as it goes: of one that is killed, the phases that
it had finished, and the one it was in, are known."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from recsys import atomic
from recsys.pipeline import peak_rss_mb
from recsys.timing import Stopwatch

CLEAR = Path("/proc/self/clear_refs")
"""Linux: a 5 written here sets the process' peak of resident memory (VmHWM) to what it holds now."""


START = "start"
"""The first phase. What it holds at its peak is held before any data: interpreter, packages, settings."""


@dataclass(frozen=True, slots=True)
class Phase:
    """Wall seconds, CPU seconds of all threads, and the most memory that was resident in it, in MB (10^6 bytes)."""

    name: str
    wall_s: float
    cpu_s: float
    peak_mb: float


@dataclass(slots=True)
class Recorder:
    """facts: more to keep; now: the phase that goes on."""

    file: Path
    phases: list[Phase] = field(default_factory=list[Phase])
    facts: dict[str, Any] = field(default_factory=dict[str, Any])
    now: str | None = None

    @contextmanager
    def phase(self, name: str) -> Generator[None]:
        self.now = name
        self.write()
        CLEAR.write_text("5", encoding="ascii")
        watch = Stopwatch()
        yield
        seconds = watch.read()
        self.phases.append(Phase(name, seconds.wall, seconds.cpu, peak_rss_mb()))
        self.now = None
        self.write()

    def write(self) -> None:
        phases = [asdict(phase) for phase in self.phases]
        atomic.write_json(self.file, {"phases": phases, "now": self.now, **self.facts})
