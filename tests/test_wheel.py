"""A built wheel holds every package, and its doctor speaks where nothing else is installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy: a build leaves files beside its sources."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT / "recsys", folder / "recsys", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "LICENSE"):
        shutil.copy(ROOT / name, folder / name)
    command = [sys.executable, "-m", "pip", "wheel", ".", "--no-deps", "--no-build-isolation", "--wheel-dir", "dist"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = (folder / "dist").glob("*.whl")
    return built


def test_it_holds_every_module(wheel: Path):
    with zipfile.ZipFile(wheel) as opened:
        modules = {name for name in opened.namelist() if name.endswith(".py")}
    sources = (path for path in (ROOT / "recsys").rglob("*.py") if "__pycache__" not in path.parts)
    assert modules == {path.relative_to(ROOT).as_posix() for path in sources}


def test_its_doctor_says_in_an_empty_environment_what_is_missing(wheel: Path, tmp_path: Path):
    venv.create(tmp_path / "env", with_pip=False)
    python = tmp_path / "env" / "bin" / "python"
    site = next((tmp_path / "env" / "lib").glob("python*")) / "site-packages"
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(site)
    command = [python, "-m", "recsys", "doctor"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == ""
    checks = ("python", "packages", "keras", "data", "tracking", "memory", "determinism")
    lines = [line.split()[:2] for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert [name for _, name in lines] == list(checks)
    assert "not tried: run.py and conf/ are not in a wheel" in done.stdout
    assert "No module named" in done.stdout
    assert str(ROOT) not in done.stdout
