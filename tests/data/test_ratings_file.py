"""One's own ratings: what is read, and what is refused with the line that is to blame."""

from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd
import pytest

from recsys.data.ratings_file import RatingsFile
from recsys.dataset import DataError, Dataset

TEXT = "when,who,what,stars\n30,b,7,4.5\n10,a,12,1\n20,b,12,3\n"


def load(file: Path | None, time: str | None = "when", name: str | None = None) -> Dataset:
    path = None if file is None else str(file)
    return RatingsFile(path=path, name=name, user="who", item="what", rating="stars", time=time).load()


def written(folder: Path, text: str, name: str = "mine.csv") -> Path:
    file = folder / name
    file.write_text(text)
    return file


def check(data: Dataset) -> None:
    """What TEXT says; vocabularies sorted, numbers as numbers, the log in the order of the file."""
    assert data.users.ids.tolist() == ["a", "b"]
    assert data.items.ids.tolist() == [7, 12]
    assert data.interactions.user.tolist() == [1, 0, 1]
    assert data.interactions.item.tolist() == [0, 1, 1]
    assert data.interactions.rating.tolist() == [4.5, 1, 3]
    assert data.interactions.time.tolist() == [30, 10, 20]


def test_csv_tsv_gzip_and_parquet_say_the_same(tmp_path: Path):
    check(load(written(tmp_path, TEXT)))
    check(load(written(tmp_path, TEXT.replace(",", "\t"), "mine.tsv")))
    (tmp_path / "mine.csv.gz").write_bytes(gzip.compress(TEXT.encode()))
    check(load(tmp_path / "mine.csv.gz"))
    frame = {"who": ["b", "a", "b"], "what": [7, 12, 12], "stars": [4.5, 1, 3], "when": [30, 10, 20]}
    pd.DataFrame(frame).to_parquet(tmp_path / "mine.parquet")
    check(load(tmp_path / "mine.parquet"))


def test_a_table_of_sift_vectors_is_joined_by_the_items_ids(tmp_path: Path):
    vectors = pd.DataFrame({f"sift_{part}": [1.0, 3.0] for part in range(128)}).assign(item=[12, 99])
    vectors.to_parquet(tmp_path / "sift.parquet")
    file, sift = str(written(tmp_path, TEXT)), str(tmp_path / "sift.parquet")
    data = RatingsFile(file, None, user="who", item="what", rating="stars", time="when", sift=sift).load()
    assert data.item_table["sift_known"].tolist() == [False, True]
    assert data.item_table["sift"][1].tolist() == [1.0] * 128


def test_quoted_values_and_columns_nobody_asked_for_are_no_trouble(tmp_path: Path):
    text = 'when,who,what,stars,note\n30,"b",7,4.5,"so, so"\n10,a,12,1,\n20,b,12,3,x\n'
    check(load(written(tmp_path, text)))


def test_without_a_time_column_all_times_are_0(tmp_path: Path):
    assert load(written(tmp_path, TEXT), time=None).interactions.time.tolist() == [0, 0, 0]


def test_ids_that_are_not_all_whole_numbers_are_strings(tmp_path: Path):
    data = load(written(tmp_path, "who,what,stars\n07,1,1\n7,2,1\n10,x,1\n"), time=None)
    assert data.users.ids.tolist() == ["07", "10", "7"]  # 07 as a number would be 7, another user
    assert data.items.ids.tolist() == ["1", "2", "x"]


def test_whole_number_ids_are_sorted_as_numbers(tmp_path: Path):
    assert load(written(tmp_path, "who,what,stars\n10,1,1\n9,1,1\n"), time=None).users.ids.tolist() == [9, 10]


