"""Whether this machine has what runs need: a line for each check, with a remedy where one fails.

    ok      as it should be
    note    runs work without it
    wrong   runs fail, or their numbers cannot be trusted; the exit code is 1

Packages are imported by the checks that need them, and TensorFlow in a process of its own, so that a broken
installation is reported and does not break the report.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path
from typing import Literal

from recsys.environment import FIT_MB, ROOT, available_mb, revision

PACKAGE = "recsys-bench"
State = Literal["ok", "note", "wrong"]
COLOURS = {"ok": "\033[32m", "note": "\033[33m", "wrong": "\033[31m"}
SETUP = "make setup, or install requirements.lock into this environment"
KERAS = "from recsys.nn import keras, tf; print(tf.__version__, keras.__version__, tf.keras.Model.__module__)"
PROBE = (
    *("run.py", "model=xdeepfm", "dataset=synthetic-100k", "dataset.users=60", "dataset.items=80"),
    *("dataset.ratings=2000", "split.repeats=1", "tracking=none"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check says; remedy: what to do, where there is something."""

    state: State
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Locations:
    """Where runs look: `dataset.root` and `tracking.uri`."""

    data: str | None
    store: str


def python(locations: Locations) -> Finding:
    from packaging.specifiers import SpecifierSet

    required, installed = SpecifierSet(_project()[0]), platform.python_version()
    message = f"{installed}, {platform.platform()}, code {revision()[0][:12]}"
    if installed in required:
        return Finding("ok", message)
    return Finding(
        "wrong", f"expected {required}, got {message}", "remove .venv, then: make setup PYTHON=/path/to/python3.12"
    )


def packages(locations: Locations) -> Finding:
    from packaging.requirements import Requirement

    right: list[str] = []
    wrong: list[str] = []
    for requirement in map(Requirement, _project()[1]):
        try:
            installed = version(requirement.name)
        except PackageNotFoundError:
            wrong.append(f"{requirement.name} is missing")
            continue
        right.append(f"{requirement.name} {installed}")
        if not requirement.specifier.contains(installed, prereleases=True):
            wrong.append(f"{requirement.name}: expected {requirement.specifier}, got {installed}")
    return Finding("wrong", "; ".join(wrong), SETUP) if wrong else Finding("ok", ", ".join(right))


def keras(locations: Locations) -> Finding:
    process = _python("-c", KERAS)
    if process.returncode:
        return Finding("wrong", f"TensorFlow cannot be loaded: {_last_line(process)}", SETUP)
    tensorflow, legacy, model = process.stdout.split()[-3:]
    used = model.partition(".")[0]
    message = f"TensorFlow {tensorflow}, tf_keras {legacy}; with TF_USE_LEGACY_KERAS=1 tf.keras is {used}"
    return Finding("ok", message) if used == "tf_keras" else Finding("wrong", f"{message}, expected tf_keras", SETUP)


def data(locations: Locations) -> Finding:
    from recsys.data.movielens import URLS, MovieLens100K
    from recsys.dataset import DataError, DataUnavailable

    source = MovieLens100K(root=locations.data, download=False)
    try:
        dataset = source.load()
    except DataUnavailable:
        remedy = f"a run downloads it from {URLS[0]}, and where it cannot, uses synthetic-100k instead"
        return Finding(
            "note", "ml-100k is not here", f"{remedy}; a copy elsewhere: RECSYS_DATA=FOLDER that holds ml-100k/"
        )
    except DataError as error:
        return _split(error)
    return Finding("ok", f"{dataset.name}: {dataset.origin}; fingerprint {dataset.fingerprint}")


def tracking(locations: Locations) -> Finding:
    from recsys.output.tracking import MLflow, TrackingError

    file = Path(locations.store.removeprefix("sqlite:///"))
    try:
        if locations.store.startswith("sqlite:///") and not file.exists():
            folder = next(parent for parent in file.absolute().parents if parent.exists())
            with tempfile.TemporaryDirectory(dir=folder, prefix=".doctor-") as scratch:
                MLflow(uri=f"sqlite:///{scratch}/mlflow.db").reach()
            return Finding("ok", f"{locations.store}: not there yet, the first run creates it")
        MLflow(uri=locations.store).reach()
    except OSError as error:
        return Finding("wrong", f"{error.filename}: {error.strerror}", "make it writable, or pass tracking.uri=...")
    except TrackingError as error:
        return _split(error)
    return Finding("ok", f"{locations.store} answers")


