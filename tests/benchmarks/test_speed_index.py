"""The benchmark of indexes: what it counts, and a small run of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.speed import index
from benchmarks.speed.index import Asked


def test_recall_is_of_the_exact_ones_and_of_the_new_ones_alone():
    ms = np.ones(2)
    exact = Asked(np.array([[0, 1, 7], [2, 8, 9]]), ms)
    found = Asked(np.array([[7, 0, 3], [9, 8, 4]]), ms)
    assert found.recall(exact) == pytest.approx(4 / 6)
    assert found.recall(exact, at_least=8) == pytest.approx(1)
    assert exact.recall(exact, at_least=100) == 0


def test_a_run_writes_a_row_for_each_size_and_structure(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    index.main(["--sizes", "300", "--out", str(tmp_path / "index.md")])
    text = (tmp_path / "index.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| 300 |")]
    assert [row.split(" | ")[1] for row in rows] == ["topics", "none"]
    assert all(row in capsys.readouterr().out for row in rows[:1])
    assert "| items | structure | recall |" in text
