"""Sends a run while it goes on, in a thread of its own: a repeat never waits for a server, nor fails with it."""

from __future__ import annotations

import logging
import os
import random
import shlex
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recsys.output import mlflow_store
from recsys.output.sending import Sending, everything
from recsys.store.run_folder import RunFolder

LOG = logging.getLogger(__name__)
STARTING = 120.0  # seconds that MLflow's import and the making of a database may take where many runs start at once
PATIENCE, STOPPED_PATIENCE = 10.0, 2.5  # seconds: for the end and for each repeat; after a signal, for all
LOCKED_TRIES = 20  # of a database that others write to; each waits for seconds by itself


@dataclass(frozen=True, slots=True)
class End:
    """What `close` was told."""

    files: Sequence[Path]
    interrupted: bool


class GivenUp(Exception):
    """Nobody waits for what is sent any more."""


class Abandonable:
    """MLflow's client as long as somebody waits: another may follow the run soon, and both would send the same."""

    def __init__(self, client: Any, given_up: Callable[[], bool]) -> None:
        self.client, self.given_up = client, given_up

    def __getattr__(self, name: str) -> Any:
        if self.given_up():
            raise GivenUp
        return getattr(self.client, name)


class Following:
    """See `recsys.output.tracking.Follower`."""

    def __init__(self, run: RunFolder, uri: str, artifacts: str | None) -> None:
        self.run, self.uri, self.artifacts = run, uri, artifacts
        self._sending: Sending | None = None
        self._whole: set[int] = set()  # repeats that MLflow has
        self._changed = threading.Condition()
        self._news, self._end = True, None  # the run itself is the first news
        self._cause: str | None = None  # of the last failure; None: all went well
        self._warned = self._given_up = False
        self._started, self._done = threading.Event(), threading.Event()
        # A daemon: a request that hangs must not keep the process from ending.
        threading.Thread(target=self._work, name="tracking", daemon=True).start()

    def repeat(self) -> None:
        with self._changed:
            self._news = True
            self._changed.notify()

    def close(self, files: Sequence[Path], *, interrupted: bool) -> str | None:
        with self._changed:
            self._end = End(tuple(files), interrupted)
            self._changed.notify()
        if not interrupted:
            self._started.wait(STARTING)
        patience = STOPPED_PATIENCE if interrupted else PATIENCE * (1 + len(self._unsent()))
        if not self._done.wait(patience):
            self._given_up = True
            return self._lacking(f"no answer in {patience:.0f} s")
        return None if self._cause is None else self._lacking(self._cause)

    def _work(self) -> None:
        while not self._done.is_set():
            with self._changed:
                self._changed.wait_for(lambda: self._news or self._end is not None)
                self._news, end = False, self._end
            try:
                self._send(end)
                self._cause = None
            except Exception as error:  # MLflow raises its own, SQLAlchemy's, the network library's and the system's
                self._started.set()
                self._sending, self._cause = None, mlflow_store.cause(error)
                self._warn()
            if end is not None:
                self._done.set()

    def _send(self, end: End | None) -> None:
        for tries in range(LOCKED_TRIES):
            try:
                return self._send_once(end)
            except Exception as error:
                self._sending = None  # looks anew what is there
                if not mlflow_store.locked(error) or tries == LOCKED_TRIES - 1:
                    raise
                time.sleep(random.uniform(0.05, 0.5))  # the others' turn

    def _send_once(self, end: End | None) -> None:
        if self._sending is None:
            mlflow_store.load()
            if mlflow_store.sqlite_file(self.uri) is None:
                self._started.set()  # what follows is a server's time
            if self._given_up:
                raise GivenUp
            client: Any = Abandonable(mlflow_store.connect(self.uri), lambda: self._given_up)
            self._started.set()
            self._sending = Sending(self.run, client, self.uri, self.artifacts)
            self._whole = self._sending.whole
        sending = self._sending
        if end is None:
            sending.running()
            sending.repeats(self._is_interrupted)
        elif end.interrupted:
            sending.end()
            sending.repeats()
        else:
            everything(sending, end.files)

    def _is_interrupted(self) -> bool:
        return self._end is not None and self._end.interrupted

    def _unsent(self) -> list[int]:
        return sorted(set(self.run.numbers) - self._whole)

    def _warn(self) -> None:
        """Once a run, and not at its end, where `close` says it."""
        if not self._warned and self._end is None:
            self._warned = True
            LOG.warning(
                "%s does not take the run's numbers (%s); they are kept in %s, and sent later",
                *(mlflow_store.shown(self.uri), self._cause, self.run.path),
            )

    def _lacking(self, cause: str) -> str:
        unsent = self._unsent()
        parts = [f"{len(unsent)} repeat{'s' * (len(unsent) > 1)}"] * bool(unsent)
        parts.append("its end" if self._is_interrupted() else "the summary")
        folder = shlex.quote(
            os.path.relpath(self.run.path) if self.run.path.is_relative_to(Path.cwd()) else str(self.run.path)
        )
        return (
            f"{mlflow_store.shown(self.uri)} lacks {' and '.join(parts)} of this run ({cause}); "
            f"send them later with `python -m recsys sync {folder}`"
        )
