"""The way to an MLflow server or database: quiet, without endless retries, and safe for many processes at once."""

from __future__ import annotations

import fcntl
import glob
import logging
import os
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from recsys.atomic import UNFINISHED

if TYPE_CHECKING:
    from mlflow import MlflowClient

SQLITE = "sqlite:///"
REPLACED_BY = "replaced_by"
"""Tag of a run whose place another took, and its id."""
SETTINGS = {
    # Read when MLflow is imported, which takes seconds and would otherwise report its use over the network.
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    # By itself MLflow tries for minutes; what fails here is sent again with the next repeat.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
}


def load() -> None:
    """Imports MLflow, which takes seconds."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    import mlflow  # noqa: F401  # pyright: ignore[reportUnusedImport]


def connect(uri: str) -> MlflowClient:
    """MLflow's client; a database that is not there yet is made."""
    load()
    from mlflow import MlflowClient

    for name in ("mlflow", "alembic"):  # they tell of every step of making a database
        logging.getLogger(name).setLevel(logging.WARNING)
    # Writes a traceback for what is raised as well, and said in one sentence by those who send.
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)
    file = sqlite_file(uri)
    if file is None:
        return MlflowClient(tracking_uri=uri)
    file.parent.mkdir(parents=True, exist_ok=True)
    with _alone(file.with_name(f"{file.name}.lock")):
        # Processes that make the tables at once break each other: 'table webhooks already exists'.
        if not file.exists():
            _make(file)
        client = MlflowClient(tracking_uri=uri)
        client.search_experiments(max_results=1)
    return client


def _make(file: Path) -> None:
    """Under another name first: one whose making was cut short takes no run any more, and MLflow cannot mend it."""
    from mlflow import MlflowClient

    for left in file.parent.glob(f"{glob.escape(file.name)}.*{UNFINISHED}*"):  # with its journal
        left.unlink()
    # A new name each time: MLflow keeps what it has opened, also where that is deleted.
    unfinished = file.with_name(f"{file.name}.{uuid.uuid4().hex}{UNFINISHED}")
    MlflowClient(tracking_uri=f"{SQLITE}{unfinished}").search_experiments(max_results=1)
    unfinished.replace(file)


def sqlite_file(uri: str) -> Path | None:
    """The database's absolute path; None for anything that is not sqlite:///FILE."""
    name = uri.removeprefix(SQLITE)
    return Path(name).absolute() if uri.startswith(SQLITE) and name else None


def experiment(client: MlflowClient, name: str, uri: str, artifacts: str | None) -> str:
    """The id of the experiment, which is made or comes back out of MLflow's trash where it has to."""
    from mlflow.exceptions import MlflowException

    known = client.get_experiment_by_name(name)
    if known is None:
        file = sqlite_file(uri)
        if artifacts is None and file is not None:
            artifacts = (file.parent / "mlartifacts" / name).as_uri()
        try:
            return client.create_experiment(name, artifacts, {"mlflow.experimentKind": "custom_model_development"})
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            known = client.get_experiment_by_name(name)  # another process was faster
            if known is None:
                raise
    if known.lifecycle_stage == "deleted":
        client.restore_experiment(known.experiment_id)  # with all that ever was in it
        for replaced in client.search_runs([known.experiment_id], f"tags.{REPLACED_BY} != ''"):
            client.delete_run(replaced.info.run_id)
    return str(known.experiment_id)


def cause(error: BaseException) -> str:
    """What is at the bottom of MLflow's errors, such as 'Connection refused', on one line."""
    while (deeper := error.__cause__ or error.__context__) is not None:
        error = deeper
    return " ".join(str(error).split())[:200] or type(error).__name__


def locked(error: BaseException) -> bool:
    """Whether other writers of an SQLite database were in the way; the same request may succeed now.

    Two that enter a new data set at the same time are: MLflow looks whether it is there, and then inserts it.
    """
    words = f"{error} {cause(error)}"
    return "database is locked" in words or "UNIQUE constraint failed: datasets" in words


def shown(uri: str) -> str:
    """The address without its password."""
    password = urlsplit(uri).password
    return uri.replace(f":{password}@", ":***@") if password else uri


@contextmanager
def _alone(lock: Path) -> Generator[None]:
    """Other processes and threads wait here until the block has ended."""
    with lock.open("ab") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
