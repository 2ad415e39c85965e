"""Repeats on the machines of a Ray cluster; docs/cluster.md says how to have one.

Each repeat is a task of so many CPUs as it may use threads. A job, with its data, goes to a node once; a repeat that is
lost with its node runs again elsewhere. The cluster gets this package from the driver, and only this package: all else
that is imported has to be installed on every node, in the driver's versions.
"""

from __future__ import annotations

import logging
import os
import pickle
import platform
import socket
import sys
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import distributions
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import DataError
from recsys.environment import PACKAGES, TOLD, revision
from recsys.execution.executor import Failure, Work
from recsys.results import Job
from recsys.store.shard import Shard

RETRIES = 3
"""How often a repeat runs again after its node or its process was lost."""
CANCELS = 20
"""How often a task is asked to end, a second apart."""
START = "start one with `ray start --head` (docs/cluster.md), or let this run start its own with executor.address=null"


class ClusterError(DataError):
    """There is no cluster to run on, or it lost a repeat; the message says what to do."""


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Ray:
    """See `recsys.execution.executor.Executor`.

    address   of a cluster that is up, HOST:PORT, of which this machine is a node; auto: the one on this machine;
              None: one of this machine alone is started, and ends with the run
    """

    address: str | None = "auto"
    threads: Annotated[int, Ge(1)] = 1

    def describe(self, repeats: int) -> str:
        if self.address is None:
            return "Ray on this machine"
        return "the Ray cluster of this machine" if self.address == "auto" else f"the Ray cluster at {self.address}"

    def run(self, work: Iterable[Work]) -> Generator[tuple[int, Shard | Failure]]:
        ray = _ray()
        with _connected(ray, self.address):
            _warn_if_too_small(ray, self.threads)
            task = ray.remote(num_cpus=self.threads, max_retries=RETRIES, retry_exceptions=False)(_finish)
            jobs: dict[int, tuple[Job, Any]] = {}  # with the job itself: the id of one that is gone may come again
            places: dict[Any, tuple[int, int]] = {}
            packages, source = installed_packages(), enumerate(work)
            # What is known is asked for at once: clusters that grow by themselves grow by what waits.
            at_once = None if isinstance(work, Sequence) else _room(ray, self.threads)
            try:
                while True:
                    for place, item in islice(source, None if at_once is None else at_once - len(places)):
                        if id(item.job) not in jobs:
                            jobs[id(item.job)] = item.job, ray.put(item.job)
                        named = task.options(name=f"repeat {item.number} of {item.job.name}")  # in what Ray says of it
                        settings = (item.number, item.keep_model, item.trial)
                        asked = named.remote(jobs[id(item.job)][1], settings, self.threads, packages)
                        places[asked] = place, item.number
                    if not places:
                        return
                    finished = ray.wait(list(places))[0].pop()
                    place, number = places.pop(finished)
                    outcome = _result(ray, finished, number)
                    del finished  # the last reference: the cluster forgets the result
                    yield place, outcome
            finally:
                _cancel(ray, [*places])


def _cancel(ray: Any, running: list[Any]) -> None:
    """Asks again while a task goes on: one that a process was just about to begin does not hear it."""
    for _ in range(CANCELS):
        if not running:
            return
        for task in running:
            ray.cancel(task, force=True)
        _, running = ray.wait(running, num_returns=len(running), timeout=1, fetch_local=False)


def _finish(job: Job, settings: tuple[int, bool, bool], threads: int, packages: Mapping[str, str | None]) -> bytes:
    """A task. Its result is pickled here, as what Ray unpickles itself is gone from memory when the driver leaves.

    settings   number, keep_model and trial of `Work`
    packages   of the driver: other versions give other numbers, which would stand under the driver's versions
    """
    for name, found in installed_packages().items():
        if found != packages[name]:
            raise ClusterError(
                f"the node {platform.node()} has {name} {found} where this machine has {packages[name]}: install the "
                "packages of requirements-ray.lock on every node (docs/cluster.md)"
            )
    return pickle.dumps(Work(job, *settings).finish(threads), pickle.HIGHEST_PROTOCOL)


def _room(ray: Any, threads: int) -> int:
    """How many repeats the cluster runs side by side as it is."""
    return max(1, int(ray.cluster_resources().get("CPU", 0)) // threads)


def _result(ray: Any, finished: Any, number: int) -> Shard | Failure:
    try:
        content: bytes = ray.get(finished)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, ray.exceptions.RaySystemError):  # its job could not be read there
            raise ClusterError(
                f"repeat {number} could not begin on a node of the cluster: {str(error.cause).splitlines()[0]}; every "
                "node needs the packages of requirements-ray.lock, and what else the model imports (docs/cluster.md)"
            ) from error
        raise error.cause from error  # whose words are the traceback on the other machine
    except ray.exceptions.RayError as error:
        raise ClusterError(
            f"expected repeat {number} from the cluster, which lost it {RETRIES + 1} times: {_one_line(error)}; see "
            "that the nodes have enough memory, then run the same command again: it goes on from the finished repeats"
        ) from error
    return pickle.loads(content)


def installed_packages() -> dict[str, str | None]:
    installed = {distribution.name.lower(): distribution.version for distribution in distributions()}
    return {name: installed.get(name) for name in PACKAGES}


def _ray() -> Any:
    try:
        import ray  # pyright: ignore
    except ModuleNotFoundError as error:
        raise ClusterError(f"executor=ray needs Ray, which is not installed ({error}): make setup-ray") from error
    return ray


@contextmanager
def _connected(ray: Any, address: str | None) -> Generator[None]:
    """Inside, this process is a driver of the cluster; one that was before stays it."""
    if ray.is_initialized():
        yield
        return
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # Ray's statistics would go to its makers
    local = {} if address is not None else {"include_dashboard": False}
    try:
        _answers(os.environ.get("RAY_ADDRESS") if address == "auto" else address)
        ray.init(
            address="local" if address is None else address,
            runtime_env=_package(),
            log_to_driver=False,  # progress bars of all nodes at once; `ray logs` has them
            logging_level=logging.ERROR,
            **local,
        )
    except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        if address is None:
            raise
        raise ClusterError(
            f"executor.address={address}: expected a Ray cluster that this machine is a node of, and its token in "
            f"~/.ray/auth_token with RAY_AUTH_MODE=token if it asks for one, got: {_one_line(error)}; {START}"
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


def _answers(address: str | None) -> None:
    """Raises `OSError` where nobody listens at HOST:PORT, which Ray itself takes minutes to find out."""
    host, _, port = (address or "").rpartition(":")
    if host and port.isdecimal() and "/" not in host:
        socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()


def _package() -> dict[str, object]:
    """The folder that holds this package, without all else in it. As a `working_dir` it is what nodes import; with
    `py_modules`, a node's own folder at the driver's path would go first."""
    package = Path(__file__).resolve().parents[1]
    others = [f"/{inside.name}" for inside in package.parent.iterdir() if inside != package]
    return {
        "working_dir": str(package.parent),
        "excludes": [*others, "__pycache__"],
        "env_vars": {TOLD: " ".join(revision())},
    }


def _warn_if_too_small(ray: Any, threads: int) -> None:
    largest = max((node["Resources"].get("CPU", 0) for node in ray.nodes() if node["Alive"]), default=0)
    if largest < threads:
        print(
            f"No node of the cluster has {threads} CPUs now, the largest has {largest:.0f}: the repeats wait until one "
            "joins (executor.threads)",
            file=sys.stderr,
        )


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
