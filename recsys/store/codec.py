"""Dataclasses and what they hold as JSON and arrays, and back; reading builds dataclasses alone and calls nothing.

number, text, None        themselves; {"float": "nan"} for what JSON has no word for
tuple, list, sets         {"tuple": [...]}
mapping                   {"dict": [[key, value], ...]}
array, its scalar         {"array": name}, {"scalar": name}
sparse matrix             {"sparse": "csr_matrix", "shape": [..], "data": name, "indices": name, "indptr": name}
scikit-learn estimator    {"estimator": name}, the bytes of skops
dataclass                 {"class": "module:name", "fields": {...}}
"""

from __future__ import annotations

import dataclasses
import math
import re
import sys
from collections.abc import Collection, Mapping
from functools import cached_property
from importlib import import_module
from types import MappingProxyType
from typing import Any, cast

import numpy as np
from scipy import sparse

from recsys.dataset import Array, DataError

PLAIN = (type(None), bool, int, str)
SEQUENCES: Mapping[str, Any] = MappingProxyType({kind.__name__: kind for kind in (tuple, list, set, frozenset)})
MAPPINGS: Mapping[str, Any] = MappingProxyType({kind.__name__: kind for kind in (dict, MappingProxyType)})
SPARSE: Mapping[str, Any] = MappingProxyType(
    {kind.__name__: kind for kind in (sparse.csr_matrix, sparse.csc_matrix, sparse.csr_array, sparse.csc_array)}
)
CLASS = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")


class NotSaved(DataError):
    """A model that cannot be saved; the message says what in it, and what to do."""


class NotLoaded(DataError):
    """A saved model that is refused; the message says why, and what to do."""


class Encoder:
    """classes: "module:name" of all dataclasses; arrays: by name, each object once."""

    def __init__(self) -> None:
        self.classes: set[str] = set()
        self.arrays: dict[str, Array] = {}
        self._names: dict[int, str] = {}
        self._open: set[int] = set()

    def encode(self, value: Any, place: str) -> Any:
        """JSON; place: where the value stands, for errors. Raises `NotSaved`."""
        if type(value) in PLAIN:
            return value
        if type(value) is float:
            return value if math.isfinite(value) else {"float": str(value)}
        if id(value) in self._open:
            raise NotSaved(f"{place} holds itself: a model that is saved may not; let it hold copies")
        self._open.add(id(value))
        try:
            return self._encode(value, place)
        finally:
            self._open.remove(id(value))

    def _encode(self, value: Any, place: str) -> Any:
        kind = type(value).__name__
        if type(value) is SEQUENCES.get(kind):
            parts = sorted(value, key=repr) if isinstance(value, (set, frozenset)) else value
            return {kind: [self.encode(part, f"{place}[{number}]") for number, part in enumerate(cast(Any, parts))]}
        if type(value) is MAPPINGS.get(kind):
            pairs = cast(Mapping[Any, Any], value).items()
            return {kind: [[self.encode(k, f"a key of {place}"), self.encode(v, f"{place}[{k!r}]")] for k, v in pairs]}
        if type(value) is np.ndarray or isinstance(value, np.generic):
            return {"array" if type(value) is np.ndarray else "scalar": self._array(np.asarray(value), place)}
        if type(value) is SPARSE.get(kind):
            parts = {part: self._array(getattr(value, part), place) for part in ("data", "indices", "indptr")}
            return {"sparse": kind, "shape": list(value.shape), **parts}
        if _is_estimator(value):
            return {"estimator": self._array(_estimator_bytes(value, place), place)}
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return self._dataclass(value, place)
        name = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
        raise NotSaved(
            f"{place} is of type {name}, which cannot be saved: a model is saved where it is a dataclass that holds "
            "numbers, text, arrays, csr or csc matrices, scikit-learn estimators, tuples, lists, dicts, and such "
            "dataclasses"
        )

    def _array(self, values: Array, place: str) -> str:
        if values.dtype.hasobject:
            raise NotSaved(f"{place} is an array of Python objects, which cannot be saved: use one of numbers or text")
        if id(values) not in self._names:
            self._names[id(values)] = f"a{len(self.arrays)}"
            self.arrays[self._names[id(values)]] = values  # which keeps the id in use
        return self._names[id(values)]

    def _dataclass(self, value: Any, place: str) -> Any:
        kind: type = type(value)
        name = f"{kind.__module__}:{kind.__qualname__}"
        if "<locals>" in name:
            raise NotSaved(f"{place} is of class {name}, defined in a function: move the class to its module")
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        for other in getattr(value, "__dict__", {}).keys() - fields:
            if not isinstance(getattr(kind, other, None), cached_property):  # computed anew where it is asked for
                raise NotSaved(f"{place}.{other} is no field of the dataclass {name}, and would be lost: make it one")
        self.classes.add(name)
        return {
            "class": name,
            "fields": {field: self.encode(part, f"{place}.{field}") for field, part in fields.items()},
        }


