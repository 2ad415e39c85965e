"""Each way in which a file can be broken is told by file, line and remedy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recsys.data.movielens import MovieLens100K
from recsys.data.movielens_files import REMEDY
from recsys.dataset import DataError, Dataset


def load(folder: Path) -> Dataset:
    return MovieLens100K(root=str(folder), cache=None, verify=False, download=False, sift=None, fallback=None).load()


def test_every_column_is_read_as_it_stands(copy: Path):
    data = load(copy)
    assert data.name == "ml-100k"
    assert data.users.ids.tolist() == [1, 2, 3, 4]
    assert data.items.ids.tolist() == [1, 2, 3, 4, 5]
    assert data.interactions.user.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 3, 3]
    assert data.interactions.item.tolist() == [0, 1, 0, 2, 3, 4, 0, 1, 2, 3]
    assert data.interactions.rating.tolist() == [5, 3, 4, 1, 2, 5, 1, 2, 3, 4]
    assert data.interactions.time.tolist() == [100, 100, 200, 210, 300, 310, 50, 60, 70, 80]
    assert data.interactions.fold.tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert data.labels["genres"] == ("unknown", "Action", "Comedy")
    assert data.item_table["genres"].tolist() == [[0, 1, 1], [0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert data.item_table["genres"].dtype == np.uint8
    assert data.item_table["title"].tolist() == ["Toy (1995)", "Été (1971)", "unknown", "Four", "Five"]
    assert data.item_table["released"].tolist() == ["01-Jan-1995", "4-Feb-1971", "", "22-Dec-1997", "01-Jan-1922"]
    assert data.item_table["year"].tolist() == [1995, 1971, 0, 1997, 1922]
    assert data.user_table["age"].tolist() == [24, 53, 7, 33]
    assert data.user_table["gender"].tolist() == ["M", "F", "F", "M"]
    assert data.user_table["occupation"].tolist() == ["doctor", "other", "other", "doctor"]
    assert data.user_table["zip"].tolist() == ["85711", "94043", "T8H1N", "00501"]
    assert data.user_table["zip_prefix"].tolist() == ["857", "940", "T8H", "005"]


def test_another_order_of_the_films_gives_other_row_numbers_for_the_same_ids(copy: Path):
    rows = (copy / "u.item").read_bytes().splitlines(keepends=True)
    (copy / "u.item").write_bytes(b"".join(rows[::-1]))
    data = load(copy)
    assert data.items.ids.tolist() == [5, 4, 3, 2, 1]
    assert data.interactions.item.tolist() == [4, 3, 4, 2, 1, 0, 4, 3, 2, 1]


def test_without_any_fold_file_every_row_is_in_fold_0(copy: Path):
    for fold in range(1, 6):
        (copy / f"u{fold}.test").unlink()
    assert load(copy).interactions.fold.tolist() == [0] * 10


BROKEN = {
    "a row cut off in the middle": (
        "u.data",
        "4\t4\t4\t80\n",
        "4\t4\t4\n",
        "u.data, line 10: expected 4 columns separated by tabs (user, item, rating, time), got 3: '4\\t4\\t4'",
    ),
    "a user that is no number": (
        "u.data",
        "2\t3\t1\t210",
        "x\t3\t1\t210",
        "u.data, line 4: expected a whole number as user, got 'x'",
    ),
    "a time with a fraction": (
        "u.data",
        "\t210",
        "\t210.5",
        "u.data, line 4: expected a whole number as time, got '210.5'",
    ),
    "line ends of another system": (
        "u.data",
        "\t210\n",
        "\t210\r\n",
        "u.data, line 4: expected a whole number as time, got '210\\r'",
    ),
    "an empty line in the middle": (
        "u.data",
        "\t210\n",
        "\t210\n\n",
        "u.data, line 5: expected 4 columns separated by tabs (user, item, rating, time), got 1: ''",
    ),
    "a rating of 6": ("u.data", "1\t1\t5", "1\t1\t6", "u.data, line 1: expected a rating from 1 to 5, got 6"),
    "a rating of 0": ("u.data", "2\t3\t1\t210", "2\t3\t0\t210", "u.data, line 4: expected a rating from 1 to 5, got 0"),
    "a pair twice": (
        "u.data",
        "4\t2\t2\t60",
        "1\t2\t2\t60",
        "u.data, line 8: expected one rating a user and item, got user 1 and item 2 again after line 2",
    ),
    "a user that u.user lacks": ("u.data", "4\t2\t2", "9\t2\t2", "u.data, line 8: expected a user id of u.user, got 9"),
    "a film that u.item lacks": (
        "u.data",
        "4\t2\t2",
        "4\t77\t2",
        "u.data, line 8: expected an item id of u.item, got 77",
    ),
    "a user twice": ("u.user", "3|7", "1|7", "u.user, line 3: expected distinct ids, got 1 again after line 1"),
    "a film twice": ("u.item", "5|Five", "2|Five", "u.item, line 5: expected distinct ids, got 2 again after line 2"),
    "a user id that is no number": ("u.user", "3|7", "c|7", "u.user, line 3: expected a whole number as id, got 'c'"),
    "a user row that is too short": (
        "u.user",
        "|94043",
        "",
        "u.user, line 2: expected 5 columns separated by |, got 4",
    ),
    "an age that is no number": ("u.user", "|53|", "|5x|", "u.user, line 2: expected an age in whole years, got '5x'"),
    "an unknown gender": ("u.user", "|53|F", "|53|f", "u.user, line 2: expected gender M or F, got 'f'"),
    "an unknown occupation": (
        "u.user",
        "F|other|9",
        "F|nurse|9",
        "u.user, line 2: expected an occupation of u.occupation, got 'nurse'",
    ),
    "no zip code": ("u.user", "|94043", "|", "u.user, line 2: expected a zip code, got none"),
    "a letter that is not ASCII": (
        "u.user",
        "|94043",
        "|9404é",
        "u.user, line 2: expected plain ASCII, got other characters",
    ),
    "a film row that is too long": (
        "u.item",
        "|0|1|0\n",
        "|0|1|0|0\n",
        "u.item, line 4: expected 8 columns separated by |, got 9",
    ),
    "a genre flag of 2": (
        "u.item",
        "|0|1|0\n",
        "|0|2|0\n",
        "u.item, line 4: expected 0 or 1 for the genre 'Action', got '2'",
    ),
    "no title": ("u.item", "4|Four|", "4||", "u.item, line 4: expected a title, got none"),
    "a month in another language": (
        "u.item",
        "22-Dec-1997",
        "22-Dez-1997",
        "u.item, line 4: expected a date such as 01-Jan-1995, got '22-Dez-1997'",
    ),
    "a day that never was": (
        "u.item",
        "22-Dec-1997",
        "31-Feb-1997",
        "u.item, line 4: expected a date such as 01-Jan-1995, got '31-Feb-1997'",
    ),
    "another form of date": (
        "u.item",
        "22-Dec-1997",
        "1997-12-22",
        "u.item, line 4: expected a date such as 01-Jan-1995, got '1997-12-22'",
    ),
    "a gap in the genres' numbers": (
        "u.genre",
        "Comedy|2",
        "Comedy|3",
        "u.genre, line 3: expected NAME|2, got 'Comedy|3'",
    ),
    "a genre twice": (
        "u.genre",
        "Comedy|2",
        "Action|2",
        "u.genre, line 3: expected distinct genres, got 'Action' again",
    ),
    "an empty line among the occupations": (
        "u.occupation",
        "doctor\n",
        "doctor\n\n",
        "u.occupation, line 2: expected a name, got an empty line",
    ),
    "a fold's row that u.data lacks": (
        "u3.test",
        "3\t4\t2",
        "3\t1\t2",
        "u3.test, line 1: expected a row of u.data, got one that is not in it",
    ),
    "a fold's row with another rating": (
        "u3.test",
        "3\t5\t5",
        "3\t5\t4",
        "u3.test, line 2: expected a row of u.data, got one that is not in it",
    ),
    "a row in two folds": (
        "u3.test",
        "3\t5\t5\t310",
        "1\t2\t3\t100",
        "u3.test, line 2: expected disjoint folds, got a row that u1.test has too",
    ),
}


@pytest.mark.parametrize(("file", "old", "new", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_line_is_named_with_its_file_and_a_remedy(copy: Path, file: str, old: str, new: str, message: str):
    text = (copy / file).read_bytes().decode("latin-1")
    assert old in text
    (copy / file).write_bytes(text.replace(old, new, 1).encode("latin-1"))
    with pytest.raises(DataError) as caught:
        load(copy)
    assert str(caught.value) == f"{copy}/{message}; {REMEDY}"


@pytest.mark.parametrize("file", ["u.data", "u.item", "u.user", "u.genre", "u.occupation", "u2.test"])
def test_an_empty_file_is_named(copy: Path, file: str):
    (copy / file).write_bytes(b"\n" if file == "u.genre" else b"")
    with pytest.raises(DataError) as caught:
        load(copy)
    assert str(caught.value) == f"{copy / file}: expected rows, got an empty file; {REMEDY}"


@pytest.mark.parametrize("file", ["u.data", "u.item", "u.user", "u4.test"])
def test_a_file_cut_off_in_its_last_line_is_told_even_where_that_line_still_reads_well(copy: Path, file: str):
    raw = (copy / file).read_bytes()
    (copy / file).write_bytes(raw[:-1])  # u.data's last time is then 80 still, and could have been 8
    with pytest.raises(DataError) as caught:
        load(copy)
    last = raw.count(b"\n")
    assert (
        str(caught.value)
        == f"{copy / file}, line {last}: the last line has no end, so the file was cut off; fetch it again"
    )


def test_titles_saved_as_utf_8_are_told_instead_of_read_wrongly(copy: Path):
    (copy / "u.item").write_bytes((copy / "u.item").read_bytes().decode("latin-1").encode("utf-8"))
    with pytest.raises(DataError) as caught:
        load(copy)
    assert str(caught.value) == f"{copy}/u.item, line 2: expected latin-1, got UTF-8; {REMEDY}"


def test_a_file_saved_as_utf_16_is_told(copy: Path):
    (copy / "u.item").write_bytes((copy / "u.item").read_bytes().decode("latin-1").encode("utf-16-le"))
    with pytest.raises(DataError, match=r"u\.item, line 1: expected latin-1, got binary data or UTF-16"):
        load(copy)


def test_some_but_not_all_folds_are_an_error_that_names_those_missing(copy: Path):
    (copy / "u2.test").unlink()
    (copy / "u5.test").unlink()
    with pytest.raises(DataError) as caught:
        load(copy)
    expected = f"{copy}: expected all of u1.test to u5.test or none, u2.test, u5.test missing; {REMEDY}"
    assert str(caught.value) == expected


def test_a_fold_that_is_not_a_fifth_is_told(copy: Path):
    with (copy / "u2.test").open("a") as file:
        file.write("3\t4\t2\t300\n")
    with pytest.raises(DataError) as caught:
        load(copy)
    assert str(caught.value) == f"{copy}/u2.test: expected 2 rows, a fifth of u.data's 10, got 3; {REMEDY}"


def test_folds_that_leave_a_rating_out_are_told(copy: Path):
    # 11 ratings in folds of 2, 2, 2, 2 and 2: each is a fifth, rounded, and one row is in none.
    with (copy / "u.data").open("a") as file:
        file.write("1\t5\t3\t400\n")
    with pytest.raises(DataError) as caught:
        load(copy)
    expected = f"{copy}: expected u1.test to u5.test to cover u.data, its line 11 is in none; {REMEDY}"
    assert str(caught.value) == expected
