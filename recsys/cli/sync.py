"""Sends finished and stopped runs to MLflow: what a server that was away has not got.

    python -m recsys sync outputs/2026-01-05/*                        # each to where it was to be sent
    python -m recsys sync outputs/2026-01-05/* --tracking http://HOST:5000

What is there already is not sent again, however often this is run.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Sequence
from pathlib import Path

from recsys.cli import failures
from recsys.dataset import DataError
from recsys.output import artifacts, mlflow_store
from recsys.output.sending import Sending, Sent, everything
from recsys.output.tracking import MLflow, TrackingError
from recsys.store import lock
from recsys.store.run_folder import RunFolder

LOCKED_TRIES = 20


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    failed = False
    for folder in options.folders:
        run = RunFolder(folder)
        try:
            if lock.is_held(run.path):
                print(f"{folder}: passed over, a process is writing it; that process sends it")
                continue
            print(f"{folder}: {_said(*send(run, options.tracking))}")
        except (DataError, TrackingError) as error:
            failed = True
            failures.fail(str(error))
    return 1 if failed else 0


def send(run: RunFolder, tracking: str | None) -> tuple[Sent, str]:
    """What was sent, and where to; tracking: another store than the run's own."""
    uri = tracking or run.record.tracking
    if uri is None:
        raise TrackingError(f"{run.path}: the run was made with tracking=none; name a store with --tracking URI")
    tracker = MLflow(uri)
    tracker.check()
    for tries in range(LOCKED_TRIES):
        try:
            sending = Sending(run, mlflow_store.connect(uri), uri)
            return everything(sending, artifacts.written(run)), mlflow_store.shown(uri)
        except DataError:
            raise
        except Exception as error:  # MLflow raises its own, SQLAlchemy's, the network library's and the system's
            if mlflow_store.locked(error) and tries < LOCKED_TRIES - 1:
                time.sleep(random.uniform(0.05, 0.5))
                continue
            raise TrackingError(
                f"{run.path}: not all was sent to {mlflow_store.shown(uri)} ({mlflow_store.cause(error)}); "
                "start it and try again, or name another with --tracking"
            ) from error
    raise AssertionError("the last try returns or raises")


def _said(sent: Sent, uri: str) -> str:
    parts = [f"{sent.repeats} repeat{'s' * (sent.repeats > 1)}"] * bool(sent.repeats)
    parts += ["the summary"] * sent.means
    if not sent.means:
        parts += [f"{sent.files} file{'s' * (sent.files > 1)}"] * bool(sent.files)
    parts = parts or ["its end"] * sent.ended
    return f"{' and '.join(parts)} sent to {uri}" if parts else "nothing to send"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m recsys sync",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="of a run")
    parser.add_argument("--tracking", metavar="URI", help="sqlite:///FILE or http://HOST:PORT (default: the run's own)")
    return parser
