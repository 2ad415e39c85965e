"""Which source files a model's numbers come from, and their digest: other digest, other code.

Read from the files alone, nothing is imported: a module that a function imports when it is called counts, too.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, fields, is_dataclass
from importlib.util import find_spec
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any, TypeAlias, cast

from recsys.dataset import DataError

SUITE = "recsys"
NAMES_ALONE = (SUITE, f"{SUITE}.moved_modules")
"""Every import passes through these, which hold names and compute nothing."""
MAIN = ("__main__", "__mp_main__")


def closure(modules: Iterable[str]) -> Mapping[str, str]:
    """Module name -> digest of its source (16 hexadecimal digits), for the modules and all that they import, by name.

    Comments, docstrings and blank lines do not count. Modules of the standard library and of installed packages are
    left out, the suite itself excepted. Another minor version of Python may give other digests.
    Raises `DataError` for classes that were typed into an interactive session.
    """
    digests: dict[str, str] = {}
    waiting, seen = [name for module in modules for name in _with_packages(_own_name(module))], set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        file = _file(name)
        if file is None:
            continue
        source = _read(file)
        if name not in NAMES_ALONE:
            digests[name] = source.digest
            waiting.extend(_imported(name, file, source))
    return dict(sorted(digests.items()))


def digest(closure: Mapping[str, str]) -> str:
    """16 hexadecimal digits of all of them."""
    return _hash("\n".join(f"{name} {of_module}" for name, of_module in sorted(closure.items())))


def modules_of(value: object) -> Iterator[str]:
    """The modules of all classes and functions in a settings object: dataclasses, mappings, sequences, callables."""
    return _modules_of(value, set())


def _modules_of(value: object, seen: set[int]) -> Iterator[str]:
    if value is None or isinstance(value, (str, bytes, int, float, complex)) or id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, (type, FunctionType, BuiltinFunctionType, MethodType)):
        yield value.__module__
        yield from _modules_of(getattr(value, "__self__", None), seen)  # of a bound method
        return
    if type(value).__module__ != "builtins":
        yield type(value).__module__
    for part in _parts(value):
        yield from _modules_of(part, seen)


def _parts(value: object) -> Iterable[object]:
    if is_dataclass(value):
        return [getattr(value, field.name) for field in fields(value)]
    if isinstance(value, functools.partial):
        made = cast("functools.partial[Any]", value)
        return [made.func, *made.args, *made.keywords.values()]
    if isinstance(value, Mapping):
        return [part for item in cast(Mapping[object, object], value).items() for part in item]
    if isinstance(value, (list, tuple, Set)):
        return cast(Iterable[object], value)
    return list(getattr(value, "__dict__", {}).values())


Import: TypeAlias = tuple[int, str, tuple[str, ...]]
"""Level (0: absolute), module and the names taken from it; `import a.b` takes none."""


@dataclass(frozen=True, slots=True)
class _Source:
    """typed   imports for the type checker alone."""

    digest: str
    imports: tuple[Import, ...]
    typed: tuple[Import, ...]


def _read(file: str) -> _Source:
    status = Path(file).stat()
    return _read_once(file, status.st_mtime_ns, status.st_size)


@functools.lru_cache(maxsize=4096)
def _read_once(file: str, modified_ns: int, size: int) -> _Source:
    tree = ast.parse(Path(file).read_bytes(), file)
    nodes = list(ast.walk(tree))
    typing_only = {id(inner) for node in nodes for part in _typing_only(node) for inner in ast.walk(part)}
    imports = tuple(imported for node in nodes if id(node) not in typing_only for imported in _imports(node))
    typed = tuple(imported for node in nodes if id(node) in typing_only for imported in _imports(node))
    used = tuple((0, SUITE, (name,)) for name in _used_of_suite(nodes))
    for node in nodes:
        _drop_docstring(node)
    return _Source(_hash(ast.unparse(tree)), imports + used, typed)


def _imports(node: ast.AST) -> Iterable[Import]:
    if isinstance(node, ast.Import):
        return [(0, alias.name, ()) for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [(node.level, node.module or "", tuple(alias.name for alias in node.names))]
    return ()


def _used_of_suite(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """Ease of `recsys.Ease`, which imports the model's module without an import statement."""
    aliases = [alias for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    known_as = {alias.asname or SUITE for alias in aliases if alias.name.split(".")[0] == SUITE}
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in known_as:
            yield node.attr


def _typing_only(node: ast.AST) -> Sequence[ast.stmt]:
    """The statements under `if TYPE_CHECKING`."""
    names = (getattr(node.test, "id", None), getattr(node.test, "attr", None)) if isinstance(node, ast.If) else ()
    return node.body if isinstance(node, ast.If) and "TYPE_CHECKING" in names else ()


def _drop_docstring(node: ast.AST) -> None:
    """Drops every string that is a statement: the docstrings of modules, classes, functions, and of names."""
    for block in ("body", "orelse", "finalbody"):
        statements = getattr(node, block, None)
        if isinstance(statements, list):
            kept = [part for part in cast(list[ast.stmt], statements) if not _is_text(part)]
            setattr(node, block, kept or ([ast.Pass()] if statements else []))


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _imported(name: str, file: str, source: _Source) -> Iterator[str]:
    """Full names of modules, and of attributes, which `closure` finds no file for."""
    package = name if Path(file).name == "__init__.py" else name.rpartition(".")[0]
    for level, module, names in source.imports:
        if level:
            parents = package.split(".")
            module = ".".join([*parents[: len(parents) - level + 1], *([module] if module else [])])
        yield from _with_packages(module)
        for taken in names:
            yield f"{module}.{taken}"
            if module == SUITE:
                yield from _home(taken)


def _home(name: str) -> Iterator[str]:
    """The module of a name that the suite's root gives."""
    root = _file(SUITE)
    for _, module, names in _read(root).typed if root else ():
        if name in names:
            yield from _with_packages(module)


def _own_name(module: str) -> str:
    """Of the main module the name that it has where it is imported: `python -m shop.run` runs shop.run."""
    spec = getattr(sys.modules.get(module), "__spec__", None) if module in MAIN else None
    return spec.name if spec else module


def _with_packages(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[: end + 1]) for end in range(len(parts))]


