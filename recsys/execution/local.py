"""Repeats in this process, one after the other."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Annotated

from annotated_types import Ge
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.execution.executor import Failure, Work
from recsys.pipeline import References
from recsys.store.shard import Shard


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Local:
    """See `recsys.execution.executor.Executor`."""

    threads: Annotated[int, Ge(1)] = 1

    def describe(self, repeats: int) -> str:
        return "this process"

    def run(self, work: Iterable[Work]) -> Generator[tuple[int, Shard | Failure]]:
        known: dict[object, References] = {}
        for place, item in enumerate(work):
            yield place, item.finish(self.threads, known)
