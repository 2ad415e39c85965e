"""docs/architecture.md and the import rules say the same, and the rules know every package."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def contracts() -> list[dict[str, Any]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return project["tool"]["importlinter"]["contracts"]


def floors() -> list[list[str]]:
    (house,) = (contract for contract in contracts() if contract.get("containers") == ["recsys"])
    return [sorted(floor.split(" | ")) for floor in house["layers"]]


def test_the_page_draws_the_floors_of_the_import_rules():
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = page.partition("<!-- floors -->")[2].partition("<!-- end of floors -->")[0]
    rows = [re.findall(r"`(\w+)`", line.split("|")[1]) for line in table.splitlines() if line.startswith("| `")]
    assert [sorted(row) for row in rows] == floors()


def test_every_module_of_the_project_stands_on_a_floor():
    modules = {path.stem for path in (ROOT / "recsys").glob("*.py")} - {"__init__"}
    modules |= {path.parent.name for path in (ROOT / "recsys").glob("*/__init__.py")}
    assert modules == {name for floor in floors() for name in floor}


def test_each_forbidden_library_is_refused_everywhere_but_in_its_own_package():
    inside = {
        "cv2": {"keyframes"},
        "tensorflow": {"nn"},
        "mlflow": {"output"},
        "optuna": {"tuning"},
        "hydra": set[str](),
    }
    rules = [contract for contract in contracts() if contract["type"] == "forbidden"]
    free = {
        "__main__",
        "moved_modules",
        "recommender",
        "retriever",
        "tagger",
        "classifier",
        "bio",
        "task",
        "texts",
        "timing",
    }  # no library is named for these
    names = {name for floor in floors() for name in floor} - free
    for library, allowed in inside.items():
        (rule,) = (contract for contract in rules if library in contract["forbidden_modules"])
        refused = {module.split(".")[1] for module in rule["source_modules"] if module.count(".")}
        whole = "recsys" in rule["source_modules"]
        assert whole or names - {"progress", "environment", "thread_pool"} <= refused | allowed, library


def test_packages_that_exist_are_the_ones_that_a_wheel_would_hold():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["tool"]["setuptools"]["packages"]["find"] == {"include": ["recsys*"]}
    folders = {path.parent for path in (ROOT / "recsys").rglob("*.py") if "__pycache__" not in path.parts}
    assert all((folder / "__init__.py").exists() for folder in folders)
