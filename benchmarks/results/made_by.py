"""What a target's files depend on, data and packages excepted: settings and code, as one digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.results.plan import Target
from recsys.store import code, key


def digest(target: Target, root: Path) -> str:
    """16 hexadecimal digits.

    Of an experiment: settings and code of its rows; of a program: its options and all modules that it and the target's
    `modules` import. A change of words, or of how tables look, makes no number stale.
    """
    parts: list[Any] = [list(map(list, target.commands))]
    if target.experiment is not None:
        parts.append(rows(target.experiment))
    else:
        programs = {words[1] for words in target.commands}
        parts.append(code.closure({*programs, *_modules(target, root)}))
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def rows(options: Sequence[str]) -> Mapping[str, Any]:
    """Label -> settings and code of each row of the experiment that the options ask for."""
    from run import request_of, rows_of  # Hydra

    requests = {label: request_of(words) for label, words in rows_of(options).items()}
    return {
        label: key.made_by(row.task, row.model, row.splitter, row.protocols, row.seed, row.source)
        for label, row in requests.items()
    }


def _modules(target: Target, root: Path) -> set[str]:
    packages = {name.removesuffix(".*") for name in target.modules if name.endswith(".*")}
    inside = {
        f"{package}.{file.stem}" for package in packages for file in root.joinpath(*package.split(".")).glob("[!_]*.py")
    }
    return inside | {name for name in target.modules if not name.endswith(".*")}
