"""Repeats in other processes of this machine, side by side."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterable
from contextlib import closing
from operator import length_hint
from typing import Annotated

from annotated_types import Ge
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.environment import FIT_MB, available_mb, cores
from recsys.execution.crew import Crew, WorkerDied
from recsys.execution.executor import Failure, Work
from recsys.store.shard import Shard

__all__ = ["Process", "WorkerDied"]

logger = logging.getLogger(__name__)

Count = Annotated[int, Ge(1)]


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Process:
    """See `recsys.execution.executor.Executor`.

    workers              processes, never more than repeats; None: as many as have room, with `threads` cores and 2 GB
                         of free memory each
    repeats_per_worker   after which a process is replaced; None: never. With 1, peak_rss_mb is that of one repeat
    threads              of each fit
    """

    workers: Count | None = None
    repeats_per_worker: Count | None = None
    threads: Count = 1

    def describe(self, repeats: int) -> str:
        size = self._size(repeats, available_mb())
        return f"{size} process{'es' * (size > 1)}"

    def run(self, work: Iterable[Work]) -> Generator[tuple[int, Shard | Failure]]:
        """A process that dies is replaced, and its repeat is tried once more, alone, when the others are done; where
        it dies again, raises `WorkerDied`."""
        free, repeats = available_mb(), length_hint(work)
        size, wanted = self._size(repeats, free), self._wanted(repeats)
        if size < wanted:
            logger.warning(
                "%d of %d processes: each may need %s MB, and %s MB are free; executor.workers=%d starts them all",
                *(size, wanted, f"{FIT_MB:,}", f"{free:,}", wanted),
            )
        with closing(Crew(work, size, self.repeats_per_worker, self.threads)) as crew:
            yield from crew.run()

    def _wanted(self, repeats: int) -> int:
        return max(1, min(self.workers or cores() // self.threads, repeats))

    def _size(self, repeats: int, free_mb: int | None) -> int:
        wanted = self._wanted(repeats)
        return wanted if self.workers or free_mb is None else max(1, min(wanted, free_mb // FIT_MB))
