"""Texts of items from a table of one's own, in place of those of the data set."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys.atomic import digest
from recsys.data.item_texts import ItemTexts
from recsys.data.synthetic_texts import SyntheticTexts
from recsys.dataset import DataError, Dataset
from recsys.features.side_texts import TEXTS, SideTexts
from tests.worlds import ratings

TABLE = 'item,text\n502,"Brave, old. New York"\n500,\n9,other\n'
COLUMNS = {"title": ["One", "Two", "Three"], **{name: [f"a {name}", f"some {name}", name] for name in TEXTS}}


@dataclass(frozen=True)
class Source:
    """Items 500, 501 and 502, with every column of text that the suite knows."""

    def load(self) -> Any:
        columns = {name: np.array(texts, object) for name, texts in COLUMNS.items()}
        return replace(ratings([(0, 0, 5.0), (0, 2, 4.0), (1, 1, 3.0)], 2, 3), item_table=columns)


def told(folder: Path, text: str = TABLE) -> Dataset:
    (folder / "own.csv").write_text(text, encoding="utf-8")
    return ItemTexts(Source(), str(folder / "own.csv")).load()


def test_items_have_the_tables_text_and_no_other_but_their_title(tmp_path: Path):
    data = told(tmp_path)
    assert {name: column.tolist() for name, column in data.item_table.items()} == {
        "title": ["One", "Two", "Three"],
        "text": ["", "", "Brave, old. New York"],
    }
    assert SideTexts.of(data, 4.0).texts == ("One", "Two", "Brave, old. New York")


def test_other_texts_are_other_data_whose_origin_has_the_tables_hash(tmp_path: Path):
    data = told(tmp_path)
    assert digest(tmp_path / "own.csv") in data.origin
    again, other = told(tmp_path).fingerprint, told(tmp_path, TABLE.replace("Brave", "Bold")).fingerprint
    assert data.fingerprint == again
    assert len({Source().load().fingerprint, again, other}) == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("film,text\n0,x\n", "expected one column 'item', got the columns 'film', 'text'; give it one column of each"),
        ("item,text\n500,x\n500,y\n", r"line 3: expected each item once in column 'item', got '500'; remove the row"),
        ("item,text\n9,x\n500,\n", r"expected texts of items of .*, found none; correct dataset\.item_texts"),
    ],
)
def test_tables_that_say_nothing_of_the_items_are_refused(tmp_path: Path, text: str, message: str):
    with pytest.raises(DataError, match=message):
        told(tmp_path, text)


def test_a_missing_table_and_data_without_items_are_refused(tmp_path: Path):
    with pytest.raises(DataError, match=r"none\.csv: expected a file, found none; correct dataset\.item_texts"):
        ItemTexts(Source(), str(tmp_path / "none.csv")).load()
    with pytest.raises(DataError, match=r"gives items of ratings their texts, and .* has none; leave it out"):
        ItemTexts(SyntheticTexts(), str(tmp_path / "none.csv")).load()
