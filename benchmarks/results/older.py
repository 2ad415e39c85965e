"""The files of results/ as they were at a commit, with rows and settings by the names that they have now.

What a commit did not measure, its code can be run on later: results/older/COMMIT/, whose README says how.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from recsys.cli import renamed
from recsys.comparison.runs import Refused, Run
from recsys.experiments import stored

ROWS: Mapping[str, str] = MappingProxyType(
    {
        "blend": "stacking",
        "xdeepfm, no neighbours": "xdeepfm, no item-item models",
        "bert4rec_next_item, no neighbours": "bert4rec_next_item, no item-item models",
        "no neighbours": "no item-item models",
        "no encodings": "no target encoding",
        "all blanks placed": "all masks positioned",
        "no blank placed": "no mask positioned",
    }
)
"""A row's label before -> now."""
VALUES: Mapping[str, Mapping[Any, Any]] = MappingProxyType({"positions": {True: "learned", False: "none"}})
"""A setting -> its value before -> the value now."""


def stored_at(revision: str, root: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name of an experiment's files -> its JSON at the revision; raises `Refused` where the clone does not have it."""
    found = subprocess.run(_git(root, "cat-file", "-e", f"{revision}^{{commit}}"), capture_output=True, check=False)
    if found.returncode:
        raise Refused(
            f"expected commit {revision} in this clone, found none; a shallow clone gets it by `git fetch "
            "--unshallow`, and --since names another"
        )
    for path in _said(root, "ls-tree", "--name-only", revision, "results/").splitlines():
        if path.endswith(".json"):
            values = json.loads(_said(root, "show", f"{revision}:{path}"))
            if "stamp" in values:  # an experiment's
                yield Path(path).stem, values


def run_later(revision: str, results: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name of an experiment's files -> its JSON, of those in results/older/ that the revision's code wrote."""
    for file in sorted((results / "older" / revision).glob("*.json")):
        yield file.stem, json.loads(file.read_text(encoding="utf-8"))


def read(before: Mapping[str, Any], current: Mapping[str, Any]) -> dict[str, Run]:
    """Label now -> the older file's row; the share of test rows, which it may lack, is that of the same split now.

    Raises `Refused` where there is none.
    """
    ratios = {row["split"]: row.get("test_to_train") for row in current["rows"].values()}
    rows = {
        label: {**({"test_to_train": ratios[row["split"]]} if ratios.get(row["split"]) else {}), **row}
        for label, row in before["rows"].items()
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "before.json"
        file.write_text(json.dumps({**before, "rows": rows}), encoding="utf-8")
        try:
            return {ROWS.get(run.label, run.label): run for run in stored.read(file, own_splits=True)}
        except Refused as error:
            raise Refused(str(error).removeprefix(f"{file}: ")) from error


def settings(of: Run, now: Run) -> dict[str, Any]:
    """A run's settings, by the names that they have in the present run, and by the values of today."""
    named = {_name(name, now): value for name, value in of.summary["parameters"].items()}
    return {name: VALUES[name].get(value, value) if name in VALUES else value for name, value in named.items()}


def _name(name: str, run: Run) -> str:
    """By the model, which the run's label need not name."""
    current: Mapping[str, Any] = run.summary["parameters"]
    names = [name, *(renamed.option(name, model) for model in ("stacking", *renamed.OPTIONS))]
    return next((new for new in names if new in current), name)


def _git(root: Path, *words: str) -> list[str]:
    return ["git", "-C", str(root), *words]


def _said(root: Path, *words: str) -> str:
    return subprocess.run(_git(root, *words), capture_output=True, text=True, check=True).stdout