def found_class(name: str, packages: Collection[str]) -> type:
    """The dataclass "module:name", of one of the packages; raises `NotLoaded` for anything else."""
    module, _, path = name.partition(":")
    if not CLASS.fullmatch(name) or module.split(".")[0] not in packages:
        known = ", ".join(packages)
        raise NotLoaded(
            f"the saved model names {name!r}, and classes of {known} alone are loaded; if you trust it, name its "
            "package: load(folder, packages=(...,))"
        )
    try:
        value: Any = import_module(module)
        for part in path.split("."):
            value = vars(value)[part]
    except (ImportError, KeyError, TypeError) as error:
        raise NotLoaded(
            f"the saved model is of {name}, which is not there: {error}; load it with the code that wrote it"
        ) from error
    own = isinstance(value, type) and (value.__module__, value.__qualname__) == (module, path)
    if not (own and dataclasses.is_dataclass(value)):
        raise NotLoaded(f"the saved model names {name!r}, which is no dataclass: it was not written by save")
    return cast(type, value)


def decode(node: Any, classes: Mapping[str, type], arrays: Mapping[str, Array]) -> Any:
    """What `Encoder.encode` was given; raises KeyError, TypeError or ValueError where the node is not of its making."""
    if type(node) in PLAIN or type(node) is float:
        return node
    kind = next(iter(node))
    if kind == "float":
        return float(node[kind])
    if kind in SEQUENCES:
        return SEQUENCES[kind]([decode(part, classes, arrays) for part in node[kind]])
    if kind in MAPPINGS:
        return MAPPINGS[kind]({decode(k, classes, arrays): decode(v, classes, arrays) for k, v in node[kind]})
    if kind == "array":
        return arrays[node[kind]]
    if kind == "scalar":
        return arrays[node[kind]][()]
    if kind == "sparse":
        return _sparse(node, arrays)
    if kind == "estimator":
        return _estimator(arrays[node[kind]].tobytes())
    if kind == "class":
        fields = {name: decode(part, classes, arrays) for name, part in node["fields"].items()}
        return _made(classes[node[kind]], fields)
    raise ValueError(f"a value of kind {kind!r}")


def _made(kind: type, fields: Mapping[str, Any]) -> Any:
    expected = [field.name for field in dataclasses.fields(cast(Any, kind))]
    if sorted(expected) != sorted(fields):
        raise ValueError(f"{kind.__qualname__} has the fields {expected}, got {list(fields)}")
    made = object.__new__(kind)  # no constructor: the fields are what one made of its arguments
    for name, value in fields.items():
        object.__setattr__(made, name, value)
    return made


def _sparse(node: Mapping[str, Any], arrays: Mapping[str, Array]) -> Any:
    parts = tuple(arrays[node[part]] for part in ("data", "indices", "indptr"))
    made = SPARSE[node["sparse"]](parts, shape=tuple(node["shape"]))
    made.check_format(full_check=True)  # an index out of bounds would read another's memory
    for part in (made.data, made.indices, made.indptr):
        part.flags.writeable = False
    return made


def _is_estimator(value: Any) -> bool:
    sklearn: Any = sys.modules.get("sklearn.base")
    return sklearn is not None and isinstance(value, sklearn.BaseEstimator)


def _estimator_bytes(value: Any, place: str) -> Array:
    from skops import io

    written = io.dumps(value)
    if unknown := io.get_untrusted_types(data=written):
        raise NotSaved(f"{place} holds {', '.join(unknown)}, which skops would not load: use scikit-learn's own parts")
    return np.frombuffer(written, np.uint8)


def _estimator(written: bytes) -> Any:
    from skops import io

    if unknown := io.get_untrusted_types(data=written):
        raise NotLoaded(f"an estimator of the saved model holds {', '.join(unknown)}: it was not written by save")
    return io.loads(written, trusted=[])
