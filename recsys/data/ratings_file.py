"""Your own ratings: one table, one row a rating, in a csv, tsv or parquet file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as parquet
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.data.sift_columns import sift_columns
from recsys.dataset import Array, DataError, Dataset, Interactions, Vocabulary

Arrow: TypeAlias = Any
"""Arrays, tables and types of pyarrow, which has no annotations."""

SEPARATORS = {".csv": ",", ".tsv": "\t", ".csv.gz": ",", ".tsv.gz": "\t"}
ENDINGS = (*SEPARATORS, ".parquet")
WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class RatingsFile:
    """Ratings of users and items without further data, but for optional SIFT vectors of the items.

    path                .csv or .tsv (UTF-8, a header line; also .gz), or .parquet
    name                None: the file's name without its ending
    user, item          names of the columns
    rating              name of the column; None: there are no ratings, every interaction counts as a like
    time                name of the column of whole seconds; None: there are no times
    sift                parquet table of SIFT vectors for the columns sift and sift_known; None: no such columns

    Ids that are whole numbers throughout are integers, others strings. Vocabularies are sorted, and so do not
    depend on the order of the file's rows; the interactions keep it.
    """

    path: str | None = None
    name: str | None = None
    user: str = "user"
    item: str = "item"
    rating: str | None = "rating"
    time: str | None = "time"
    sift: str | None = None

    def load(self) -> Dataset:
        """Raises `DataError`, with the line where there is one."""
        if self.path is None:
            raise DataError("dataset=ratings-file: expected a file, got none; pass dataset.path=FILE")
        file = Path(self.path).expanduser()
        ending = next((ending for ending in ENDINGS if file.name.lower().endswith(ending)), None)
        if ending is None:
            raise DataError(f"{file}: expected a name that ends in {', '.join(ENDINGS)}; rename or convert the file")
        if not file.is_file():
            raise DataError(f"{file}: expected a file, found none; correct dataset.path")
        names = [self.user, self.item, *(name for name in (self.rating, self.time) if name is not None)]
        table = _read(file, ending, names)
        users, user = _ids(table.column(self.user))
        items, item = _ids(table.column(self.item))
        interactions = Interactions.of(
            user,
            item,
            None if self.rating is None else _ratings(table.column(self.rating)),
            None if self.time is None else _times(table.column(self.time)),
        )
        _check_pairs(table, users, items, interactions)
        name = self.name or re.sub(r"[^A-Za-z0-9._-]+", "-", file.name[: -len(ending)]).strip("-.") or "ratings"
        pictures = {} if self.sift is None else sift_columns(Path(self.sift).expanduser(), items)
        return Dataset.of(name, interactions, users, items, item_table=pictures, origin=str(file))


@dataclass(frozen=True, slots=True)
class _Column:
    """Values of one column, strings from text files and typed ones from parquet, with their lines for messages."""

    file: Path
    name: str
    values: Arrow
    first: int  # line of the first value in a text file; 0 for parquet, which has rows
    typed: bool

    def where(self, row: int) -> str:
        return f"row {row + 1}" if self.typed else f"line {row + self.first}"

    def wrong(self, row: int, expected: str, remedy: str) -> NoReturn:
        got = self.values[row].as_py()
        raise DataError(
            f"{self.file}, {self.where(row)}: expected {expected} in column {self.name!r}, got {got!r}; {remedy}"
        )


@dataclass(frozen=True, slots=True)
class _Table:
    file: Path
    columns: dict[str, _Column]

    def column(self, name: str) -> _Column:
        return self.columns[name]


def _read(file: Path, ending: str, names: Sequence[str]) -> _Table:
    try:
        table = parquet.read_table(file) if ending == ".parquet" else _read_text(file, SEPARATORS[ending], names)
    except (OSError, ValueError) as error:  # pyarrow's own errors are of these kinds
        raise DataError(
            f"{file}: expected a table in the form that its name says, got: {' '.join(str(error).split())}; "
            "correct the file"
        ) from error
    columns: list[str] = table.column_names
    for name in names:
        if columns.count(name) != 1:
            raise DataError(
                f"{file}: expected one column {name!r}, got the columns {', '.join(map(repr, columns))}; "
                "pass dataset.user, .item, .rating and .time (null: no times) with the names that are there"
            )
    if not table.num_rows:
        raise DataError(f"{file}: expected at least one rating, got a table without rows")
    values = {name: table.column(name).combine_chunks() for name in names}
    return _Table(file, {name: _Column(file, name, values[name], 2, ending == ".parquet") for name in names})


def _read_text(file: Path, separator: str, names: Sequence[str]) -> Arrow:
    """Every column as text: numbers are parsed by the rules here, not by type inference."""
    return arrow_csv.read_csv(
        file,
        read_options=arrow_csv.ReadOptions(use_threads=False),  # with threads an error does not know its row
        parse_options=arrow_csv.ParseOptions(delimiter=separator, ignore_empty_lines=False),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
        ),
    )


def _ids(column: _Column) -> tuple[Vocabulary, Array]:
    """The vocabulary and the row numbers (n,)."""
    values = column.values
    if not (pa.types.is_integer(values.type) or _is_text(values)):
        column.wrong(0, f"whole numbers or strings, not {values.type},", "convert the column")
    if values.null_count:
        column.wrong(_first(values.is_null()), "an id", "remove the row or give it one")
    objects = pd.Series(values.to_pylist(), dtype=object)
    coded, distinct = pd.factorize(objects)
    if "" in distinct:
        column.wrong(int(np.argmax(coded == list(distinct).index(""))), "an id", "remove the row or give it one")
    if all(WHOLE.fullmatch(str(value)) for value in distinct):
        distinct = np.array([int(value) for value in distinct], np.int64)
    else:
        distinct = np.array(distinct, str)
    order = np.argsort(distinct, kind="stable")
    row = np.empty(len(order), np.int32)
    row[order] = np.arange(len(order))
    return Vocabulary.of(distinct[order]), row[coded]


def _ratings(column: _Column) -> Array:
    values = _numbers(column, pa.float64(), "a number")
    if not np.isfinite(values).all():
        column.wrong(_first(~np.isfinite(values)), "a finite number", "correct or remove the row")
    return values


def _times(column: _Column) -> Array:
    return _numbers(column, pa.int64(), "whole seconds since 1970")


def _numbers(column: _Column, kind: Arrow, expected: str) -> Array:
    values = column.values
    if values.null_count:
        column.wrong(_first(values.is_null()), expected, "correct or remove the row")
    if not (pa.types.is_integer(values.type) or pa.types.is_floating(values.type) or _is_text(values)):
        # Dates would cast too, in whatever unit they have.
        column.wrong(0, f"{expected}, not {values.type},", "convert the column")
    if not _casts(values, kind):
        start, count = 0, len(values)
        while count > 1:  # the first half that does not cast holds the first wrong value
            half = count // 2
            start, count = (start + half, count - half) if _casts(values.slice(start, half), kind) else (start, half)
        column.wrong(start, expected, "correct or remove the row")
    return values.cast(kind).to_numpy(zero_copy_only=False)


def _casts(values: Arrow, kind: Arrow) -> bool:
    try:
        values.cast(kind)
    except pa.ArrowInvalid:
        return False
    return True


def _is_text(values: Arrow) -> bool:
    return pa.types.is_string(values.type) or pa.types.is_large_string(values.type)


def _check_pairs(table: _Table, users: Vocabulary, items: Vocabulary, interactions: Interactions) -> None:
    pair = interactions.user.astype(np.int64) * len(items) + interactions.item
    _, first, inverse = np.unique(pair, return_index=True, return_inverse=True)
    repeated = first[inverse] != np.arange(len(pair))
    if repeated.any():
        row = _first(repeated)
        column = next(iter(table.columns.values()))
        user, item = users.ids[interactions.user[row]], items.ids[interactions.item[row]]
        raise DataError(
            f"{table.file}, {column.where(row)}: expected one rating a user and item, got user {user} and item {item} "
            f"again after {column.where(int(first[inverse[row]]))}; keep one of the two rows"
        )


def _first(mask: Any) -> int:
    return int(np.argmax(np.asarray(mask)))
