"""Errors that a user can fix, reported in one sentence; all others are bugs and keep their traceback.

Imports nothing heavy by itself: a misspelt option is reported at once.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from recsys.cli import renamed


@contextmanager
def spoken(folder: Path) -> Generator[None]:
    """Ends the program with one sentence where the block fails on something that a user can fix, or is stopped."""
    try:
        yield
    except KeyboardInterrupt:
        fail(f"Stopped. The repeats that were finished, if any, are in {folder}")
        sys.exit(130)
    except Exception as error:
        message = sentence(error)
        if message is None:
            raise
        fail(message)
        sys.exit(1)


def fail(message: str) -> None:
    """Prints on standard error, in red on a terminal."""
    from rich.console import Console
    from rich.text import Text

    Console(stderr=True, highlight=False).print(Text(message, style="red"), soft_wrap=True)


def sentence(error: BaseException) -> str | None:
    """What was expected, what came and what to do; None for a bug.

    A failing constructor comes wrapped by what called it, with `full_key: split` in the message: the option's group.
    """
    from pydantic import ValidationError

    from recsys.dataset import DataError
    from recsys.output.tracking import TrackingError

    if isinstance(error, (DataError, TrackingError)):
        return str(error)
    cause, group = error.__cause__, re.search(r"full_key: (\S+)", str(error))
    if cause is None or group is None:
        return None
    if isinstance(cause, ValidationError):
        return "; ".join(_option(group[1], dict(problem)) for problem in cause.errors(include_url=False))
    unexpected = re.search(r"unexpected keyword argument '(\w+)'", str(cause))
    if isinstance(cause, TypeError) and unexpected:
        return _unknown(f"{group[1]}.{unexpected[1]}")
    # A constructor checks options and does no work, so that its ValueError is about an option.
    return f"{group[1]}: {one_line(cause)}" if isinstance(cause, ValueError) else None


def one_line(error: BaseException) -> str:
    """The message without its line breaks."""
    return " ".join(str(error).split())


def _unknown(option: str) -> str:
    hint = renamed.hint(option)
    return f"{option}: there is no such option{f'; {hint}' if hint else ''}"


def _option(group: str, problem: Mapping[str, Any]) -> str:
    name = ".".join([group, *map(str, problem["loc"])])
    kind, message = str(problem["type"]), str(problem["msg"])
    if kind in ("unexpected_keyword_argument", "extra_forbidden"):
        return _unknown(name)
    if kind in ("missing", "missing_argument"):
        return f"{name}: expected a value, got none"
    if kind == "value_error":
        return f"{name}: {message.removeprefix('Value error, ')}"
    expected = message.removeprefix("Input should be ").partition(", unable")[0]
    expected = f"a value {expected}" if expected.startswith(("greater", "less")) else expected
    return f"{name}: expected {expected}, got {problem['input']!r}"
