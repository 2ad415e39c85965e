"""Your own corpus: a table of queries, one of items, and one of which items are relevant to which queries."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.data.table_file import Column, TableFile
from recsys.dataset import Array, DataError, Vocabulary
from recsys.texts import PARTS, Corpus


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class QueryTable:
    """path: .csv, .tsv (also .gz) or .parquet; id, text: names of its columns; part: name of a column of train,
    validation or test, for split=publisher, None: there is none."""

    path: str | None = None
    id: str = "query"
    text: str = "text"
    part: str | None = None


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class CorpusItemTable:
    """path as in `QueryTable`; id, title, text: names of its columns; None: there is no such column. An empty cell is
    an item without a title, or without a text."""

    path: str | None = None
    id: str = "item"
    title: str | None = "title"
    text: str | None = "text"


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class RelevanceTable:
    """path as in `QueryTable`; query, item: names of the columns of ids; grade: of numbers from 0 on, None: all are 1.

    A grade of 0 says that the item was judged and is not relevant, as is each pair that is not in the table.
    """

    path: str | None = None
    query: str = "query"
    item: str = "item"
    grade: str | None = "grade"


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class CorpusFile:
    """Queries and items in the order of their tables. Ids are whole numbers or strings.

    name   None: the name of the table of items without its ending
    """

    name: str | None = None
    queries: QueryTable = QueryTable()
    items: CorpusItemTable = CorpusItemTable()
    relevance: RelevanceTable = RelevanceTable()

    def load(self) -> Corpus:
        """Raises `DataError`, with the line where there is one."""
        files = {kind: _table(kind, getattr(self, kind).path) for kind in ("queries", "items", "relevance")}
        queries, texts, part = self._queries(files["queries"])
        items, contents = self._items(files["items"])
        relevance = self._relevance(files["relevance"], queries, items)
        own, others = queries.ids.tolist(), items.ids.tolist()
        return Corpus.of(
            self.name or files["items"].stem or "corpus",
            dict(zip(own, texts, strict=True)),
            dict(zip(others, contents, strict=True)),
            [(own[query], others[item], grade) for query, item, grade in relevance],
            ", ".join(str(file.file) for file in files.values()),
            None if part is None else dict(zip(own, part, strict=True)),
        )

    def _queries(self, file: TableFile) -> tuple[Vocabulary, list[str], list[str] | None]:
        table = self.queries
        names = [table.id, table.text, *([table.part] if table.part is not None else [])]
        key, text, *part = file.columns(names, "pass dataset.queries.id, .text and .part with the names that are there")
        texts = _texts(text)
        if "" in texts:
            text.wrong(texts.index(""), "the text of a query", "remove the row or give it one")
        parts = _texts(part[0]) if part else None
        for row, found in enumerate(parts or ()):
            if found not in PARTS:
                part[0].wrong(row, f"one of {', '.join(PARTS)}", "correct it")
        return _ids(key, "query"), texts, parts

    def _items(self, file: TableFile) -> tuple[Vocabulary, list[tuple[str, str]]]:
        table = self.items
        named = [name for name in (table.title, table.text) if name is not None]
        if not named:
            raise DataError("dataset.items: expected the column of the title, or of the text, got neither; pass one")
        key, *columns = file.columns(
            [table.id, *named], "pass dataset.items.id, .title and .text (null: there is none)"
        )
        read = dict(zip(named, map(_texts, columns), strict=True))
        none = [""] * len(key.values)
        titles, texts = (none if name is None else read[name] for name in (table.title, table.text))
        return _ids(key, "item"), list(zip(titles, texts, strict=True))

    def _relevance(self, file: TableFile, queries: Vocabulary, items: Vocabulary) -> list[tuple[int, int, float]]:
        """(row of the query, row of the item, grade), grades above 0."""
        table = self.relevance
        names = [table.query, table.item, *([table.grade] if table.grade is not None else [])]
        query, item, *grade = file.columns(
            names, "pass dataset.relevance.query, .item and .grade (null: all are 1) with the names that are there"
        )
        rows = [_rows(query, queries, "queries"), _rows(item, items, "items")]
        grades = grade[0].floats() if grade else np.ones(len(rows[0]))
        if (grades < 0).any():
            grade[0].wrong(int(np.argmax(grades < 0)), "a grade of 0 or more", "correct it")
        pairs = rows[0].astype(np.int64) * len(items) + rows[1]
        _, first, inverse = np.unique(pairs, return_index=True, return_inverse=True)
        again = first[inverse] != np.arange(len(pairs))
        if again.any():
            row = int(np.argmax(again))
            earlier = query.where(int(first[inverse[row]]))
            query.wrong(row, f"one row a query and item, which stand in {earlier} already,", "keep one of the rows")
        kept = np.flatnonzero(grades > 0)
        return list(zip(rows[0][kept].tolist(), rows[1][kept].tolist(), grades[kept].tolist(), strict=True))


def _table(kind: str, path: str | None) -> TableFile:
    if path is None:
        raise DataError(
            f"dataset=corpus-file: expected three tables, got none of the {kind}; pass dataset.queries.path=FILE, "
            "dataset.items.path=FILE and dataset.relevance.path=FILE"
        )
    return TableFile.of(path, f"dataset.{kind}.path")


def _ids(column: Column, kind: str) -> Vocabulary:
    """In the order of the table."""
    distinct, coded = column.ids()
    if len(distinct) < len(coded):
        _, first = np.unique(coded, return_index=True)
        column.wrong(int(np.setdiff1d(np.arange(len(coded)), first)[0]), f"each {kind} once", "remove the row")
    return Vocabulary.of(distinct.ids[coded])


def _rows(column: Column, known: Vocabulary, kind: str) -> Array:
    """int32 (n,): the row of each id; by its letters, since in one of the tables ids may be strings."""
    found, coded = column.ids()
    rows = Vocabulary.of(known.ids.astype(str)).rows(found.ids.astype(str))[coded]
    if (rows < 0).any():
        column.wrong(int(np.argmax(rows < 0)), f"an id of the table of {kind}", "correct it, or remove the row")
    return rows


def _texts(column: Column) -> list[str]:
    values: Any = column.values
    if not (column.is_text or pa.types.is_null(values.type)):
        column.wrong(0, f"text, not {values.type},", "convert the column")
    return [(text or "").strip() for text in values.to_pylist()]