def test_the_name_is_the_files_unless_one_is_given(tmp_path: Path):
    assert load(written(tmp_path, TEXT, "my ratings (2).csv")).name == "my-ratings-2"
    assert load(written(tmp_path, TEXT, "v1.2.csv")).name == "v1.2"
    assert load(written(tmp_path, TEXT), name="films").name == "films"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("12,1\n", "12,good\n", ", line 3: expected a number in column 'stars', got 'good'; correct or remove the row"),
        ("12,1\n", "12,\n", ", line 3: expected a number in column 'stars', got ''; correct or remove the row"),
        (
            "12,3\n",
            "12,nan\n",
            ", line 4: expected a finite number in column 'stars', got 'nan'; correct or remove the row",
        ),
        (
            "12,3\n",
            "12,1e999\n",
            ", line 4: expected a finite number in column 'stars', got '1e999'; correct or remove the row",
        ),
        (
            "20,b",
            "noon,b",
            ", line 4: expected whole seconds since 1970 in column 'when', got 'noon'; correct or remove the row",
        ),
        (
            "30,b",
            "30.5,b",
            ", line 2: expected whole seconds since 1970 in column 'when', got '30.5'; correct or remove the row",
        ),
        ("10,a", "10,", ", line 3: expected an id in column 'who', got ''; remove the row or give it one"),
        (
            "20,b,12",
            "20,b,7",
            ", line 4: expected one row a user and item, got user b and item 7 again after line 2; "
            "keep one of the rows, or pass dataset.repeats=last, mean or count",
        ),
        (
            "what",
            "item",
            ": expected one column 'what', got the columns 'when', 'who', 'item', 'stars'; pass "
            "dataset.user, .item, .rating (null: no ratings) and .time (null: no times) with the names that are there",
        ),
        (
            "when",
            "what",
            ": expected one column 'what', got the columns 'what', 'who', 'what', 'stars'; pass "
            "dataset.user, .item, .rating (null: no ratings) and .time (null: no times) with the names that are there",
        ),
        (
            "10,a,12,1\n",
            "10,a,12\n",
            ": expected a table in the form that its name says, got: CSV parse error: Row #3: "
            "Expected 4 columns, got 3: 10,a,12; correct the file",
        ),
        (TEXT[20:], "", ": expected at least one row, got a table without rows"),
        (TEXT, "", ": expected a table in the form that its name says, got: Empty CSV file; correct the file"),
    ],
)
def test_what_does_not_fit_is_told_with_its_line(tmp_path: Path, old: str, new: str, message: str):
    assert old in TEXT
    file = written(tmp_path, TEXT.replace(old, new, 1))
    with pytest.raises(DataError) as caught:
        load(file)
    assert str(caught.value) == f"{file}{message}"


def test_a_wrong_value_far_down_is_found(tmp_path: Path):
    rows = [f"{user},{item},{user % 5}" for user in range(50) for item in range(40)]
    rows[1234] = "30,34,?"
    rows[1700] = "42,20,!"
    with pytest.raises(DataError, match=r"line 1236: expected a number in column 'stars', got '\?'"):
        load(written(tmp_path, "\n".join(["who,what,stars", *rows])), time=None)


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("stars", [1.0, None, 2.0], "row 2: expected a number in column 'stars', got None"),
        ("stars", [1.0, 2.0, float("inf")], "row 3: expected a finite number in column 'stars', got inf"),
        ("what", [7, None, 12], "row 1: expected whole numbers or strings, not double, in column 'what', got 7.0"),
        ("who", ["a", None, "b"], "row 2: expected an id in column 'who', got None"),
        ("when", pd.to_datetime(["2020-01-01"] * 3), "row 1: expected whole seconds since 1970, not timestamp"),
    ],
)
def test_values_of_a_parquet_file_that_do_not_fit_are_told_with_their_row(
    tmp_path: Path, column: str, values: object, message: str
):
    frame = pd.DataFrame({"who": ["b", "a", "b"], "what": [7, 12, 12], "stars": [4.5, 1, 3], "when": [30, 10, 20]})
    file = tmp_path / "mine.parquet"
    frame.assign(**{column: values}).to_parquet(file)
    with pytest.raises(DataError) as caught:
        load(file)
    assert str(caught.value).startswith(f"{file}, {message}")


def test_a_relative_path_that_is_not_here_is_looked_for_in_recsys_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    written(tmp_path, TEXT, "mine.csv")
    monkeypatch.setenv("RECSYS_DATA", str(tmp_path))
    assert load(Path("mine.csv")).fingerprint == load(tmp_path / "mine.csv").fingerprint


def test_a_path_that_is_not_given_not_there_or_of_another_kind_is_told(tmp_path: Path):
    with pytest.raises(DataError) as caught:
        load(None)
    assert str(caught.value) == "dataset=ratings-file: expected a file, got none; pass dataset.path=FILE"
    with pytest.raises(DataError) as caught:
        load(tmp_path / "no.csv")
    assert str(caught.value) == f"{tmp_path}/no.csv: expected a file, found none; correct dataset.path"
    with pytest.raises(DataError) as caught:
        load(written(tmp_path, TEXT, "mine.xlsx"))
    assert str(caught.value) == (
        f"{tmp_path}/mine.xlsx: expected a name that ends in .csv, .tsv, .csv.gz, .tsv.gz, .parquet; rename or convert "
        "the file"
    )


def test_a_gzip_file_that_is_cut_off_is_told(tmp_path: Path):
    file = tmp_path / "mine.csv.gz"
    file.write_bytes(gzip.compress(TEXT.encode() * 1000)[:-30])
    with pytest.raises(DataError, match="expected a table in the form that its name says"):
        load(file)


def test_without_a_column_of_ratings_every_interaction_has_the_rating_1(tmp_path: Path):
    file = str(written(tmp_path, TEXT))
    data = RatingsFile(path=file, user="who", item="what", rating=None, time="when").load()
    assert data.interactions.rating.tolist() == [1, 1, 1]
    assert data.interactions.time.tolist() == [30, 10, 20]
    assert data.facts == {"feedback": "implicit, every interaction has the rating 1"}
