"""Errors that a user can fix, reported in one sentence; all others are bugs and keep their traceback.

Imports nothing heavy by itself: a misspelt option is reported at once.
"""

from __future__ import annotations

import errno
import re
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from recsys.cli import renamed

INTERRUPTED, TERMINATED = 130, 143
"""Exit codes of a program that SIGINT or SIGTERM ended, as a shell gives them."""
FOLDER = "hydra.run.dir=FOLDER"
"""The option of run.py for where it writes."""
NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def spoken(command: str) -> Generator[None]:
    """Ends the program with one sentence where the block fails on something that a user can fix, or is stopped.

    command   what goes on with a run that was stopped
    """
    try:
        yield
    except (KeyboardInterrupt, SystemExit) as error:
        if isinstance(error, SystemExit) and error.code != TERMINATED:
            raise
        fail("; ".join(["Stopped", *_notes(error)]) + f". To go on: {command}")
        sys.exit(INTERRUPTED if isinstance(error, KeyboardInterrupt) else TERMINATED)
    except Exception as error:
        message = sentence(error, folder=FOLDER)
        if message is None:
            raise
        fail("; ".join([message, *_notes(error)]))
        sys.exit(1)


def _notes(error: BaseException) -> list[str]:
    """What a run adds of the repeats that it kept; tracebacks of other processes have lines and are left out."""
    return [note for note in getattr(error, "__notes__", ()) if "\n" not in note]


def fail(message: str) -> None:
    """Prints on standard error, in red on a terminal."""
    from rich.console import Console
    from rich.text import Text

    Console(stderr=True, highlight=False).print(Text(message, style="red"), soft_wrap=True)


def sentence(error: BaseException, folder: str = "") -> str | None:
    """What was expected, what came and what to do; None for a bug. folder: the option for where it is written.

    A failing constructor comes wrapped by what called it, with `full_key: split` in the message: the option's group.
    """
    from pydantic import ValidationError

    from recsys.dataset import DataError
    from recsys.output.tracking import TrackingError

    if isinstance(error, (DataError, TrackingError)):
        return str(error)
    if isinstance(error, OSError):
        return _of_disk(error, folder)
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


def _of_disk(error: OSError, folder: str) -> str | None:
    """A place that is full, or that cannot be written to; other errors of the system are bugs."""
    place = error.filename2 or error.filename
    if error.errno in NO_SPACE:
        where = f" for {place}" if place else ""
        return f"no space left on the disk{where}: free some, then the same command goes on"
    if isinstance(error, (PermissionError, NotADirectoryError, FileExistsError)) or error.errno == errno.EROFS:
        other = f"choose another with {folder}" if folder else "choose another"
        return f"{place}: expected a folder to write to ({error.strerror}); {other}"
    return None


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
    if kind == "tuple_type":
        expected = "a list such as [1,2]"
    expected = f"a value {expected}" if expected.startswith(("greater", "less")) else expected
    return f"{name}: expected {expected}, got {problem['input']!r}"
