"""Tables of one's own users and items beside the ratings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recsys.data.ratings_file import RatingsFile
from recsys.data.side_tables import ItemTable, UserTable
from recsys.dataset import DataError, Dataset
from recsys.features.fields import one_hot

RATINGS = "user,item,rating\nann,1,5\nann,2,3\nbob,2,4\nbob,3,2\ncy,1,1\n"
USERS = "name,job,age\ncy,clerk,29\nann,clerk,30\ndan,baker,50\n"  # dan rated nothing, and of bob nothing is known
ITEMS = """id,name,genres,year,price,plot,blurb,cover
2,Two,drama| war,1990,7.5,,New.,soft
1,One,war,,0.4,A war.,Old.,hard
3,Three,,2001,,,,
"""


def written(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def users(folder: Path, text: str = USERS) -> UserTable:
    return UserTable(written(folder, "users.csv", text), "name", ("job",), {"age": 10})


def items(folder: Path, text: str = ITEMS) -> ItemTable:
    return ItemTable(
        path=written(folder, "items.csv", text),
        id="id",
        categories=("cover",),
        numbers={"year": 1, "price": 5},
        several=("genres",),
        title="name",
        text=("plot", "blurb"),
    )


def load(folder: Path, *, of_users: UserTable | None = None, of_items: ItemTable | None = None) -> Dataset:
    ratings = written(folder, "mine.csv", RATINGS)
    return RatingsFile(ratings, time=None, users=of_users or UserTable(), items=of_items or ItemTable()).load()


def test_users_get_their_columns_and_those_without_a_row_are_unknown(tmp_path: Path):
    data = load(tmp_path, of_users=users(tmp_path))
    assert data.users.ids.tolist() == ["ann", "bob", "cy"]
    assert data.user_table["job"].tolist() == ["clerk", "", "clerk"]
    np.testing.assert_array_equal(data.user_table["age"], [30, np.nan, 20])
    assert data.facts == {"users_without_a_row": 1, "rows_of_other_users": 1}


def test_items_get_columns_of_each_kind(tmp_path: Path):
    data = load(tmp_path, of_items=items(tmp_path))
    table = data.item_table
    assert table["title"].tolist() == ["One", "Two", "Three"]
    assert data.labels["genres"] == ("drama", "war")
    assert table["genres"].tolist() == [[0, 1], [1, 1], [0, 0]]
    assert table["genres"].dtype == np.uint8
    assert table["year"].tolist() == [0, 1990, 2001]
    np.testing.assert_array_equal(table["price"], [0, 5, np.nan])
    assert table["text"].tolist() == ["A war. Old.", "New.", ""]
    assert table["cover"].tolist() == ["hard", "soft", ""]
    assert data.facts == {}


def test_a_parquet_table_says_the_same_with_numbers_codes_and_lists_of_its_own(tmp_path: Path):
    table = items(tmp_path)
    frame = pd.read_csv(str(table.path), keep_default_na=False)
    frame["genres"] = [["drama", "war"], ["war"], []]
    frame["cover"] = frame["cover"].astype("category")
    for number in ("year", "price"):
        frame[number] = pd.to_numeric(frame[number])
    file = tmp_path / "items.parquet"
    frame.to_parquet(file)
    typed, plain = load(tmp_path, of_items=replace(table, path=str(file))), load(tmp_path, of_items=table)
    assert typed.fingerprint == plain.fingerprint
    assert typed.labels == plain.labels


def test_an_unknown_number_is_one_value_of_its_own_to_a_network(tmp_path: Path):
    table = ItemTable(written(tmp_path, "items.csv", "item,pages\n1,120\n"), numbers={"pages": 50})
    fields = one_hot(load(tmp_path, of_items=table), [], ["pages"])
    assert (fields.item_categorical[:, 1] - 6).tolist() == [0, 1, 1]  # after the rows of three users and three items
    assert fields.n_embeddings == 8


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("1990", "soon", ", line 2: expected a number or an empty cell in column 'year', got 'soon'; correct it"),
        ("1990", "inf", ", line 2: expected a finite number or an empty cell in column 'year', got 'inf'; correct it"),
        ("2001", "2001.5", ", line 4: expected a whole year and bins of 1 in column 'year', got '2001.5'; correct it"),
        ("3,Three", "2,Three", ", line 4: expected each item once in column 'id', got '2'; remove the row"),
        ("3,Three", ",Three", ", line 4: expected an id in column 'id', got ''; remove the row or give it one"),
        ("cover", "back", ": expected one column 'cover', got the columns 'id', 'name', 'genres', 'year', 'price', "
         "'plot', 'blurb', 'back'; correct dataset.items"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_its_line(tmp_path: Path, old: str, new: str, message: str):
    assert old in ITEMS
    table = items(tmp_path, ITEMS.replace(old, new, 1))
    with pytest.raises(DataError) as caught:
        load(tmp_path, of_items=table)
    assert str(caught.value) == f"{table.path}{message}"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"path": None}, "dataset.items: expected the table of 'cover', got none; pass dataset.items.path=FILE"),
        ({"text": ("name",)}, "dataset.items: expected each column to be named once, got 'name' again; leave one out"),
        ({"categories": ("genres",), "several": ()}, "dataset.items.categories: models expect 'genres' from "
         "dataset.items.several; name it there, or give the column another name"),
        ({"path": "no.csv"}, "no.csv: expected a file, found none; correct dataset.items.path"),
    ],
)  # fmt: skip
def test_settings_that_contradict_each_other_are_told(tmp_path: Path, change: dict[str, object], message: str):
    with pytest.raises(DataError) as caught:
        load(tmp_path, of_items=replace(items(tmp_path), **change))
    assert str(caught.value) == message


def test_a_column_that_the_table_of_pictures_has_too_is_refused(tmp_path: Path):
    vectors = pd.DataFrame({f"sift_{part}": [1.0] for part in range(128)}).assign(item=[1], seconds=[60.0])
    vectors.to_parquet(tmp_path / "sift.parquet")
    table = ItemTable(written(tmp_path, "items.csv", "item,duration\n1,12\n"), numbers={"duration": 10})
    ratings = written(tmp_path, "mine.csv", RATINGS)
    with pytest.raises(DataError, match=r"'duration' is a column of dataset.sift, too; leave it out"):
        RatingsFile(ratings, time=None, items=table, sift=str(tmp_path / "sift.parquet")).load()


def test_a_table_of_other_ids_is_refused(tmp_path: Path):
    table = users(tmp_path, "name,job,age\neve,clerk,20\n")
    with pytest.raises(
        DataError, match="expected users of the ratings in column 'name', found none of the 3, such as ann"
    ):
        load(tmp_path, of_users=table)
