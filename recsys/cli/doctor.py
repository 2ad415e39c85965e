"""Whether this machine has what runs need: a line for each thing, with what to do where it is not as it should be.

    ok      as it should be
    note    runs go on without it
    wrong   runs fail, or their numbers cannot be trusted; the exit code is 1

Packages are imported by the checks that need them, and TensorFlow in a process of its own: a broken install is what
this is there to describe.
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
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from recsys.environment import ROOT, revision

State = Literal["ok", "note", "wrong"]
COLOURS = {"ok": "\033[32m", "note": "\033[33m", "wrong": "\033[31m"}
SETUP = "make setup, or install requirements.lock into this environment"
KERAS = "from recsys.nn import keras, tf; print(tf.__version__, keras.__version__, tf.keras.Model.__module__)"
PROBE = (
    *("run.py", "model=xdeepfm", "dataset=synthetic-100k", "dataset.users=60", "dataset.items=80"),
    *("dataset.ratings=2000", "split.repeats=1", "tracking=none"),
)
MEMORY_MB = 2000
"""Ten repeats of xdeepfm on ml-100k hold 1,554 MB at most (results/ml-100k.md)."""


@dataclass(frozen=True, slots=True)
class Finding:
    state: State
    said: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where runs look: `dataset.root` and `tracking.uri`."""

    data: str | None
    store: str


def python(place: Place) -> Finding:
    from packaging.specifiers import SpecifierSet

    wanted, found = SpecifierSet(_project()["requires-python"]), platform.python_version()
    said = f"{found}, {platform.platform()}, code {revision()[0][:12]}"
    if found in wanted:
        return Finding("ok", said)
    return Finding(
        "wrong", f"expected {wanted}, got {said}", "remove .venv, then: make setup PYTHON=/path/to/python3.12"
    )


def packages(place: Place) -> Finding:
    from packaging.requirements import Requirement

    found: list[str] = []
    wrong: list[str] = []
    for requirement in map(Requirement, _project()["dependencies"]):
        try:
            installed = version(requirement.name)
        except PackageNotFoundError:
            wrong.append(f"{requirement.name} is missing")
            continue
        found.append(f"{requirement.name} {installed}")
        if not requirement.specifier.contains(installed, prereleases=True):
            wrong.append(f"{requirement.name}: expected {requirement.specifier}, got {installed}")
    return Finding("wrong", "; ".join(wrong), SETUP) if wrong else Finding("ok", ", ".join(found))


def keras(place: Place) -> Finding:
    done = _python("-c", KERAS)
    if done.returncode:
        return Finding("wrong", f"TensorFlow cannot be loaded: {_last(done)}", SETUP)
    tensorflow, legacy, model = done.stdout.split()[-3:]
    used = model.partition(".")[0]
    said = f"TensorFlow {tensorflow}, tf_keras {legacy}; with TF_USE_LEGACY_KERAS=1 tf.keras is {used}"
    return Finding("ok", said) if used == "tf_keras" else Finding("wrong", f"{said}, expected tf_keras", SETUP)


def data(place: Place) -> Finding:
    from recsys.data.movielens import URLS, MovieLens100K
    from recsys.dataset import DataError, DataUnavailable

    sift = str(ROOT / "datasets" / "ml-100k-sift.parquet")
    source = MovieLens100K(root=place.data, cache=None, verify=True, download=False, sift=sift, fallback=None)
    try:
        found = source.load()
    except DataUnavailable:
        way = f"a run downloads it from {URLS[0]}, and where it cannot, uses synthetic-100k instead"
        return Finding(
            "note", "ml-100k is not here", f"{way}; a copy elsewhere: RECSYS_DATA=FOLDER that holds ml-100k/"
        )
    except DataError as error:
        return _told(error)
    return Finding("ok", f"{found.name}: {found.origin}; fingerprint {found.fingerprint}")


