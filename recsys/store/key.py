"""The key of a run: equal keys, equal numbers. What decides them goes in; where and how many repeats run does not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, cast

import numpy as np

from recsys.results import Job
from recsys.store import code

WHICH_REPEATS = ("repeats", "only")
"""Fields of a splitter that say which repeats run, and change none of them."""
PACKAGES = (
    *("numpy", "scipy", "tensorflow", "tf-keras", "deepctr", "transformers", "implicit", "scikit-learn", "bm25s"),
    "pandas",
)
"""Those that compute; of models that choose their settings, Optuna does, too."""
NAMED = 5  # differing parts that a sentence lists


@dataclass(frozen=True, slots=True)
class Key:
    """parts: settings, data, code and packages; JSON, so that two keys can say in what they differ."""

    parts: Mapping[str, Any]

    @classmethod
    def of(cls, job: Job, source: object) -> Key:
        """source: what the data were loaded by, whose code counts."""
        parts = made_by(job.task, job.model, job.splitter, job.protocols, job.seed, source)
        packages = (*PACKAGES, *(["optuna"] if any(name.startswith("recsys.tuning") for name in parts["code"]) else []))
        return cls(
            {
                **parts,
                "data": {job.data.name: job.data.fingerprint},
                "packages": {package: _version(package) for package in packages},
            }
        )

    @property
    def digest(self) -> str:
        """16 hexadecimal digits."""
        return hashlib.sha256(json.dumps(self.parts, sort_keys=True).encode()).hexdigest()[:16]


def made_by(
    task: object, model: object, splitter: object, protocols: object, seed: int, source: object
) -> dict[str, Any]:
    """The parts of a key that are known before the data are: settings and code."""
    split = {name: value for name, value in _plain(splitter).items() if name not in WHICH_REPEATS}
    closure = code.closure({"recsys.pipeline", *code.modules_of((task, model, splitter, protocols, source))})
    settings = {"task": _plain(task), "model": _plain(model), "split": split, "protocols": _plain(protocols)}
    return {"settings": {**settings, "seed": seed}, "code": dict(closure)}


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """In what two keys' parts differ, in words: `settings model.l2 (1 before, 2 now), code recsys.models.ease`."""
    old, new = dict(_leaves(before)), dict(_leaves(now))
    names = [name for name in dict.fromkeys([*old, *new]) if old.get(name) != new.get(name)]
    words = [_difference(name, old.get(name), new.get(name)) for name in names]
    more = f" and {len(words) - NAMED} more" if len(words) > NAMED else ""
    return ", ".join(words[:NAMED]) + more


def _difference(name: tuple[str, ...], before: object, now: object) -> str:
    kind, part = name[0], ".".join(name[1:])
    return f"{kind} {part}" if kind == "code" else f"{kind} {part} ({before} before, {now} now)"


def _leaves(tree: Mapping[str, Any], above: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], object]]:
    leaves: list[tuple[tuple[str, ...], object]] = []
    for name, part in tree.items():
        if isinstance(part, Mapping) and part:
            leaves += _leaves(cast(Mapping[str, Any], part), (*above, name))
        else:
            leaves.append(((*above, name), part))
    return leaves


def _plain(value: Any) -> Any:
    """JSON that is equal for equal settings, whatever the process. Raises `TypeError` for what it does not know."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {"class": f"{type(value).__module__}.{type(value).__qualname__}", **_fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in cast(Mapping[object, Any], value).items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in cast(Sequence[Any], value)]
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, np.generic):
        return value.item()
    if callable(value):
        named: Any = value if hasattr(value, "__qualname__") else type(value)
        return f"{named.__module__}.{named.__qualname__}"
    raise TypeError(f"expected settings of numbers, words, lists and dataclasses, got {value!r}")


def _fields(value: Any) -> dict[str, Any]:
    return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
