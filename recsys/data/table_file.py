"""Columns of one's own tables: csv, tsv or parquet files, of which only the columns asked for are read.

Values are parsed by the rules here, not by type inference; what does not fit is told with its line.
"""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as parquet

from recsys.data import located
from recsys.dataset import Array, DataError, Vocabulary

Arrow: TypeAlias = Any
"""Arrays, tables and types of pyarrow, which has no annotations."""

SEPARATORS = {".csv": ",", ".tsv": "\t", ".csv.gz": ",", ".tsv.gz": "\t"}
ENDINGS = (*SEPARATORS, ".parquet")
WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file that is there, and of a known kind; option: how the user named it, for messages."""

    file: Path
    ending: str
    option: str

    @classmethod
    def of(cls, path: str, option: str) -> TableFile:
        """A relative path is looked for here and then in $RECSYS_DATA.

        Raises `DataError` where there is no such file, or its name has another ending.
        """
        file = located.file(path)
        ending = next((ending for ending in ENDINGS if file.name.lower().endswith(ending)), None)
        if ending is None:
            raise DataError(f"{file}: expected a name that ends in {', '.join(ENDINGS)}; rename or convert the file")
        if not file.is_file():
            raise DataError(f"{file}: expected a file, found none; correct {option}")
        return cls(file, ending, option)

    @property
    def stem(self) -> str:
        """The name without its ending, of letters, digits and ._- alone."""
        return re.sub(r"[^A-Za-z0-9._-]+", "-", self.file.name[: -len(self.ending)]).strip("-.")

    def names(self) -> Sequence[str]:
        """Of all columns."""
        return parquet.read_schema(self.file).names if self.ending == ".parquet" else self._header()

    def columns(self, names: Sequence[str], remedy: str) -> list[Column]:
        """The columns of these names, each of which has to be there once; remedy: what to do where one is not."""
        typed = self.ending == ".parquet"
        try:
            present = self.names()
            wanted = [name for name in dict.fromkeys(names) if name in present]
            table = parquet.read_table(self.file, columns=wanted) if typed else self._text(wanted)
        except (OSError, ValueError) as error:  # pyarrow's own errors are of these kinds
            raise DataError(
                f"{self.file}: expected a table in the form that its name says, got: {' '.join(str(error).split())}; "
                "correct the file"
            ) from error
        for name in names:
            if present.count(name) != 1:
                columns = ", ".join(map(repr, present))
                raise DataError(f"{self.file}: expected one column {name!r}, got the columns {columns}; {remedy}")
        if not table.num_rows:
            raise DataError(f"{self.file}: expected at least one row, got a table without rows")
        return [Column(self.file, name, _plain(table.column(name)), typed) for name in names]

    def _header(self) -> list[str]:
        """Of a text file; empty where the file is."""
        opened = gzip.open if self.ending.endswith(".gz") else open
        with opened(self.file, "rt", encoding="utf-8-sig", newline="") as lines:
            return next(csv.reader(lines, delimiter=SEPARATORS[self.ending]), [])

    def _text(self, names: Sequence[str]) -> Arrow:
        """Every column as text."""
        try:
            return self._read_text(names, threads=True)
        except (OSError, ValueError):  # with threads an error does not know its row
            return self._read_text(names, threads=False)

    def _read_text(self, names: Sequence[str], *, threads: bool) -> Arrow:
        return arrow_csv.read_csv(
            self.file,
            read_options=arrow_csv.ReadOptions(use_threads=threads),
            parse_options=arrow_csv.ParseOptions(delimiter=SEPARATORS[self.ending], ignore_empty_lines=False),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), include_columns=names, strings_can_be_null=False
            ),
        )


@dataclass(frozen=True, slots=True)
class Column:
    """Values of one column: strings from text files, and from parquet, where typed, those of the file."""

    file: Path
    name: str
    values: Arrow
    typed: bool

    def where(self, row: int) -> str:
        return f"row {row + 1}" if self.typed else f"line {row + 2}"

    def wrong(self, row: int, expected: str, remedy: str) -> NoReturn:
        got = self.values[row].as_py()
        raise DataError(
            f"{self.file}, {self.where(row)}: expected {expected} in column {self.name!r}, got {got!r}; {remedy}"
        )

    def ids(self) -> tuple[Vocabulary, Array]:
        """The distinct ids, sorted, and each row's row number in them, int32 (n,).

        Integers where all are whole numbers, strings otherwise.
        """
        values = self.values
        if not (pa.types.is_integer(values.type) or self.is_text):
            self.wrong(0, f"whole numbers or strings, not {values.type},", "convert the column")
        if values.null_count:
            self.wrong(_first(values.is_null()), "an id", "remove the row or give it one")
        encoded = values.dictionary_encode()
        distinct, coded = encoded.dictionary.to_pylist(), encoded.indices.to_numpy()
        if "" in distinct:
            self.wrong(_first(coded == distinct.index("")), "an id", "remove the row or give it one")
        whole = all(WHOLE.fullmatch(str(value)) for value in distinct)
        ids = np.array([int(value) for value in distinct], np.int64) if whole else np.array(distinct, str)
        order = np.argsort(ids, kind="stable")
        row = np.empty(len(order), np.int32)
        row[order] = np.arange(len(order))
        return Vocabulary.of(ids[order]), row[coded]

    def floats(self) -> Array:
        """float64 (n,), all finite."""
        values = self._numbers(pa.float64(), "a number")
        if not np.isfinite(values).all():
            self.wrong(_first(~np.isfinite(values)), "a finite number", "correct or remove the row")
        return values

    def seconds(self) -> Array:
        """int64 (n,)."""
        return self._numbers(pa.int64(), "whole seconds since 1970")

    @property
    def is_text(self) -> bool:
        return pa.types.is_string(self.values.type) or pa.types.is_large_string(self.values.type)

    def _numbers(self, kind: Arrow, expected: str) -> Array:
        values = self.values
        if values.null_count:
            self.wrong(_first(values.is_null()), expected, "correct or remove the row")
        if not (pa.types.is_integer(values.type) or pa.types.is_floating(values.type) or self.is_text):
            # Dates would cast too, in whatever unit they have.
            self.wrong(0, f"{expected}, not {values.type},", "convert the column")
        if not _casts(values, kind):
            start, count = 0, len(values)
            while count > 1:  # the first half that does not cast holds the first wrong value
                half = count // 2
                start, count = (
                    (start + half, count - half) if _casts(values.slice(start, half), kind) else (start, half)
                )
            self.wrong(start, expected, "correct or remove the row")
        return values.cast(kind).to_numpy(zero_copy_only=False)


def _plain(values: Arrow) -> Arrow:
    """One piece, the words themselves where they are stored as codes."""
    coded = pa.types.is_dictionary(values.type)
    return (values.cast(values.type.value_type) if coded else values).combine_chunks()


def _casts(values: Arrow, kind: Arrow) -> bool:
    try:
        values.cast(kind)
    except pa.ArrowInvalid:
        return False
    return True


def _first(mask: Any) -> int:
    return int(np.argmax(np.asarray(mask)))
