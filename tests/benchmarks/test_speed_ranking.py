"""All ways are held to the same lists, and a table has a row for each."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.speed import ranking


def test_a_table_has_a_row_for_each_way_and_kind_of_scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ranking, "CHUNK", 1)
    ranking.main(["--out", str(tmp_path / "made.md"), "--rounds", "1", "--items", "400"])
    lines = [line.split(" | ") for line in (tmp_path / "made.md").read_text().splitlines() if line.startswith("| 400 ")]
    ways = [("400", kind, way) for kind in ("distinct", "many equal") for way in ("before", "full sort")]
    assert [(line[0].strip("| "), *line[1:3]) for line in lines[:4]] == ways
    assert [line[1] for line in lines[4:]] == ["64", "128"]


def test_another_list_stops_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ranking, "CHUNK", 1)
    monkeypatch.setitem(ranking.WAYS, "wrong", lambda world: ranking.ours(world)[:, ::-1])
    with pytest.raises(AssertionError, match=r"wrong: expected the lists of recsys\.evaluation\.ranking, got others"):
        ranking.measured(ranking.World.of("distinct", 400), 1)
