"""One command for all of results/: on small programs that write a line; and the plan beside the repository's files."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.results import __main__ as program
from benchmarks.results import made_by, manifest
from benchmarks.results.plan import DAY, EXPERIMENTS, TARGETS, Target
from recsys.environment import ROOT

WRITER = """
import sys
from pathlib import Path
from dial import SETTING
name, = sys.argv[1:]
if name == "broken":
    sys.exit(3)
Path("runs.txt").open("a").write(name + " ")
if name != "idle":
    Path("results", name + ".md").write_text(f"{name} {SETTING}")
"""


def target(name: str, minutes: int = 1) -> Target:
    return Target((("-m", "writer", name),), (f"{name}.md",), minutes)


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *words], cwd=folder, check=True)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "results").mkdir()
    (tmp_path / "writer.py").write_text(WRITER, encoding="utf-8")
    (tmp_path / "dial.py").write_text("SETTING = 1\n", encoding="utf-8")
    (tmp_path / ".gitignore").write_text("runs.txt\n__pycache__\n", encoding="utf-8")
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return tmp_path


def commit(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-qm", "a")


@pytest.fixture
def make(root: Path) -> Callable[..., int]:
    def make(*words: str, **targets: Target) -> int:
        return program.main(words, targets or {"first": target("first"), "second": target("second")}, root)

    return make


def runs(root: Path) -> list[str]:
    file = root / "runs.txt"
    return file.read_text(encoding="utf-8").split() if file.exists() else []


def test_what_is_current_is_not_made_again_and_other_code_makes_it_stale(root: Path, make: Callable[..., int]):
    assert (make(), make(), runs(root)) == (0, 0, ["first", "second"])
    (root / "dial.py").write_text("SETTING = 2\n", encoding="utf-8")  # which the program imports
    commit(root)
    assert (make("second"), runs(root)) == (0, ["first", "second", "second"])
    assert (root / "results" / "second.md").read_text(encoding="utf-8") == "second 2"


def test_what_reads_the_files_of_others_is_made_again_where_they_change_in_the_same_call(
    root: Path, make: Callable[..., int]
):
    targets = {"first": target("first"), "digest": replace(target("digest"), reads=("*.md", "*.json"))}
    assert (make(**targets), make(**targets), runs(root)) == (0, 0, ["first", "digest"])
    (root / "results" / "first.md").write_text("edited", encoding="utf-8")
    assert (make(**targets), runs(root)) == (0, ["first", "digest", "first"])  # which writes what it wrote before
    (root / "results" / "more.json").write_text("{}", encoding="utf-8")
    assert (make(**targets), runs(root)[3:]) == (0, ["digest"])


def test_the_program_of_a_package_counts(root: Path, make: Callable[..., int]):
    (root / "shop").mkdir()
    (root / "shop" / "__init__.py").write_text("", encoding="utf-8")
    (root / "shop" / "__main__.py").write_text("import runpy; runpy.run_module('writer')", encoding="utf-8")
    commit(root)
    targets = {"first": Target((("-m", "shop", "first"),), ("first.md",), 1)}
    assert make(**targets) == 0
    (root / "shop" / "__main__.py").write_text("import runpy; runpy.run_module('writer', {})", encoding="utf-8")
    commit(root)
    assert (make(**targets), runs(root)) == (0, ["first", "first"])


def test_what_is_run_before_an_experiment_counts_and_what_is_run_after_it_does_not(
    root: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(made_by, "rows", lambda options: {"a row": list(options)})
    (root / "pages.py").write_text("WIDTH = 1\n", encoding="utf-8")
    made = Target((("-m", "writer", "data"), ("run.py", "experiment=toy"), ("-m", "pages")), ("toy.*",), 1)
    before = made_by.digest(made, root)
    (root / "pages.py").write_text("WIDTH = 2\n", encoding="utf-8")
    assert made_by.digest(made, root) == before
    (root / "dial.py").write_text("SETTING = 2\n", encoding="utf-8")
    assert made_by.digest(made, root) != before


def test_a_change_of_comments_makes_nothing_stale(root: Path, make: Callable[..., int]):
    make()
    (root / "dial.py").write_text("# more words\nSETTING = 1\n", encoding="utf-8")
    commit(root)
    assert (make(), runs(root)) == (0, ["first", "second"])


def test_a_figure_that_was_changed_by_hand_is_said(
    root: Path, make: Callable[..., int], capsys: pytest.CaptureFixture[str]
):
    assert (make(), make("--status")) == (0, 0)
    (root / "results" / "first.md").write_text("a better number", encoding="utf-8")
    assert make("--status") == 1
    assert "changed since it was made: first.md" in capsys.readouterr().out


def test_a_program_that_fails_or_writes_nothing_is_named_and_the_others_are_made(
    root: Path, make: Callable[..., int], capsys: pytest.CaptureFixture[str]
):
    targets = {name: target(name) for name in ("broken", "idle", "first")}
    assert make(**targets) == 1
    said = capsys.readouterr().err
    assert "expected exit code 0 of python -m writer broken, got 3" in said
    assert "expected results/idle.md of python -m writer idle, found nothing" in said
    assert "not made: broken, idle" in said
    assert set(manifest.read(root / "results")) == {"first"}


def test_what_would_end_too_late_is_not_begun(root: Path, make: Callable[..., int], capsys: pytest.CaptureFixture[str]):
    targets = {"long": target("long", minutes=59), "first": target("first")}
    assert make("--minutes", "30", **targets) == 1
    assert runs(root) == ["first"]
    assert "not made: long (about 59 minutes)" in capsys.readouterr().err


def test_what_takes_an_hour_or_more_is_left_for_the_night(
    root: Path, make: Callable[..., int], capsys: pytest.CaptureFixture[str]
):
    targets = {"long": target("long", minutes=60), "first": target("first", minutes=59)}
    targets["digest"] = replace(target("digest"), reads=("*.md",))
    make("--status", **targets)
    assert "1.0 hours for what is not current, and 1.0 overnight" in capsys.readouterr().out
    assert (make(**targets), runs(root)) == (0, ["first", "digest"])
    assert (make("--overnight", **targets), runs(root)[2:]) == (0, ["long", "digest"])
    assert (make("long", "--status", **targets), make(**targets), len(runs(root))) == (0, 0, 4)


def test_code_that_is_not_committed_makes_no_results(
    root: Path, make: Callable[..., int], capsys: pytest.CaptureFixture[str]
):
    (root / "dial.py").write_text("SETTING = 3\n", encoding="utf-8")
    assert (make(), runs(root)) == (2, [])
    assert "got changes in dial.py; commit them first" in capsys.readouterr().err


def test_all_but_what_is_left_for_the_night_is_made_in_a_day():
    assert sum(target.minutes for target in TARGETS.values() if not target.overnight) <= DAY


def test_every_experiment_and_every_file_of_results_is_in_the_plan():
    experiments = {file.stem for file in (ROOT / "conf" / "experiment").glob("*.yaml")}
    asked = {(target.experiment or ("",))[0].removeprefix("experiment=") for target in EXPERIMENTS.values()}
    assert experiments == asked
    assert list(manifest.unclaimed(ROOT / "results", TARGETS)) == []


def test_no_file_of_results_names_a_folder_of_the_machine_that_made_it():
    words = re.compile(r"(?:=|\s|\"|')/(?:[\w.-]+/)*[\w.-]+")
    for file in sorted((ROOT / "results").rglob("*")):
        if file.suffix in {".json", ".md"}:
            commands = re.findall(r'"command": "(.*)"|on: `(.*)`', file.read_text(encoding="utf-8"))
            assert not [one for pair in commands for one in pair if words.search(one)], file


def test_no_file_of_results_is_another_than_the_manifest_says():
    results = ROOT / "results"
    for name, entry in manifest.read(results).items():
        assert dict(manifest.hashes(results, TARGETS[name])) == dict(entry.files), name
