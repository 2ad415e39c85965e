"""Repeats where this machine runs them fastest: the default."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from operator import length_hint

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.environment import cores
from recsys.execution.executor import Executor, Failure, Work
from recsys.execution.local import Local
from recsys.execution.process import Count, Process
from recsys.results import Job
from recsys.store import code
from recsys.store.shard import Shard

WORTH_S = 6.0
"""What is left of a run has to last longer for processes to pay, each of which takes two seconds to start."""
SMALL = 200_000
"""Examples, such as ratings, on which a repeat of a model without a network lasts seconds at most."""


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Auto:
    """See `recsys.execution.executor.Executor`.

    In processes (see `recsys.execution.process.Process`) where there are two cores and two repeats, or more, and where
    `workers` or `repeats_per_worker` ask for them; in this process otherwise. Of a small job, the first repeat runs
    here, and all others where it lasted so short that processes would not pay; trials of a study are not small.
    """

    workers: Count | None = None
    repeats_per_worker: Count | None = None
    threads: Count = 1

    def describe(self, repeats: int) -> str:
        executor = self._executor(repeats)
        return f"{'up to ' * self._chooses(executor)}{executor.describe(repeats)}"

    def run(self, work: Iterable[Work]) -> Generator[tuple[int, Shard | Failure]]:
        executor, rest, first = self._executor(length_hint(work)), work, 0
        if isinstance(work, Sequence) and self._chooses(executor) and _small(work):
            outcome, rest, first = work[0].finish(self.threads), work[1:], 1
            # The model's own time: the first repeat also loads libraries, beside a thread that loads MLflow.
            if isinstance(outcome, Shard):
                lasted = sum(outcome.finished.timings[stage] for stage in ("fit_s", "score_s", "rank_s"))
                if lasted * len(rest) < WORTH_S:
                    executor = Local(self.threads)
            yield 0, outcome
        with closing(executor.run(rest)) as running:
            for place, outcome in running:
                yield first + place, outcome

    def _chooses(self, executor: Executor) -> bool:
        """Whether processes are only to be had where they pay: nobody asked for them."""
        return isinstance(executor, Process) and self.workers is None and self.repeats_per_worker is None

    def _executor(self, repeats: int) -> Executor:
        several = repeats > 1 and (cores() > 1 or (self.workers or 1) > 1)
        if several or self.repeats_per_worker is not None:
            return Process(self.workers, self.repeats_per_worker, self.threads)
        return Local(self.threads)


def _small(work: Sequence[Work]) -> bool:
    """Whether all is of one job, without a network (whose libraries take ten seconds to load) and with little data."""
    job: Job = work[0].job
    if any(item.job is not job for item in work) or len(job.data) > SMALL:
        return False
    return not any(module.startswith("recsys.nn") for module in code.closure(code.modules_of(job.model)))
