"""Threads among which a repeat shares out what falls into independent parts, such as blocks of users to rank."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeAlias

from threadpoolctl import threadpool_limits

Map: TypeAlias = Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]]

_allowed: ContextVar[int] = ContextVar("allowed", default=1)


def allowed() -> int:
    """How many threads there are to share among: 1, unless `allowing` says more."""
    return _allowed.get()


@contextmanager
def allowing(count: int) -> Generator[None]:
    """Inside, `pool` has so many threads."""
    token = _allowed.set(count)
    try:
        yield
    finally:
        _allowed.reset(token)


@contextmanager
def pool() -> Generator[Map]:
    """Inside, the function given is a `map` whose calls run in `allowed()` threads, and whose results come in order.

    Libraries have one thread in each of them. Where one thread is allowed it is `map` itself.
    """
    if allowed() == 1:
        yield map
        return
    with threadpool_limits(1), ThreadPoolExecutor(allowed()) as threads:
        yield threads.map
