"""Strict readers of the files of MovieLens-100k: errors name file and line.

u.data, u1.test ..   user, item, rating 1..5, seconds; separated by tabs
u.user               id | age | gender | occupation | zip
u.item               id | title | release date | video release date | address | one flag a genre; latin-1
u.genre              name | number, u.occupation: name; both may end in empty lines
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NoReturn

import numpy as np

from recsys.dataset import Array, DataError, Vocabulary

FOLDS = tuple(f"u{fold}.test" for fold in range(1, 6))
REMEDY = "put the published file back, or correct this one and pass dataset.verify=false"
ROW = re.compile(r"[0-9]{1,18}\t[0-9]{1,18}\t[1-5]\t[0-9]{1,18}")
ID = re.compile(r"[0-9]{1,18}")
DATE = re.compile(r"([0-9]{1,2})-([A-Z][a-z]{2})-([0-9]{4})")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Ratings:
    """user, item: int32 row numbers, -1 for an unknown id; rating, time int64; all (n,), in the order of the file."""

    file: Path
    user: Array
    item: Array
    rating: Array
    time: Array


def wrong(file: Path, line: int, problem: str, remedy: str = REMEDY) -> NoReturn:
    raise DataError(f"{file}, line {line}: {problem}; {remedy}")


def lines(file: Path, encoding: str = "ascii") -> list[str]:
    """The file's lines without their ends; every line must have one, or the file was cut off."""
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror}); {REMEDY}") from error
    if not raw.strip():
        raise DataError(f"{file}: expected rows, got an empty file; {REMEDY}")
    _check_encoding(file, raw, encoding)
    rows = raw.decode(encoding).split("\n")
    if rows.pop():
        wrong(file, len(rows) + 1, "the last line has no end, so the file was cut off", "fetch it again")
    return rows


def ratings(file: Path, users: Vocabulary, items: Vocabulary) -> Ratings:
    """The rows of u.data or of a fold; no (user, item) twice, every id known."""
    rows = lines(file)
    for number, row in enumerate(rows, 1):
        if not ROW.fullmatch(row):
            wrong(file, number, _row_problem(row))
    cells = np.array("\t".join(rows).split("\t"), np.int64).reshape(-1, 4)
    table = Ratings(file, users.rows(cells[:, 0]), items.rows(cells[:, 1]), cells[:, 2], cells[:, 3])
    for kind, column, ids, source in (("a user", table.user, 0, "u.user"), ("an item", table.item, 1, "u.item")):
        if (column < 0).any():
            row = int(np.argmax(column < 0))
            wrong(file, row + 1, f"expected {kind} id of {source}, got {cells[row, ids]}")
    pair = table.user.astype(np.int64) * len(items) + table.item
    _, first, inverse = np.unique(pair, return_index=True, return_inverse=True)
    repeated = first[inverse] != np.arange(len(pair))
    if repeated.any():
        row = int(np.argmax(repeated))
        earlier = int(first[inverse[row]])
        wrong(
            file,
            row + 1,
            f"expected one rating a user and item, got user {cells[row, 0]} and item {cells[row, 1]} again after line "
            f"{earlier + 1}",
        )
    return table


def genres(file: Path) -> tuple[str, ...]:
    """The genres' names in the order of u.item's flags."""
    names: list[str] = []
    for number, row in _filled(file):
        name, _, index = row.partition("|")
        if not name or index != str(len(names)):
            wrong(file, number, f"expected NAME|{len(names)}, got {row!r}")
        if name in names:
            wrong(file, number, f"expected distinct genres, got {name!r} again")
        names.append(name)
    return tuple(names)


def occupations(file: Path) -> tuple[str, ...]:
    return tuple(row for _, row in _filled(file))


def users(file: Path, known: Sequence[str]) -> tuple[Vocabulary, dict[str, Array]]:
    """The users and their columns age, gender, occupation, zip, zip_prefix (the first 3 characters of zip)."""
    rows = [row.split("|") for row in lines(file)]
    for number, row in enumerate(rows, 1):
        if len(row) != 5:
            wrong(file, number, f"expected 5 columns separated by |, got {len(row)}")
        _, age, gender, occupation, code = row
        if not re.fullmatch("[0-9]{1,3}", age):
            wrong(file, number, f"expected an age in whole years, got {age!r}")
        if gender not in ("M", "F"):
            wrong(file, number, f"expected gender M or F, got {gender!r}")
        if occupation not in known:
            wrong(file, number, f"expected an occupation of u.occupation, got {occupation!r}")
        if not code:
            wrong(file, number, "expected a zip code, got none")
    ids = _ids(file, [row[0] for row in rows])
    table = {
        "age": np.array([int(row[1]) for row in rows], np.int32),
        "gender": np.array([row[2] for row in rows]),
        "occupation": np.array([row[3] for row in rows]),
        "zip": np.array([row[4] for row in rows]),
        "zip_prefix": np.array([row[4][:3] for row in rows]),
    }
    return ids, table


