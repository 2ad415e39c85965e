"""Compiled networks, kept for the next model of the same architecture.

A network holds one model's weights at a time, and so it belongs to one thread.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial, update_wrapper
from threading import local
from typing import Any, Generic, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


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
    """As `lru_cache`, with a cache of its own in each thread."""
    return partial(CachedInEachThread, size)
