"""A repeat's tables are the same rows whether its units are measured at once or a few at a time."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recsys.evaluation import ranking
from recsys.execution.executor import Work
from recsys.store import tables
from recsys.store.shard import Shard
from recsys.store.tables import RowGroups, Rows
from tests import jobs

ORDER = {"rankings": ["protocol", "user", "rank"], "per_user": ["protocol", "user", "metric", "k"], "splits": ["user"]}


def shard() -> Shard:
    request = jobs.request()
    made = Work(request.job(request.load()), 1).finish(1)
    assert isinstance(made, Shard)
    return made


def rows(content: bytes, order: list[str]) -> list[list[object]]:
    frame = pd.read_parquet(pa.BufferReader(content))
    return frame.sort_values(order, kind="stable").to_numpy().tolist()


def test_one_user_at_a_time_gives_the_same_rows_and_the_same_numbers(monkeypatch: pytest.MonkeyPatch):
    whole = shard()
    monkeypatch.setattr(ranking, "BLOCK", 1)
    monkeypatch.setattr(tables, "ROW_GROUP", 5)
    parts = shard()
    assert repr(parts.finished.values) == repr(whole.finished.values)  # as words, NaN equals NaN
    assert repr(parts.finished.references) == repr(whole.finished.references)
    for name, order in ORDER.items():
        assert repr(rows(parts.tables[name], order)) == repr(rows(whole.tables[name], order))
    assert pq.ParquetFile(pa.BufferReader(whole.tables["per_user"])).num_row_groups == 1
    assert pq.ParquetFile(pa.BufferReader(parts.tables["per_user"])).num_row_groups > 5


def test_row_groups_are_read_as_they_were_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tables, "ROW_GROUP", 3)
    file = Rows()
    for start in range(0, 8, 2):
        file.add(pa.table({"user": [start, start + 1]}))
    (tmp_path / "some.parquet").write_bytes(file.finish())
    groups = RowGroups(tmp_path / "some.parquet")
    assert [part.column("user").to_pylist() for part in groups] == [[0, 1, 2], [3], [4, 5, 6], [7]]
    assert [len(part) for part in groups] == [3, 1, 3, 1]  # gone through anew


def test_without_rows_there_is_a_file_with_columns(tmp_path: Path):
    file = Rows()
    file.add(pa.table({"user": pa.array([], pa.int64())}))
    assert pq.read_table(pa.BufferReader(file.finish())).schema.names == ["user"]