def items(file: Path, names: Sequence[str]) -> tuple[Vocabulary, dict[str, Array]]:
    """The films and their columns title, released (as in the file), year (0: unknown), genres uint8 (n, g)."""
    rows = [row.split("|") for row in lines(file, "latin-1")]
    years: list[int] = []
    for number, row in enumerate(rows, 1):
        if len(row) != 5 + len(names):
            wrong(file, number, f"expected {5 + len(names)} columns separated by |, got {len(row)}")
        if not row[1]:
            wrong(file, number, "expected a title, got none")
        years.append(_year(file, number, row[2]))
        _year(file, number, row[3])
        flag = next((column for column, value in enumerate(row[5:]) if value not in ("0", "1")), None)
        if flag is not None:
            wrong(file, number, f"expected 0 or 1 for the genre {names[flag]!r}, got {row[5 + flag]!r}")
    ids = _ids(file, [row[0] for row in rows])
    table = {
        "title": np.array([row[1] for row in rows]),
        "released": np.array([row[2] for row in rows]),
        "year": np.array(years, np.int32),
        "genres": np.array([row[5:] for row in rows]).astype(np.uint8),
    }
    return ids, table


def folds(folder: Path, all_ratings: Ratings, user: Vocabulary, item: Vocabulary) -> Array:
    """int8 (n,): the fold 1..5 whose test set holds each row of u.data; 0 for all where no uK.test is there."""
    rows = len(all_ratings.user)
    fold = np.zeros(rows, np.int8)
    missing = [name for name in FOLDS if not (folder / name).exists()]
    if len(missing) == len(FOLDS):
        return fold
    if missing:
        raise DataError(f"{folder}: expected all of u1.test to u5.test or none, {', '.join(missing)} missing; {REMEDY}")
    key = all_ratings.user.astype(np.int64) * len(item) + all_ratings.item
    order = np.argsort(key)
    for number, name in enumerate(FOLDS, 1):
        test = ratings(folder / name, user, item)
        if len(test.user) not in (rows // 5, -(-rows // 5)):
            raise DataError(
                f"{test.file}: expected {rows // 5} rows, a fifth of u.data's {rows}, got {len(test.user)}; {REMEDY}"
            )
        test_key = test.user.astype(np.int64) * len(item) + test.item
        row = order[np.minimum(np.searchsorted(key, test_key, sorter=order), rows - 1)]
        same = key[row] == test_key
        same &= (all_ratings.rating[row] == test.rating) & (all_ratings.time[row] == test.time)
        if not same.all():
            wrong(test.file, int(np.argmin(same)) + 1, "expected a row of u.data, got one that is not in it")
        if fold[row].any():
            line = int(np.argmax(fold[row] > 0))
            wrong(test.file, line + 1, f"expected disjoint folds, got a row that u{fold[row][line]}.test has too")
        fold[row] = number
    if not fold.all():
        line = int(np.argmin(fold)) + 1
        raise DataError(f"{folder}: expected u1.test to u5.test to cover u.data, its line {line} is in none; {REMEDY}")
    return fold


def _row_problem(row: str) -> str:
    cells = row.split("\t")
    if len(cells) != 4:
        return f"expected 4 columns separated by tabs (user, item, rating, time), got {len(cells)}: {row!r}"
    for name, cell in zip(("user", "item", "rating", "time"), cells, strict=True):
        if not ID.fullmatch(cell):
            return f"expected a whole number as {name}, got {cell!r}"
    return f"expected a rating from 1 to 5, got {cells[2]}"


def _filled(file: Path) -> list[tuple[int, str]]:
    """The lines with their numbers; empty ones only at the end."""
    rows = list(enumerate(lines(file), 1))
    while rows and not rows[-1][1]:
        rows.pop()
    for number, row in rows:
        if not row:
            wrong(file, number, "expected a name, got an empty line")
    return rows


def _ids(file: Path, ids: Sequence[str]) -> Vocabulary:
    line_of: dict[int, int] = {}
    for number, text in enumerate(ids, 1):
        if not ID.fullmatch(text):
            wrong(file, number, f"expected a whole number as id, got {text!r}")
        if int(text) in line_of:
            wrong(file, number, f"expected distinct ids, got {text} again after line {line_of[int(text)]}")
        line_of[int(text)] = number
    return Vocabulary.of(np.array(list(line_of), np.int64))


def _year(file: Path, line: int, text: str) -> int:
    """The year of a date such as 01-Jan-1995; 0 for an empty one. Months are English whatever the locale."""
    match = DATE.fullmatch(text)
    if not text:
        return 0
    try:
        if match:
            return date(int(match[3]), MONTHS.index(match[2]) + 1, int(match[1])).year
    except ValueError:  # no such month or day: an error below
        pass
    wrong(file, line, f"expected a date such as 01-Jan-1995, got {text!r}")


def _check_encoding(file: Path, raw: bytes, encoding: str) -> None:
    if b"\0" in raw:
        wrong(file, 1 + raw[: raw.index(b"\0")].count(b"\n"), f"expected {encoding}, got binary data or UTF-16")
    if raw.isascii():
        return
    line = next(number for number, row in enumerate(raw.split(b"\n"), 1) if not row.isascii())
    if encoding == "ascii":
        wrong(file, line, "expected plain ASCII, got other characters")
    # Any bytes are latin-1; but accented letters of latin-1 next to each other by chance never are UTF-8.
    if _is_utf8(raw):
        wrong(file, line, f"expected {encoding}, got UTF-8")


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
