"""Where runs are shown side by side: MLflow, or nowhere. What a run's driver and the settings need to know of it.

Tracking follows the store: all that MLflow gets comes from the run's folder, so that it can be sent now, later or
again, and no run waits for it or fails with it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.output import mlflow_store
from recsys.output.following import Following
from recsys.store.run_folder import RunFolder

if TYPE_CHECKING:
    from mlflow import MlflowClient

SCHEMES = ("http", "https", "sqlite", "postgresql", "mysql", "mssql", "databricks")


class TrackingError(RuntimeError):
    """Runs cannot be sent or read; the message names the option and the way around."""


class Follower(Protocol):
    """Sends one run while it goes on."""

    def repeat(self) -> None:
        """Tells that the folder has another finished repeat; returns at once."""
        ...

    def close(self, files: Sequence[Path], *, interrupted: bool) -> str | None:
        """The run has ended, and its record's status says how; None where all that there is was sent.

        Otherwise one sentence: what was not sent, and the line that sends it later. Waits for at most 10 s, and 10 s
        more for each repeat that is not sent yet.

        files         of the run's folder, relative to it
        interrupted   by a signal: the status and the repeats go out, as far as 3 s allow, and no means, no files
        """
        ...


class Tracker(Protocol):
    @property
    def store(self) -> str | None:
        """What `Record.tracking` says; None: runs are sent nowhere."""
        ...

    def check(self) -> None:
        """Raises `TrackingError` for an address that cannot be one. Whether anybody answers there shows later."""
        ...

    def follow(self, run: RunFolder) -> Follower:
        """Starts to send the run, in the background; its record has been written."""
        ...

    def look(self) -> str | None:
        """The line to type to see the runs."""
        ...


class Silence:
    """A follower that sends nothing."""

    def repeat(self) -> None:
        pass

    def close(self, files: Sequence[Path], *, interrupted: bool) -> str | None:
        return None


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class NoTracking:
    @property
    def store(self) -> str | None:
        return None

    def check(self) -> None:
        pass

    def follow(self, run: RunFolder) -> Follower:
        return Silence()

    def look(self) -> str | None:
        return None


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class MLflow:
    """Sends runs to MLflow; see `recsys.output.sending` for what they look like there.

    uri         sqlite:///PATH, or the address of a server
    artifacts   folder or address for files; None: `mlartifacts` beside an SQLite file, else the server's choice
    """

    uri: str
    artifacts: str | None = None

    @property
    def store(self) -> str | None:
        file = mlflow_store.sqlite_file(self.uri)
        return self.uri if file is None else f"{mlflow_store.SQLITE}{file}"

    def check(self) -> None:
        parts = urlsplit(self.uri)
        scheme = parts.scheme.partition("+")[0]
        if scheme == "sqlite":
            right = mlflow_store.sqlite_file(self.uri) is not None
        else:
            right = scheme in SCHEMES and "://" in self.uri and (bool(parts.hostname) or not scheme.startswith("http"))
        if not right:
            raise TrackingError(
                f"tracking.uri: expected sqlite:///FILE or http://HOST:PORT, got {self.uri!r}; "
                "correct it, or run with tracking=none"
            )

    def reach(self) -> None:
        """Raises `TrackingError` where no server or database answers: for those who cannot do without."""
        self.check()
        try:
            self.client().search_experiments(max_results=1)
        except Exception as error:  # MLflow raises its own, SQLAlchemy's and the network library's
            raise TrackingError(
                f"tracking.uri: expected a server or database that answers, got {mlflow_store.shown(self.uri)} "
                f"({mlflow_store.cause(error)}); start it, correct tracking.uri, or run with tracking=none"
            ) from error

    def follow(self, run: RunFolder) -> Follower:
        # Not in the background: two threads that import packages may see each other's halves.
        with suppress(Exception):  # raised again in the background, and said there
            mlflow_store.load()
        return Following(run, self.uri, self.artifacts)

    def look(self) -> str | None:
        if self.uri.startswith("http"):
            return self.uri
        program, here = Path(sys.executable).parent / "mlflow", Path.cwd()
        shown = program.relative_to(here) if program.is_relative_to(here) else program
        file, uri = mlflow_store.sqlite_file(self.uri), self.uri
        if file is not None and file.is_relative_to(here):
            uri = f"{mlflow_store.SQLITE}{file.relative_to(here)}"
        return f"{shown if program.exists() else 'mlflow'} ui --backend-store-uri {uri}"

    def client(self) -> MlflowClient:
        """MLflow's own, quiet."""
        return mlflow_store.connect(self.uri)
