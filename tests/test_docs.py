"""The pages of docs/: their examples run, and their links lead somewhere."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("datasets/*.md"), *ROOT.glob("results/*.md"))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)\s]+)\)")
NAMED = re.compile(r"`([\w/.-]+)`:\n\n$")
"""What a page says before a block that is a file."""


@dataclass(frozen=True)
class Block:
    kind: str
    text: str
    file: str | None


def blocks(page: str, heading: str) -> list[Block]:
    """The fenced blocks below a heading, in order."""
    section = re.split(r"^## ", page, flags=re.MULTILINE)
    (text,) = (part for part in section if part.startswith(f"{heading}\n"))
    found = [(match, NAMED.search(text[: match.start()])) for match in BLOCK.finditer(text)]
    return [Block(match[1], match[2], named[1] if named else None) for match, named in found]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A copy to write into, without the other models: contract tests fit all that are there."""
    for name in ("recsys", "conf", "tests", "datasets"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("run.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    for file in (tmp_path / "conf" / "model").iterdir():
        if file.name != "popularity.yaml":
            file.unlink()
    return tmp_path


def follow(repository: Path, heading: str) -> dict[str, Any]:
    """Does what the section says; the summary of its run."""
    do(repository, heading)
    run([sys.executable, "-m", "ruff", "check", "recsys"], repository)
    (summary,) = (repository / "outputs").rglob("summary.json")
    return json.loads(summary.read_text(encoding="utf-8"))


def do(repository: Path, heading: str) -> None:
    """Writes the files of the section, applies its patches and runs its commands."""
    python = sys.executable
    for block in blocks((ROOT / "docs" / "adding.md").read_text(encoding="utf-8"), heading):
        if block.kind == "sh":
            for line in block.text.splitlines():
                run(shlex.split(line.replace(".venv/bin/python", python)), repository)
        elif block.kind == "diff":
            run(["git", "apply", "--unidiff-zero", "-"], repository, block.text)
        else:
            assert block.file is not None, f"the page names no file before {block.text[:60]!r}"
            (repository / block.file).parent.mkdir(exist_ok=True)
            (repository / block.file).write_text(block.text, encoding="utf-8")


def run(words: Sequence[str], folder: Path, given: str | None = None) -> None:
    done = subprocess.run(words, cwd=folder, input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words}:\n{done.stdout}\n{done.stderr}"


@pytest.mark.slow
def test_the_model_of_the_page_runs_and_keeps_the_contract(repository: Path):
    summary = follow(repository, "A model")
    assert (summary["model"], summary["parameters"]) == ("liked", {"like_threshold": 4.0, "damping": 10.0})
    floor = summary["references"]["random"]["rated/precision_at_10"]["mean"]
    assert summary["metrics"]["rated/precision_at_10"]["mean"] > floor
    assert "rated/log_loss" in summary["metrics"]


@pytest.mark.slow
def test_the_click_through_network_of_the_page_scores_pairs_as_cells_of_the_grid(repository: Path):
    summary = follow(repository, "A click-through network")
    assert (summary["model"], summary["parameters"]["cross"]) == ("dcn", 2)
    assert summary["metrics"]["rated/auc"]["mean"] > 0.5


@pytest.mark.slow
def test_the_tables_of_the_page_run_without_code(repository: Path):
    shutil.copy(ROOT / "conf" / "model" / "bm25.yaml", repository / "conf" / "model")
    summary = follow(repository, "Your own tables")
    assert summary["dataset"] == "library"
    facts = summary["stamp"]["dataset"]["facts"]
    assert (facts["repeated_rows"], facts["users_without_a_row"]) == (1, 1)
    assert list(summary["stamp"]["protocols"]) == ["full"]


@pytest.mark.slow
def test_the_set_of_runs_of_the_page_leaves_a_table_with_its_tests(repository: Path):
    for name in ("item_knn", "ease", "xdeepfm"):  # the last is the default
        shutil.copy(ROOT / "conf" / "model" / f"{name}.yaml", repository / "conf" / "model")
    do(repository, "A set of runs")
    assert "| item_knn, 20 neighbours |" in (repository / "outputs/mine/neighbours.md").read_text(encoding="utf-8")
    stored = json.loads((repository / "outputs/mine/neighbours.json").read_text(encoding="utf-8"))
    assert list(stored["rows"]) == ["ease", "item_knn", "item_knn, 20 neighbours"]


@pytest.mark.slow
def test_the_data_set_of_the_page_runs_with_its_genres(repository: Path):
    summary = follow(repository, "A data set")
    assert summary["dataset"] == "books"
    assert "full/intra_list_similarity_at_2" in summary["metrics"]


@pytest.mark.slow
def test_the_metric_of_the_page_stands_in_every_protocol(repository: Path):
    metrics = follow(repository, "A metric")["metrics"]
    first = metrics["rated/precision_at_1"]["mean"]
    assert metrics["rated/rbp_at_1"]["mean"] == pytest.approx(0.2 * first)  # at K = 1 it is a fifth of precision
    assert "full/rbp_at_10" in metrics


def test_the_lines_of_the_readme_fit_a_model_recommend_and_measure(tmp_path: Path):
    (block,) = re.findall(r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len([line for line in block.splitlines() if line]) <= 10
    made_up = "recsys.Synthetic(users=300, items=200, ratings=12000)"
    (tmp_path / "lines.py").write_text(block.replace("recsys.MovieLens100K()", made_up), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "lines.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    *_, last = done.stdout.splitlines()
    assert last.startswith("50 0.")


@pytest.mark.parametrize("page", PAGES, ids=lambda file: str(file.relative_to(ROOT)))
def test_links_to_files_and_headings_lead_somewhere(page: Path):
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        file, _, heading = target.partition("#")
        there = page.parent / file if file else page
        assert there.exists(), f"{target}: no such file"
        if heading:
            lines = there.read_text(encoding="utf-8").splitlines()
            titles = [line.lstrip("# ").lower() for line in lines if line.startswith("#")]
            assert heading in [re.sub(r"[^\w -]", "", title).replace(" ", "-") for title in titles], target


def test_every_page_can_be_reached_from_the_readme():
    reached, waiting = set[Path](), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page not in PAGES:
            continue
        reached.add(page)
        for target in LINK.findall(page.read_text(encoding="utf-8")):
            there = (page.parent / target.partition("#")[0]).resolve()
            waiting += there.glob("*.md") if there.is_dir() else [there]  # a folder shows its files
    assert not [str(page.relative_to(ROOT)) for page in PAGES if page not in reached]