def determinism(locations: Locations) -> Finding:
    """Two runs of one seed, each in a process with hashes of its own."""
    if not _is_checkout():
        return Finding("note", "not tried: run.py and conf/ are not in a wheel", "run experiments from the repository")
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name, str(number)) for number in (1, 2)]
        runs = [_start(*PROBE, f"hydra.run.dir={folder}", PYTHONHASHSEED=folder.name) for folder in folders]
        processes = [_end(run) for run in runs]
        failed = next((process for process in processes if process.returncode), None)
        if failed is not None:
            return Finding("wrong", f"a small run fails: {_last_line(failed)}", "fix what is wrong above, or report it")
        first, second = ((folder / "rankings.parquet").read_bytes() for folder in folders)
    if first != second:
        return Finding("wrong", "two runs of one seed rank differently", "unset TF_* and OMP_* variables, or report it")
    return Finding("ok", "two runs of xdeepfm with one seed give the same bytes")


def memory(locations: Locations) -> Finding:
    free = available_mb()
    if free is None:
        return Finding("note", "this system does not say how much is free", f"check that {FIT_MB:,} MB are")
    if free < FIT_MB:
        return Finding("wrong", f"{free:,} MB free", f"free {FIT_MB:,} MB, or run a model other than xdeepfm")
    return Finding("ok", f"{free:,} MB free")


CHECKS: tuple[Callable[[Locations], Finding], ...] = (python, packages, keras, data, tracking, memory, determinism)


def examine(locations: Locations, check: Callable[[Locations], Finding]) -> Finding:
    """A check that cannot be imported is wrong, too."""
    try:
        return check(locations)
    except ImportError as error:
        return Finding("wrong", str(error), SETUP)


def parse(arguments: Sequence[str]) -> Locations:
    """The command line; its defaults are those of conf/."""
    parser = argparse.ArgumentParser(prog="python -m recsys doctor", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", help="the folder that runs get as dataset.root")
    folder = ROOT if _is_checkout() else Path.cwd()
    parser.add_argument("--tracking", default=f"sqlite:///{folder}/mlflow.db", help="what runs get as tracking.uri")
    options = parser.parse_args(arguments)
    return Locations(options.data, options.tracking)


def main(arguments: Sequence[str]) -> int:
    locations = parse(arguments)
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    states: list[State] = []
    for check in CHECKS:
        finding = examine(locations, check)
        states.append(finding.state)
        mark = f"{finding.state:6}"
        print(f"{COLOURS[finding.state]}{mark}\033[0m" if colour else mark, f"{check.__name__:12}", finding.message)
        if finding.remedy:
            print(f"{'':19} do: {finding.remedy}")
        sys.stdout.flush()
    return int("wrong" in states)


def _is_checkout() -> bool:
    """Whether run.py and conf/ lie beside the package, as in the repository and not in a wheel."""
    return (ROOT / "run.py").exists()


def _project() -> tuple[str, list[str]]:
    """The Python and the packages that are required, from pyproject.toml or from what a wheel says of itself."""
    if _is_checkout():
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        return project["requires-python"], project["dependencies"]
    required = [words for words in requires(PACKAGE) or [] if "extra ==" not in words]
    return metadata(PACKAGE)["Requires-Python"], required


def _split(error: Exception) -> Finding:
    """The suite's errors say what is wrong and, after a semicolon, what to do."""
    message, _, remedy = str(error).partition("; ")
    return Finding("wrong", message, remedy)


def _start(*words: str, **variables: str) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, *words], cwd=ROOT, env={**os.environ, **variables}, stdout=pipe, stderr=pipe, text=True
    )


def _end(run: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    out, err = run.communicate()
    return subprocess.CompletedProcess(run.args, run.returncode, out, err)


def _python(*words: str) -> subprocess.CompletedProcess[str]:
    return _end(_start(*words))


def _last_line(process: subprocess.CompletedProcess[str]) -> str:
    lines = process.stderr.strip().splitlines()
    return lines[-1] if lines else f"exit code {process.returncode}"
