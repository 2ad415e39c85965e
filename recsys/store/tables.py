"""The tables of one repeat as Parquet, written a row group at a time while its units are measured.

What is held is what is written, compressed, and the rows of the next row group; not the values of all units.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from recsys.dataset import Array
from recsys.results import Job
from recsys.task import Block, MeasurementProtocol, Split

SPLITS = "splits"
ROW_GROUP = 1 << 20
"""Rows of a row group, at most; of several repeats, each has its own."""
COMPRESSION = "zstd"


def per_unit(unit: str) -> str:
    """The file of the units' values, without its ending: per_user for `rank`."""
    return f"per_{unit}"


@dataclass(frozen=True, slots=True)
class RowGroups:
    """The tables of a Parquet file's row groups, read one at a time, anew each time they are gone through."""

    file: Path

    def __iter__(self) -> Iterator[Any]:
        with pq.ParquetFile(self.file) as opened:
            for number in range(opened.num_row_groups):
                yield opened.read_row_group(number)

    @property
    def schema(self) -> Any:
        return pq.read_schema(self.file)


class Tables:
    """Takes what is measured of the model as it comes; see `recsys.output.artifacts` for the rows."""

    def __init__(self, job: Job, number: int) -> None:
        self.job, self.number = job, number
        self.ids = job.task.unit_ids(job.data)
        self.rows = {name: Rows() for name in (job.task.predicted, per_unit(job.task.unit), SPLITS)}

    def keep(self, protocol: MeasurementProtocol, block: Block) -> None:
        """The next units of a protocol."""
        task = self.job.task
        self._add(task.predicted, {"protocol": protocol.name, **task.predictions(self.job.data, block)})
        for columns in _values(task.unit, protocol, block):
            self._add(per_unit(task.unit), columns)

    def finish(self, split: Split) -> Mapping[str, bytes]:
        """File name without its ending -> the file."""
        self._add(SPLITS, self.job.task.test_rows(self.job.data, split))
        return {name: rows.finish() for name, rows in self.rows.items()}

    def _add(self, name: str, columns: Mapping[str, Any]) -> None:
        units = columns[self.job.task.unit]
        named = {"repeat": np.full(len(units), self.number, np.int32), **columns, self.job.task.unit: self.ids[units]}
        self.rows[name].add(pa.table({column: _column(values, len(units)) for column, values in named.items()}))


class Rows:
    """A Parquet file in memory that grows by row groups."""

    def __init__(self) -> None:
        self.file, self.waiting, self.count = pa.BufferOutputStream(), list[Any](), 0
        self.writer: pq.ParquetWriter | None = None

    def add(self, table: Any) -> None:
        """Rows of the same columns each time."""
        self.waiting.append(table)
        self.count += len(table)
        if self.count >= ROW_GROUP:
            self._write()

    def finish(self) -> bytes:
        """The whole file; one table at least was added."""
        if self.waiting or self.writer is None:
            self._write()
        assert self.writer is not None
        self.writer.close()
        return self.file.getvalue().to_pybytes()

    def _write(self) -> None:
        table = pa.concat_tables(self.waiting).unify_dictionaries().combine_chunks()
        if self.writer is None:
            self.writer = pq.ParquetWriter(self.file, table.schema, compression=COMPRESSION)
        self.writer.write_table(table, row_group_size=ROW_GROUP)
        self.waiting, self.count = [], 0


def _values(unit: str, protocol: MeasurementProtocol, block: Block) -> Iterator[Mapping[str, Any]]:
    """Of each metric, the values of the block's units at all cutoffs."""
    cutoffs = np.array(protocol.cutoffs, np.int32)
    for metric, values in block.per_unit.items():
        ks = cutoffs if values.ndim == 2 else np.zeros(1, np.int32)
        yield {
            "protocol": protocol.name,
            unit: np.repeat(block.units, len(ks)),
            "metric": metric,
            "k": np.tile(ks, len(block.units)),
            "value": values.ravel(),
        }


def _column(values: Array | str, rows: int) -> Any:
    if isinstance(values, str):
        return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int8)), pa.array([values]))
    return pa.array(values, from_pandas=True)  # NaN becomes null
