"""The digest of the code changes where a number could, and nowhere else."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from recsys.dataset import DataError
from recsys.models.xdeepfm import XDeepFM
from recsys.store.code import closure, digest, modules_of

FILES = {
    "shop/__init__.py": "",
    "shop/model.py": '''
        """A model."""
        from __future__ import annotations
        import numpy
        from typing import TYPE_CHECKING
        import shop.parts.layers as layers
        from . import scale
        from .parts import SIZE
        import loose
        if TYPE_CHECKING:
            from shop.typed import Annotation
        class Model:
            """Learns."""
            def fit(self):
                from shop import lazy
                return lazy.fit() + 1  # of the bias
    ''',
    "shop/parts/__init__.py": "SIZE = 3",
    "shop/parts/layers.py": "from ..deep import depth",
    "shop/deep.py": "def depth():\n    return 4",
    "shop/scale.py": "SCALE = 2",
    "shop/lazy.py": "def fit():\n    return 0",
    "shop/typed.py": "class Annotation: ...",
    "shop/other.py": "import shop.model",
    "loose.py": "from recsys import Ease\nimport recsys as suite\nknn = suite.ItemKnn",
}
IMPORTED = ["shop", "shop.deep", "shop.lazy", "shop.model", "shop.parts", "shop.parts.layers", "shop.scale", "loose"]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        write(tmp_path / name, "\n".join(line.removeprefix(" " * 8) for line in text.splitlines()))
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def of_package() -> str:
    return digest(closure(["shop.model"]))


def test_it_holds_what_is_imported_also_in_functions_and_nothing_else(package: Path):
    found = closure(["shop.model"])
    assert {name for name in found if not name.startswith("recsys")} == set(IMPORTED)
    assert "shop.model" not in sys.modules


def test_a_name_taken_from_the_suite_stands_for_its_module(package: Path):
    found = closure(["loose"])
    assert {"recsys.models.ease", "recsys.models.item_knn", "recsys.dataset"} <= found.keys()
    assert "recsys.models.svdpp" not in found
    assert not {"recsys", "recsys.moved_modules"} & found.keys()


@pytest.mark.parametrize(
    "name", [f"{name.replace('.', '/')}.py" for name in IMPORTED if name not in ("shop", "shop.parts")]
)
def test_a_change_in_an_imported_file_changes_it(package: Path, name: str):
    before, file = of_package(), package / name
    write(file, f"{file.read_text()}\nADDED = 1\n")
    assert of_package() != before


def test_a_change_in_a_package_on_the_way_changes_it(package: Path):
    before = of_package()
    write(package / "shop/__init__.py", "import os")
    assert of_package() != before


def test_a_change_of_the_same_length_changes_it(package: Path):
    before, file = of_package(), package / "shop/scale.py"
    write(file, "SCALE = 3")
    os.utime(file, ns=(1, 1))
    assert of_package() != before


def test_comments_docstrings_and_blank_lines_change_nothing(package: Path):
    before, file = of_package(), package / "shop/model.py"
    text = file.read_text()
    assert "# of the bias" in text
    changed = text.replace("# of the bias", "").replace('"""Learns."""', '"""Learns\n    more."""\n\n')
    write(file, changed.replace('"""A model."""', "# A model"))
    assert of_package() == before


@pytest.mark.parametrize("name", ["shop/typed.py", "shop/other.py"])
def test_a_change_in_a_file_that_is_not_imported_changes_nothing(package: Path, name: str):
    before = of_package()
    write(package / name, "CHANGED = 1")
    assert of_package() == before


def test_a_network_is_in_it_though_it_is_imported_when_it_is_fitted():
    found = closure(["recsys.models.xdeepfm"])
    assert {"recsys.ctr", "recsys.nn", "recsys.nn.ctr_training", "recsys.nn.parts.fast_cin"} <= found.keys()
    assert not {"recsys.nn.bert", "recsys.pipeline", "recsys.models.ease"} & found.keys()


def test_installed_packages_and_the_standard_library_are_left_out():
    assert closure(["numpy.linalg", "json", "scipy", "no_such_module"]) == {}


def test_the_digest_is_of_names_and_sources():
    assert digest({"a": "1", "b": "2"}) == digest({"b": "2", "a": "1"})
    assert len({digest({"a": "1"}), digest({"b": "1"}), digest({"a": "2"}), digest({})}) == 4
    assert len(digest({})) == 16


@pytest.mark.parametrize("command", [["shop/program.py"], ["-m", "shop.program"]])
def test_a_program_counts_with_what_it_imports(package: Path, command: list[str]):
    text = "import shop.scale\nfrom recsys.store.code import closure\nprint(*closure(['__main__']))\n"
    write(package / "shop/program.py", text)
    path = f"{Path(__file__).resolve().parents[2]}{os.pathsep}{package}"
    printed = subprocess.run(
        [sys.executable, *command], cwd=package, env={"PYTHONPATH": path}, capture_output=True, text=True, check=True
    )
    own_name = "shop.program" if "-m" in command else "__main__"
    assert {own_name, "shop.scale", "recsys.store.code"} <= set(printed.stdout.split())


def test_code_that_was_typed_into_a_session_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    with pytest.raises(DataError, match="put it into a module"):
        closure(["__main__"])


@dataclass(frozen=True)
class Settings:
    parts: object


def test_the_modules_of_settings_are_those_of_all_that_they_hold():
    held = {"nested": [(XDeepFM(),), functools.partial(write, text="")], "type": Path, "number": 1.5}
    assert {
        __name__,
        "recsys.models.xdeepfm",
        "recsys.ctr",
        "recsys.features.item_item",
        "functools",
        "pathlib",
    } == set(modules_of(Settings(held)))


def test_settings_that_hold_themselves_are_walked_once():
    held: list[object] = [Settings(1)]
    held.append(held)
    assert list(modules_of(held)) == [__name__]