def tracking(place: Place) -> Finding:
    from recsys.output.tracking import MLflow, TrackingError

    file = Path(place.store.removeprefix("sqlite:///"))
    try:
        if place.store.startswith("sqlite:///") and not file.exists():
            folder = next(parent for parent in file.absolute().parents if parent.exists())
            with tempfile.TemporaryDirectory(dir=folder, prefix=".doctor-") as tried:
                MLflow(uri=f"sqlite:///{tried}/mlflow.db").check()
            return Finding("ok", f"{place.store}: not there yet, the first run makes it")
        MLflow(uri=place.store).check()
    except OSError as error:
        return Finding("wrong", f"{error.filename}: {error.strerror}", "make it writable, or pass tracking.uri=...")
    except TrackingError as error:
        return _told(error)
    return Finding("ok", f"{place.store} answers")


def determinism(place: Place) -> Finding:
    """Two runs of one seed, each in a process with hashes of its own."""
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name, str(number)) for number in (1, 2)]
        runs = [_start(*PROBE, f"hydra.run.dir={folder}", PYTHONHASHSEED=folder.name) for folder in folders]
        done = [_end(run) for run in runs]
        failed = next((one for one in done if one.returncode), None)
        if failed is not None:
            return Finding("wrong", f"a small run fails: {_last(failed)}", "mend what is wrong above, or report it")
        one, other = ((folder / "rankings.parquet").read_bytes() for folder in folders)
    if one != other:
        return Finding("wrong", "two runs of one seed rank differently", "unset TF_* and OMP_* variables, or report it")
    return Finding("ok", "two runs of xdeepfm with one seed give the same bytes")


def memory(place: Place) -> Finding:
    free = available_mb(Path("/"))
    if free is None:
        return Finding("note", "this system does not tell", f"see that {MEMORY_MB:,} MB are free")
    if free < MEMORY_MB:
        return Finding("wrong", f"{free:,} MB free", f"free {MEMORY_MB:,} MB, or run a model other than xdeepfm")
    return Finding("ok", f"{free:,} MB free")


def available_mb(root: Path) -> int | None:
    """What Linux says a program can have, within the limit of a container (cgroup 2); None where nothing is said."""
    info, group = root / "proc/meminfo", root / "sys/fs/cgroup"
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    found = [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
    if (group / "memory.max").exists() and (limit := (group / "memory.max").read_text().strip()) != "max":
        found.append(int(limit) - int((group / "memory.current").read_text()))
    return min(found) // 10**6 if found else None


CHECKS: tuple[Callable[[Place], Finding], ...] = (python, packages, keras, data, tracking, memory, determinism)


def examine(place: Place, check: Callable[[Place], Finding]) -> Finding:
    """A check that cannot be made is wrong, too."""
    try:
        return check(place)
    except ImportError as error:
        return Finding("wrong", str(error), SETUP)


def looks(arguments: Sequence[str]) -> Place:
    """The command line; its defaults are those of conf/."""
    parser = argparse.ArgumentParser(prog="python -m recsys doctor", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", help="the folder that runs get as dataset.root")
    parser.add_argument("--tracking", default=f"sqlite:///{ROOT}/mlflow.db", help="what runs get as tracking.uri")
    chosen = parser.parse_args(arguments)
    return Place(chosen.data, chosen.tracking)


def main(arguments: Sequence[str]) -> int:
    place = looks(arguments)
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    states: list[State] = []
    for check in CHECKS:
        finding = examine(place, check)
        states.append(finding.state)
        mark = f"{finding.state:6}"
        print(f"{COLOURS[finding.state]}{mark}\033[0m" if colour else mark, f"{check.__name__:12}", finding.said)
        if finding.remedy:
            print(f"{'':19} do: {finding.remedy}")
        sys.stdout.flush()
    return int("wrong" in states)


def _project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _told(error: Exception) -> Finding:
    """The suite's errors say what is wrong and, after a semicolon, what to do."""
    said, _, remedy = str(error).partition("; ")
    return Finding("wrong", said, remedy)


def _start(*words: str, **also: str) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, *words], cwd=ROOT, env={**os.environ, **also}, stdout=pipe, stderr=pipe, text=True
    )


def _end(run: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    out, err = run.communicate()
    return subprocess.CompletedProcess(run.args, run.returncode, out, err)


def _python(*words: str) -> subprocess.CompletedProcess[str]:
    return _end(_start(*words))


def _last(done: subprocess.CompletedProcess[str]) -> str:
    lines = done.stderr.strip().splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}"
