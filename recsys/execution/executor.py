"""What an executor is: job and repeat numbers in, finished repeats out, as they finish.

An executor writes no file and talks to no server: the driver, which asked for the repeats, does both.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from recsys import pipeline
from recsys.dataset import DataError
from recsys.execution import threads
from recsys.pipeline import References
from recsys.results import Job
from recsys.store.shard import Shard
from recsys.store.tables import Tables


@dataclass(frozen=True, slots=True)
class Failure:
    """In place of a shard: why a trial's settings gave no numbers, such as a loss that is not finite."""

    reason: str


@dataclass(frozen=True, slots=True)
class Work:
    """One repeat to run. Repeats of one job share the `Job` object, whose data then travel once.

    keep_model   whether the shard is to hold what was learned
    trial        of a study that tries many settings: one that does not work ends in a `Failure`, not in an error, and a
                 process may go on to another trial's job, where TensorFlow would take ten seconds to load anew
    """

    job: Job
    number: int
    keep_model: bool = True
    trial: bool = False

    def finish(self, n_threads: int, known: dict[object, References] | None = None) -> Shard | Failure:
        """Runs the repeat here, on so many threads; known: see `pipeline.repeat`."""
        job = self.job
        try:
            with threads.limited(n_threads):
                tables = Tables(job, self.number)
                parts = (job.task, job.data, job.splitter, job.protocols, job.model, self.number)
                repeat = pipeline.repeat(*parts, tables.keep, known)
                return Shard.of(job, repeat, tables, n_threads, self.keep_model)
        except (DataError, np.linalg.LinAlgError) as error:
            if not self.trial:
                raise
            return Failure(str(error))


class Executor(Protocol):
    """threads: of each fit; 1 gives the same numbers to the bit wherever a repeat runs."""

    @property
    def threads(self) -> int: ...

    def describe(self, repeats: int) -> str:
        """Where that many repeats run, for people: `2 processes`."""
        ...

    def run(self, work: Iterable[Work]) -> Generator[tuple[int, Shard | Failure]]:
        """Each finished repeat with its place in `work`, as they finish. Closing the generator stops what still runs.

        work   a sequence, or an iterator that is asked for one repeat at a time: when there is room to run it, and all
               that finished before was handed on. Its `__length_hint__` says how many may come

        The first error of a repeat is raised, in its own type where that can be sent.
        """
        ...
