"""Threads among which a repeat shares out what falls into independent parts, such as blocks of users to rank."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache, partial, update_wrapper
from threading import local
from typing import Any, Generic, ParamSpec, TypeAlias, TypeVar

from threadpoolctl import threadpool_limits

Map: TypeAlias = Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]]

P = ParamSpec("P")
T = TypeVar("T")

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


class CachedInEachThread(local, Generic[P, T]):
    """What `cached_in_each_thread` makes of a function; `__init__` is called anew in each thread."""

    def __init__(self, size: int, make: Callable[P, T]) -> None:
        update_wrapper(self, make)
        self._cached: Any = lru_cache(size)(make)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._cached(*args, **kwargs)

    def cache_clear(self) -> None:
        """Of this thread."""
        self._cached.cache_clear()


def cached_in_each_thread(size: int) -> Callable[[Callable[P, T]], CachedInEachThread[P, T]]:
    """As `lru_cache`, with a cache of its own in each thread: for compiled networks, which hold one model's weights at
    a time."""
    return partial(CachedInEachThread, size)
