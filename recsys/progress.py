"""How far a long piece of work has come, told to whoever watches: nobody, unless `watched` says so."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias

Watcher: TypeAlias = Callable[[str, int, int], None]

_watcher: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


def report(what: str, done: int, total: int) -> None:
    """`done` of `total` steps of `what` (such as 'xdeepfm rating: epoch') are finished; total may shrink later on."""
    watcher = _watcher.get()
    if watcher is not None:
        watcher(what, done, total)


@contextmanager
def watched(watcher: Watcher) -> Generator[None]:
    """Inside, `report` calls `watcher`."""
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)
