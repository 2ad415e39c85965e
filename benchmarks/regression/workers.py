"""Pieces of the gate's work side by side in processes, each with one thread, in the order in which they end."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TypeVar

from recsys.execution import threads

Piece = TypeVar("Piece")
Outcome = TypeVar("Outcome")


def each(
    do: Callable[[Piece], Outcome], pieces: Sequence[Piece], processes: int, variables: Mapping[str, str] | None = None
) -> Generator[tuple[Piece, Outcome]]:
    """do(piece) of each.

    processes   0: in this process
    variables   environment variables of the processes, which libraries read as they are loaded

    The first error is raised. Processes are spawned, not forked: TensorFlow does not survive a fork.
    """
    if not processes:
        for piece in pieces:
            yield piece, do(piece)
        return
    pool = ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"))
    with threads.exported(variables or {}), threads.variables(1), pool:
        futures = {pool.submit(do, piece): piece for piece in pieces}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            pool.shutdown(cancel_futures=True)
