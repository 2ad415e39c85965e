"""Tables of one's own users and items, one row each: which columns models see, and as what."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated

import numpy as np
import pandas as pd
import pyarrow as pa
from annotated_types import Gt, MinLen
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.data.bins import binned
from recsys.data.table_file import Column, TableFile
from recsys.dataset import Array, DataError, Facts, Vocabulary

Widths = Mapping[str, Annotated[float, Gt(0)]]
KNOWN: Mapping[str, str] = MappingProxyType(
    {
        "genres": "dataset.items.several",
        "year": "dataset.items.numbers",
        "title": "dataset.items.title",
        "text": "dataset.items.text",
        "sift": "dataset.sift",
        "sift_known": "dataset.sift",
    }
)
"""Columns of the items that the suite knows, and the setting that makes one of its kind."""


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class UserTable:
    """What is known of the users.

    path         .csv, .tsv (also .gz) or .parquet; None: there is no table
    id           name of the column of ids, those of the ratings
    categories   columns of one value each, such as occupation; '' where it is unknown
    numbers      column -> width of its bins, each of which is a category: 20 to 29 and so on for age: 10
    """

    path: str | None = None
    id: str = "user"
    categories: tuple[str, ...] = ()
    numbers: Widths = field(default_factory=dict[str, float])

    def load(self, users: Vocabulary) -> tuple[dict[str, Array], Facts]:
        """The columns, in the order of the users. Raises `DataError`, with the line where there is one."""
        joined = _Joined.of("user", self.path, self.id, [*self.categories, *self.numbers], users)
        if joined is None:
            return {}, {}
        return joined.words(self.categories) | joined.bins(self.numbers), joined.facts


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class ItemTable:
    """What is known of the items.

    path, id, categories, numbers   as in `UserTable`; a year is a whole number, in bins of 1, and 0 where it is unknown
    several, separator              columns of several values each, such as genres, and what stands between the values;
                                    in parquet they may be lists
    title                           column of the title
    text                            columns of text, joined by spaces to the one column `text`
    """

    path: str | None = None
    id: str = "item"
    categories: tuple[str, ...] = ()
    numbers: Widths = field(default_factory=dict[str, float])
    several: tuple[str, ...] = ()
    separator: Annotated[str, MinLen(1)] = "|"
    title: str | None = None
    text: tuple[str, ...] = ()

    def load(self, items: Vocabulary) -> tuple[dict[str, Array], dict[str, tuple[str, ...]], Facts]:
        """The columns, in the order of the items, and the values of those with several."""
        for setting, names in (("categories", self.categories), ("numbers", self.numbers), ("several", self.several)):
            option = f"dataset.items.{setting}"
            unfit = next((name for name in names if KNOWN.get(name, option) != option), None)
            if unfit is not None:
                raise DataError(
                    f"{option}: models expect {unfit!r} from {KNOWN[unfit]}; name it there, or give the column another "
                    "name"
                )
        titles = () if self.title is None else (self.title,)
        names = [*self.categories, *self.numbers, *self.several, *titles, *self.text]
        joined = _Joined.of("item", self.path, self.id, names, items)
        if joined is None:
            return {}, {}, {}
        columns = joined.words(self.categories) | joined.bins(self.numbers)
        if self.title is not None:
            columns["title"] = joined.words(titles)[self.title]
        if self.text:
            parts = joined.words(self.text)
            texts = zip(*(parts[name] for name in self.text), strict=True)
            columns["text"] = np.array([" ".join(filter(None, text)) for text in texts], str)
        flags, labels = joined.flags(self.several, self.separator)
        return columns | flags, labels, joined.facts


@dataclass(frozen=True, slots=True)
class _Joined:
    """Columns of a table, and its row of each user or item; -1: there is none."""

    columns: Mapping[str, Column]
    row: Array
    facts: Facts

    @classmethod
    def of(cls, kind: str, path: str | None, key: str, names: Sequence[str], ids: Vocabulary) -> _Joined | None:
        option = f"dataset.{kind}s"
        if path is None:
            if names:
                raise DataError(f"{option}: expected the table of {names[0]!r}, got none; pass {option}.path=FILE")
            return None
        twice = next((name for name in names if [*names, key].count(name) > 1), None)
        if twice is not None:
            raise DataError(f"{option}: expected each column to be named once, got {twice!r} again; leave one out")
        table = TableFile.of(path, f"{option}.path")
        own, *columns = table.columns([key, *names], f"correct {option}")
        found, coded = own.ids()
        if len(found) < len(coded):
            row = int(np.argmax(pd.Series(coded).duplicated().to_numpy()))
            own.wrong(row, f"each {kind} once", "remove the row")
        # As strings, since either side may be strings: it is where one of its ids is no whole number.
        at = Vocabulary.of(ids.ids.astype(str)).rows(found.ids.astype(str))
        if not (at >= 0).any():
            raise DataError(
                f"{table.file}: expected {kind}s of the ratings in column {key!r}, found none of the {len(ids)}, such "
                f"as {ids.ids[0]}; correct {option}.id"
            )
        row_of_own = np.empty(len(found), np.int64)
        row_of_own[coded] = np.arange(len(coded))
        row = np.full(len(ids), -1)
        row[at[at >= 0]] = row_of_own[at >= 0]
        without, others = int((row < 0).sum()), int((at < 0).sum())
        facts = {f"{kind}s_without_a_row": without, f"rows_of_other_{kind}s": others}
        return cls({column.name: column for column in columns}, row, {name: n for name, n in facts.items() if n})

    def words(self, names: Sequence[str]) -> dict[str, Array]:
        """str (n,); '' where there is none."""
        return {name: self._aligned(_words(self.columns[name]), "") for name in names}

    def bins(self, widths: Widths) -> dict[str, Array]:
        """The lower edges of the bins, see `binned`; of a year the number itself, int32 (n,)."""
        columns: dict[str, Array] = {}
        for name, width in widths.items():
            values = _numbers(self.columns[name])
            if name == "year":
                uneven = ~np.isnan(values) & (values != np.rint(values))
                if uneven.any() or width != 1:
                    self.columns[name].wrong(int(np.argmax(uneven)), "a whole year and bins of 1", "correct it")
                columns[name] = self._aligned(np.nan_to_num(values), 0).astype(np.int32)
            else:
                columns[name] = binned(self._aligned(values, np.nan), width)
        return columns

    def flags(self, names: Sequence[str], separator: str) -> tuple[dict[str, Array], dict[str, tuple[str, ...]]]:
        """uint8 (n, values) and the values, sorted."""
        columns: dict[str, Array] = {}
        labels: dict[str, tuple[str, ...]] = {}
        for name in names:
            cells = _several(self.columns[name], separator)
            labels[name] = tuple(sorted({value for row in self.row if row >= 0 for value in cells[row]}))
            if not labels[name]:
                self.columns[name].wrong(0, "a value in some row", "leave the column out")
            at = {value: number for number, value in enumerate(labels[name])}
            columns[name] = np.zeros((len(self.row), len(at)), np.uint8)
            for item, row in enumerate(self.row):
                if row >= 0:
                    columns[name][item, [at[value] for value in cells[row]]] = 1
        return columns, labels

    def _aligned(self, values: Array, unknown: str | float) -> Array:
        known = self.row >= 0
        column = np.full(len(self.row), unknown, values.dtype)
        column[known] = values[self.row[known]]
        return column


def _words(column: Column) -> Array:
    values = column.values
    kind = values.type
    if not (column.is_text or pa.types.is_integer(kind) or pa.types.is_boolean(kind)):
        column.wrong(0, f"words or whole numbers, not {kind},", "convert the column")
    return np.array([text or "" for text in values.cast(pa.string()).to_pylist()], str)


def _numbers(column: Column) -> Array:
    """float64 (n,); NaN for an empty cell."""
    values: list[float] = []
    for row, cell in enumerate(column.values.to_pylist()):
        try:
            values.append(math.nan if cell in (None, "") else float(cell))
        except (TypeError, ValueError):
            column.wrong(row, "a number or an empty cell", "correct it")
        if math.isinf(values[-1]):
            column.wrong(row, "a finite number or an empty cell", "correct it")
    return np.array(values)


def _several(column: Column, separator: str) -> list[list[str]]:
    if pa.types.is_list(column.values.type):
        return [[str(value) for value in cell or () if value is not None] for cell in column.values.to_pylist()]
    cells: list[str] = _words(column).tolist()
    return [list(filter(None, map(str.strip, cell.split(separator)))) for cell in cells]
