"""One's own corpus in three tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from recsys.data.corpus_file import CorpusFile, CorpusItemTable, QueryTable, RelevanceTable
from recsys.dataset import DataError
from recsys.texts import Corpus

QUERIES = "query,text,use\n20,wings,train\n7,heat,validation\n9,cold,test\n"
ITEMS = 'item,title,text\nb,Wing,"flow, past it"\na,Heat,\nc,,nothing\n'
RELEVANCE = "query,item,grade\n7,a,2\n20,b,1\n20,a,0\n9,a,0.5\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("queries", QUERIES), ("items", ITEMS), ("relevance", RELEVANCE)):
        (tmp_path / f"{name}.csv").write_text(text)
    return tmp_path


def load(folder: Path, ending: str = "csv", **options: dict[str, Any]) -> Corpus:
    paths = {kind: {"path": str(folder / f"{kind}.{ending}"), **options.get(kind, {})} for kind in ("queries", "items")}
    relevance = {"path": str(folder / f"relevance.{ending}"), **options.get("relevance", {})}
    return CorpusFile(
        None, QueryTable(**paths["queries"]), CorpusItemTable(**paths["items"]), RelevanceTable(**relevance)
    ).load()


def judged(corpus: Corpus) -> list[tuple[object, object, float]]:
    ids = corpus.queries.ids[corpus.query].tolist(), corpus.items.ids[corpus.item].tolist()
    return list(zip(*ids, corpus.grade.tolist(), strict=True))


def test_three_tables_are_a_corpus_in_their_order(folder: Path):
    corpus = load(folder)
    assert (corpus.name, corpus.queries.ids.tolist(), corpus.items.ids.tolist()) == (
        "items",
        [20, 7, 9],
        ["b", "a", "c"],
    )
    assert (corpus.titles, corpus.texts) == (("Wing", "Heat", ""), ("flow, past it", "", "nothing"))
    assert judged(corpus) == [(7, "a", 2), (20, "b", 1), (9, "a", 0.5)]  # a grade of 0 says that it is not relevant
    assert corpus.part is None


def test_a_column_of_parts_is_a_split_of_its_own(folder: Path):
    part = load(folder, queries={"part": "use"}).part
    assert part is not None
    assert part.tolist() == [0, 1, 2]


def test_parquet_gives_the_same_and_columns_have_names_of_their_own(folder: Path):
    for kind in ("queries", "items", "relevance"):
        pd.read_csv(folder / f"{kind}.csv").rename(columns={"text": "body"}).to_parquet(folder / f"{kind}.parquet")
    corpus = load(folder, "parquet", queries={"text": "body"}, items={"text": "body"})
    assert corpus.fingerprint == load(folder).fingerprint


def test_without_grades_every_row_is_relevant(folder: Path):
    assert {grade for _, _, grade in judged(load(folder, relevance={"grade": None}))} == {1.0}
    titles = load(folder, items={"text": None})
    assert titles.texts == ("", "", "")


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        ("queries", "query,text\n1,\n", r"queries\.csv, line 2: expected the text of a query in column 'text', got ''"),
        ("queries", "query,text\n1,a\n1,b\n", r"line 3: expected each query once in column 'query', got '1'"),
        (
            "queries",
            "id,text\n1,a\n",
            r"expected one column 'query', got the columns 'id', 'text'; pass dataset\.queries",
        ),
        ("items", "item,title,text\na,x,y\na,x,y\n", r"items\.csv, line 3: expected each item once"),
        (
            "relevance",
            "query,item,grade\n8,a,1\n",
            r"relevance\.csv, line 2: expected an id of the table of queries in col",
        ),
        ("relevance", "query,item,grade\n7,a,1\n7,z,1\n", r"line 3: expected an id of the table of items"),
        (
            "relevance",
            "query,item,grade\n7,a,-1\n",
            r"line 2: expected a grade of 0 or more in column 'grade', got '-1'",
        ),
        ("relevance", "query,item,grade\n7,a,good\n", r"line 2: expected a number in column 'grade', got 'good'"),
        (
            "relevance",
            "query,item,grade\n7,a,1\n7,a,2\n",
            r"line 3: expected one row a query and item, which stand in l",
        ),
        ("relevance", "query,item,grade\n7,a,0\n", r"items: expected at least one relevant item, got none"),
    ],
)
def test_what_does_not_fit_is_told_with_its_line(folder: Path, kind: str, text: str, message: str):
    (folder / f"{kind}.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        load(folder)


def test_an_unknown_part_a_missing_table_and_items_without_columns_are_refused(folder: Path):
    (folder / "queries.csv").write_text(QUERIES.replace("validation", "dev"))
    with pytest.raises(DataError, match=r"line 3: expected one of train, validation, test in column 'use', got 'dev'"):
        load(folder, queries={"part": "use"})
    with pytest.raises(
        DataError, match=r"dataset=corpus-file: expected three tables, got none of the items; pass data"
    ):
        load(folder, items={"path": None})
    with pytest.raises(
        DataError, match=r"dataset\.items: expected the column of the title, or of the text, got neithe"
    ):
        load(folder, items={"title": None, "text": None})
