"""What an executor is: job and repeat numbers in, finished repeats out, as they finish.

An executor writes no file and talks to no server: the driver, which asked for the repeats, does both.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Protocol

from recsys import pipeline
from recsys.execution import threads
from recsys.results import Job
from recsys.store.shard import Shard


@dataclass(frozen=True, slots=True)
class Work:
    """One repeat to run. Repeats of one job share the `Job` object, whose data then travel once.

    keep_model   whether the shard is to hold what was learned
    """

    job: Job
    number: int
    keep_model: bool = True

    def finish(self, n_threads: int) -> Shard:
        """Runs the repeat here, on so many threads."""
        job = self.job
        with threads.limited(n_threads):
            repeat = pipeline.repeat(job.task, job.data, job.splitter, job.protocols, job.model, self.number)
            return Shard.of(job, repeat, n_threads, self.keep_model)


class Executor(Protocol):
    """threads: of each fit; 1 gives the same numbers to the bit wherever a repeat runs."""

    @property
    def threads(self) -> int: ...

    def describe(self, repeats: int) -> str:
        """Where that many repeats run, for people: `2 processes`."""
        ...

    def run(self, work: Sequence[Work]) -> Generator[tuple[int, Shard]]:
        """Each finished repeat with its place in `work`, as they finish. Closing the generator stops what still runs.

        The first error of a repeat is raised, in its own type where that can be sent.
        """
        ...
