"""What a target's files depend on, data and packages excepted: settings and code, as one digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

from benchmarks.results.plan import KEPT, Target
from recsys import atomic
from recsys.store import code, key


def digest(target: Target, root: Path) -> str:
    """16 hexadecimal digits.

    Of an experiment: settings and code of its rows; of a program, and of what is run before an experiment: options, all
    modules that it and the target's `modules` import, and the files that it reads. A change of words, or of how tables
    look, makes no number stale.
    """
    parts: list[Any] = [list(map(list, target.commands))]
    if target.experiment is not None:
        parts.append(rows(target.experiment))
    before = takewhile(lambda words: words[0] == "-m", target.commands)
    if programs := {f"{words[1]}{main}" for words in before for main in ("", ".__main__")}:
        parts.append(code.closure({*programs, *_modules(target, root)}))
    if target.reads:
        parts.append(_read(target, root / "results"))
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def rows(options: Sequence[str]) -> Mapping[str, Any]:
    """Label -> settings and code of each row of the experiment that the options ask for."""
    from run import request_of, rows_of  # Hydra

    requests = {label: request_of(words) for label, words in rows_of(options).items()}
    return {
        label: key.made_by(row.task, row.model, row.splitter, row.protocols, row.seed, row.source)
        for label, row in requests.items()
    }


def _read(target: Target, results: Path) -> Mapping[str, str]:
    """File -> SHA-256 of what it holds."""
    own = {file for pattern in target.files for file in results.glob(pattern)}
    read = {file for pattern in target.reads for file in results.glob(pattern)} - own
    return {str(file.relative_to(results)): atomic.digest(file) for file in read if file.name not in KEPT}


def _modules(target: Target, root: Path) -> set[str]:
    packages = {name.removesuffix(".*") for name in target.modules if name.endswith(".*")}
    inside = {
        f"{package}.{file.stem}" for package in packages for file in root.joinpath(*package.split(".")).glob("[!_]*.py")
    }
    return inside | {name for name in target.modules if not name.endswith(".*")}
