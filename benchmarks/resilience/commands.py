"""Commands in processes of their own: started, waited for, signalled, and ended with all that they started."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from recsys.environment import ROOT

MARK = "RESILIENCE_ID"
"""In the environment of a command and of all that it starts."""
LIMIT_S = 600.0
"""A guard against what hangs, not a measure."""
POLL_S = 0.02
UNHEARD = ("FORCE_COLOR", "HYDRA_FULL_ERROR")
"""Variables that change what is printed."""


class Unexpected(RuntimeError):
    """A command did something that leaves the rest of a scenario without meaning."""


@dataclass(frozen=True, slots=True)
class Ended:
    """code: negative where a signal ended it; seconds: from its start."""

    code: int
    seconds: float
    out: str
    err: str

    @property
    def traceback(self) -> bool:
        return "Traceback" in self.err

    def last_words(self) -> str:
        lines = self.err.strip().splitlines() or self.out.strip().splitlines() or [""]
        return f"exit code {self.code}: {lines[-1][:300]}"


class Running:
    """A command that goes on."""

    def __init__(self, words: Sequence[str], logs: Path, variables: Mapping[str, str] | None = None) -> None:
        self.mark, self.words = uuid.uuid4().hex, words
        self.out, self.err = logs / f"{self.mark}.out", logs / f"{self.mark}.err"
        known = {name: value for name, value in os.environ.items() if name not in UNHEARD}
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.began = time.monotonic()
            # A session of its own: a signal to its group reaches nobody else.
            self.process = subprocess.Popen(
                [sys.executable, *words],
                cwd=ROOT,
                env={**known, **(variables or {}), MARK: self.mark},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    @property
    def is_over(self) -> bool:
        return self.process.poll() is not None

    def wait(self, limit_s: float = LIMIT_S) -> Ended:
        try:
            code = self.process.wait(limit_s)
        except subprocess.TimeoutExpired as error:
            raise Unexpected(f"{shlex.join(self.words)}: expected an end within {limit_s:.0f} s, got none") from error
        seconds = time.monotonic() - self.began
        return Ended(code, seconds, self.out.read_text("utf-8", "replace"), self.err.read_text("utf-8", "replace"))

    def until(self, condition: Callable[[], bool], what: str, limit_s: float = LIMIT_S) -> None:
        """Waits for something that the command does. Raises `Unexpected` where it ends before."""
        deadline = time.monotonic() + limit_s
        while not condition():
            if self.is_over:
                if condition():
                    return
                raise Unexpected(f"expected {what}, got {self.wait().last_words()}")
            if time.monotonic() > deadline:
                raise Unexpected(f"expected {what} within {limit_s:.0f} s, got nothing")
            time.sleep(POLL_S)

    def interrupt(self) -> None:
        """Ctrl-C, which goes to all processes of the group."""
        os.killpg(self.process.pid, signal.SIGINT)

    @contextmanager
    def paused(self) -> Generator[None]:
        """It stands still inside, or until it is told to go on."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.go_on()

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def alive(self) -> list[int]:
        """The ids of its processes."""
        return marked(self.mark)

    def gone(self, limit_s: float = 30.0) -> float | None:
        """Seconds until no process with the mark is left; None: some are, after `limit_s`."""
        began = time.monotonic()
        while self.alive():
            if time.monotonic() - began > limit_s:
                return None
            time.sleep(POLL_S)
        return time.monotonic() - began

    def clean(self) -> None:
        """Kills what is left of it."""
        for _ in range(3):  # one that was about to start another may have done so
            for pid in self.alive():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if not self.is_over:
                self.process.kill()
                self.process.wait()


@contextmanager
def started(words: Sequence[str], logs: Path, variables: Mapping[str, str] | None = None) -> Generator[Running]:
    running = Running(words, logs, variables)
    try:
        yield running
    finally:
        running.clean()


def ended(words: Sequence[str], logs: Path, variables: Mapping[str, str] | None = None) -> Ended:
    """Runs a command to its end."""
    with started(words, logs, variables) as running:
        return running.wait()


def marked(mark: str) -> list[int]:
    """The processes that carry the mark and live; Linux alone tells, in /proc."""
    wanted, found = f"{MARK}={mark}".encode(), list[int]()
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            variables = (folder / "environ").read_bytes().split(b"\0")
            state = (folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0]
        except OSError:  # gone since, or somebody else's
            continue
        if wanted in variables and state not in "ZX":
            found.append(int(folder.name))
    return found
