"""Your own texts with categories: a table with a column for each view."""

from __future__ import annotations

from typing import Annotated, Any

import pyarrow as pa
from annotated_types import Ge
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.data.table_file import Column, TableFile
from recsys.dataset import DataError
from recsys.texts import LabelledTexts


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class TextsFile:
    """A row is a text. An empty cell of a view is a view that is missing.

    path        .csv, .tsv (also .gz) with a header line, or .parquet
    views       columns of texts
    category    column of the category
    separator   between the categories of a text that has several; None: each cell is one category
    least       categories with fewer texts are left out, and texts that have no other
    name        None: the name of the file without its ending
    """

    path: str | None = None
    views: tuple[str, ...] = ("title", "keywords", "abstract")
    category: str = "category"
    separator: str | None = None
    least: Annotated[int, Ge(1)] = 1
    name: str | None = None

    def load(self) -> LabelledTexts:
        """Raises `DataError`, with the line where there is one."""
        if self.path is None:
            raise DataError("dataset=texts-file: expected a table of texts, got none; pass dataset.path=FILE")
        if not self.views or self.separator == "":
            wrong = "dataset.views" if not self.views else "dataset.separator"
            raise DataError(f"dataset=texts-file: expected something in {wrong}, got nothing; pass names, or null")
        file = TableFile.of(self.path, "dataset.path")
        remedy = "pass dataset.views=[...] and dataset.category with the names that are there"
        *views, category = file.columns([*self.views, self.category], remedy)
        texts = [cells(column) for column in views]
        own = [self._categories(category, row, cell) for row, cell in enumerate(cells(category))]
        counts: dict[str, int] = {}
        for name in (name for names in own for name in names):
            counts[name] = counts.get(name, 0) + 1
        kept = [[name for name in names if counts[name] >= self.least] for names in own]
        rows = [row for row, names in enumerate(kept) if names]
        if not rows:
            raise DataError(
                f"{file.file}: expected a category of {self.least} texts or more, got none; lower dataset.least"
            )
        return LabelledTexts.of(
            self.name or file.stem or "texts",
            {view: [column[row] for row in rows] for view, column in zip(self.views, texts, strict=True)},
            [kept[row] for row in rows],
            [row + 1 for row in rows],
            str(file.file),
        )

    def _categories(self, column: Column, row: int, cell: str) -> list[str]:
        names = [name.strip() for name in (cell.split(self.separator) if self.separator else [cell])]
        names = list(dict.fromkeys(name for name in names if name))
        if not names:
            column.wrong(row, "a category", "remove the row or give it one")
        return names


def cells(column: Column) -> list[str]:
    """The texts of a column, '' where there is none."""
    values: Any = column.values
    if not (column.is_text or pa.types.is_null(values.type)):
        column.wrong(0, f"text, not {values.type},", "convert the column")
    return [(text or "").strip() for text in values.to_pylist()]