def _file(module: str) -> str | None:
    """The module's source; None where it has none that counts."""
    if module in MAIN:
        file = getattr(sys.modules.get(module), "__file__", None)
        if file is None:
            raise DataError(
                "expected the code of models in files, found a class or function that was typed into an interactive "
                "session: its runs could not be told from those of other code; put it into a module and import it"
            )
        return file
    top, *rest = module.split(".")
    origin, folders = _located(top, tuple(sys.path))
    if not rest:
        return origin
    for folder in folders:
        place = folder.joinpath(*rest)
        for file in (place / "__init__.py", place.with_name(f"{place.name}.py")):
            if file.is_file():
                return str(file)
    return None


@functools.lru_cache(maxsize=1024)
def _located(top: str, path: tuple[str, ...]) -> tuple[str | None, tuple[Path, ...]]:
    """The file of a top-level module and, of a package, its folders; nothing for one that is installed or built in."""
    nothing: tuple[str | None, tuple[Path, ...]] = (None, ())
    if top in sys.stdlib_module_names:
        return nothing
    try:
        spec = find_spec(top)
    except ValueError:  # a module that was made by hand
        return nothing
    if spec is None:
        return nothing
    folders = tuple(Path(folder) for folder in spec.submodule_search_locations or ())
    origin = spec.origin if spec.origin and spec.origin.endswith(".py") else None
    places = [*folders, *([Path(origin)] if origin else [])]
    if top != SUITE and any(place.is_relative_to(installed) for place in places for installed in _installed()):
        return nothing
    return origin, folders


@functools.cache
def _installed() -> tuple[Path, ...]:
    """Where packages are installed."""
    return tuple({Path(sysconfig.get_path(name)) for name in ("purelib", "platlib", "stdlib")})


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
