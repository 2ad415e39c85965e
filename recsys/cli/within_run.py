"""Commands that fit a model to show something of it: they are run.py, asked for what they show in place of a run."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence

from recsys.dataset import DataError
from recsys.environment import ROOT

COMMANDS = ("search", "label", "classify", "graph", "demand")
"""Modules of `recsys.cli` whose `show` run.py calls with its request, and with what `call` was given."""


def call(command: str, words: Sequence[str], given: Mapping[str, str | int]) -> int:
    """The exit code of run.py with the options `words`; nothing is kept.

    Raises `DataError` where there is no run.py, as in an installed package.
    """
    if not (ROOT / "run.py").exists():
        raise DataError(
            f"expected run.py and conf/ in {ROOT}, found none: {command} fits a model in the project's own folder"
        )
    with tempfile.TemporaryDirectory() as folder:
        chosen = [f"+{command}.{name}={_written(value)}" for name, value in given.items()]
        return subprocess.call([sys.executable, str(ROOT / "run.py"), *words, *chosen, f"hydra.run.dir={folder}"])


def _written(value: str | int) -> str:
    """As Hydra reads it."""
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{escaped}'"
    return str(value).lower()
