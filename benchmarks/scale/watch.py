"""A process under limits of memory and time, which is killed where it goes beyond one."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from recsys.environment import ROOT

PAUSE_S = 0.02
"""Between two looks at how much memory it holds."""
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one process. RLIMIT_AS would count the address space that TensorFlow reserves and never uses.

    memory_gb   resident, 10^9 bytes
    seconds     by the clock
    """

    memory_gb: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Ended:
    """code: negative, a signal; beyond: the limit that it was killed for."""

    code: int
    beyond: str | None
    last_words: str


def run(command: Sequence[str], limits: Limits, log: Path) -> Ended:
    """What it prints goes to the log. It ends with this process' own block, however that is left."""
    beyond = None
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out, start_new_session=True)
        try:
            began = time.monotonic()
            while process.poll() is None and beyond is None:
                if _resident_gb(process.pid) > limits.memory_gb:
                    beyond = "memory"
                elif time.monotonic() - began > limits.seconds:
                    beyond = "time"
                else:
                    time.sleep(PAUSE_S)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            code = process.wait()
    lines = log.read_text("utf-8", "replace").strip().splitlines()
    return Ended(code, beyond, lines[-1][:300] if lines else "")


def _resident_gb(pid: int) -> float:
    """0 where it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * PAGE / 1e9
    except (OSError, IndexError):
        return 0.0
