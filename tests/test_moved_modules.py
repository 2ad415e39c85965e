"""Old names of modules: importing one says the new one."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from recsys.moved_modules import MOVED

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(("old", "new"), MOVED.items())
def test_the_old_module_is_gone_and_the_new_one_is_there(old: str, new: str):
    with pytest.raises(ModuleNotFoundError, match=f"^{old} is now {new}"):
        import_module(old)
    assert find_spec(new) is not None


@pytest.mark.parametrize(
    "statement", ["import recsys.metrics", "from recsys import metrics", "from recsys.metrics import precision"]
)
def test_every_way_to_import_says_the_new_name(statement: str):
    with pytest.raises(ModuleNotFoundError, match=r"recsys\.metrics is now recsys\.evaluation\.metrics"):
        exec(statement, {})


def test_what_never_was_is_not_found_as_ever():
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'recsys\.never'"):
        import_module("recsys.never")


@pytest.mark.parametrize(
    ("module", "command"),
    [
        ("benchmarks.compare", "`python -m recsys compare`"),
        ("benchmarks.speed_bert4rec", "benchmarks.speed.bert4rec"),
        ("recsys.doctor", "`python -m recsys doctor`"),
    ],
)
def test_an_old_program_fails_with_its_new_command(module: str, command: str):
    done = subprocess.run([sys.executable, "-m", module], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert command in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_importing_the_package_imports_nothing_heavy():
    code = (
        "import sys, recsys, benchmarks; sys.exit(any(name in sys.modules for name in ('numpy', 'pandas', 'pydantic')))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
