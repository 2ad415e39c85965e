"""Readers of the files of MovieLens 1M and later: ratings, films, tags, and the users of 1M.

ratings.dat   user::film::rating::seconds                ratings.csv   userId,movieId,rating,timestamp
movies.dat    film::title (year)::genre|genre            movies.csv    movieId,title,genres
tags.dat      user::film::tag::seconds                   tags.csv      userId,movieId,tag,timestamp
users.dat     user::F::age::occupation::zip, 1M alone

1M also goes round without time stamps, as ratings.csv of user,item,rating,position: the place in the user's order.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from recsys.data import columns
from recsys.data.columns import REMEDY, Kind
from recsys.dataset import Array, DataError, Times, Triples, Vocabulary

SECONDS = ("userId", "movieId", "rating", "timestamp")
ORDER = ("user", "item", "rating", "position")
RATING_KINDS: tuple[Kind, ...] = ("int32", "int32", "float32", "int64")
FILMS = ("movieId", "title", "genres")
TAGS = ("userId", "movieId", "tag", "timestamp")
YEAR = re.compile(r"\(([0-9]{4})(?:[-\N{EN DASH}][0-9]{0,4})?\)\s*$")
# fmt: off
OCCUPATIONS = ("other", "academic/educator", "artist", "clerical/admin", "college/grad student", "customer service",
               "doctor/health care", "executive/managerial", "farmer", "homemaker", "K-12 student", "lawyer",
               "programmer", "retired", "sales/marketing", "scientist", "self-employed", "technician/engineer",
               "tradesman/craftsman", "unemployed", "writer")
# fmt: on
"""Of the numbers in users.dat, as the README of 1M names them."""


@dataclass(frozen=True, slots=True)
class Ratings:
    """user, item int32 (n,): ids; rating float32 (n,); time int64 (n,), of the kind that `times` says."""

    file: Path
    user: Array
    item: Array
    rating: Array
    time: Array
    times: Times

    def where(self, row: int) -> str:
        """The line of a row."""
        return f"{self.file}, line {row + 1 + (self.file.suffix == '.csv')}"


def ratings(folder: Path) -> Ratings:
    """Of ratings.dat or else ratings.csv: half stars from 0.5 to 5."""
    remedy = "point dataset.root at the folder that holds them, or delete a broken cache and run again"
    file = _one_of(folder, "ratings", remedy)
    if file.suffix == ".dat":  # a:: separates as a: with an empty column after it
        names, used, separator = ["user", "", "film", " ", "rating", "  ", "time"], [0, 2, 4, 6], ":"
    else:
        names, used, separator = list(_header(file, (SECONDS, ORDER))), [0, 1, 2, 3], ","
    kinds = dict(zip([names[column] for column in used], RATING_KINDS, strict=True))
    read = columns.read(file, names, kinds, separator, header=separator == ",")
    user, item, rating, time = read.values()
    log = Ratings(file, user, item, rating, time, "order" if names == list(ORDER) else "seconds")
    doubled = 2 * rating
    for wrong, expected, values in (
        (~((doubled >= 1) & (doubled <= 10) & (doubled == np.rint(doubled))), "half stars from 0.5 to 5", rating),
        (time < 0, "a time of at least 0", time),
    ):
        if wrong.any():
            row = int(np.argmax(wrong))
            raise DataError(f"{log.where(row)}: expected {expected}, got {values[row]}; {REMEDY}")
    return log


def films(folder: Path, encoding: str, items: Vocabulary) -> tuple[dict[str, Array], tuple[str, ...]]:
    """title, year int32 (0: not in the title), genres uint8 (n, g) of the films of `items`; the genres, sorted.

    Films without genres have the genre '(no genres listed)', as the later releases write.
    """
    file = _one_of(folder, "movies")
    rows = _rows(file, FILMS, encoding)
    of_film: dict[str, list[str]] = {}
    for number, row in rows:
        if row[0] in of_film:
            raise DataError(f"{file}, line {number}: expected distinct films, got {row[0]} again; {REMEDY}")
        of_film[row[0]] = row
    unknown = [film for film in items.ids.tolist() if str(film) not in of_film]
    if unknown:
        raise DataError(f"{file}: expected all films that were rated, found no film {unknown[0]}; {REMEDY}")
    titles = [of_film[str(film)][1] for film in items.ids.tolist()]
    genres = [of_film[str(film)][2].split("|") for film in items.ids.tolist()]
    names = sorted({name for listed in genres for name in listed})
    column = {name: number for number, name in enumerate(names)}
    flags = np.zeros((len(items), len(names)), np.uint8)
    for row, listed in enumerate(genres):
        flags[row, [column[name] for name in listed]] = 1
    years = [int(match[1]) if (match := YEAR.search(title)) else 0 for title in titles]
    return {"title": np.array(titles), "year": np.array(years, np.int32), "genres": flags}, tuple(names)


def people(folder: Path, users: Vocabulary) -> dict[str, Array]:
    """age (the lower end of the user's group), gender, occupation, zip, zip_prefix, of users.dat; {} without one."""
    file = folder / "users.dat"
    if not file.is_file():
        return {}
    table = {row[0]: row for _, row in _rows(file, ("user", "gender", "age", "occupation", "zip"), "ascii")}
    unknown = [user for user in users.ids.tolist() if str(user) not in table]
    if unknown:
        raise DataError(f"{file}: expected all users who rated, found no user {unknown[0]}; {REMEDY}")
    rows = [table[str(user)] for user in users.ids.tolist()]
    try:
        age = np.array([int(row[2]) for row in rows], np.int32)
        occupation = np.array([OCCUPATIONS[int(row[3])] for row in rows])
    except (ValueError, IndexError) as error:
        raise DataError(
            f"{file}: expected whole numbers as age and occupation (0 to 20), got others; {REMEDY}"
        ) from error
    return {
        "age": age,
        "gender": np.array([row[1] for row in rows]),
        "occupation": occupation,
        "zip": np.array([row[4] for row in rows]),
        "zip_prefix": np.array([row[4][:3] for row in rows]),
    }


def tags(folder: Path, items: Vocabulary) -> Triples:
    """film - tag - its text in lower case; a film's tag is repeated for each person who gave it."""
    file = _one_of(folder, "tags", "pass dataset.tags=false to go without")
    if file.suffix == ".csv":
        _header(file, (TAGS,))
        kinds: dict[str, Kind] = {"userId": "int32", "movieId": "int32", "tag": "string"}
        read = columns.read(file, TAGS, kinds, ",", header=True)
    else:
        rows = _rows(file, TAGS, "utf-8")
        read = {name: np.array([row[column] for _, row in rows], object) for column, name in enumerate(TAGS[:3])}
        read |= {name: read[name].astype(np.int32) for name in TAGS[:2]}
    table: Any = pd.DataFrame({**read, "item": items.rows(read["movieId"])})
    table["tag"] = table["tag"].str.strip().str.lower()
    table = table[(table["item"] >= 0) & (table["tag"] != "")]
    table = table[~table.duplicated(subset=["item", "userId", "tag"])]
    entity, names = pd.factorize(table["tag"], sort=True)
    return Triples.of(
        table["item"].to_numpy(), np.zeros(len(table), np.int32), len(items) + entity, list(names), ["tag"]
    )


def _one_of(folder: Path, name: str, remedy: str = REMEDY) -> Path:
    file = next((file for file in (folder / f"{name}.dat", folder / f"{name}.csv") if file.is_file()), None)
    if file is None:
        raise DataError(f"{folder}: expected {name}.dat or {name}.csv, found neither; {remedy}")
    return file


def _header(file: Path, known: Sequence[Sequence[str]]) -> Sequence[str]:
    with file.open(encoding="utf-8", errors="replace") as rows:
        found = rows.readline().rstrip("\r\n")
    names = next((names for names in known if ",".join(names) == found), None)
    if names is None:
        expected = " or ".join(",".join(names) for names in known)
        raise DataError(f"{file}, line 1: expected the header {expected}, got {found!r}; {REMEDY}")
    return names


def _rows(file: Path, names: Sequence[str], encoding: str) -> list[tuple[int, list[str]]]:
    """Lines and their cells as text, of a table of films, users or tags."""
    try:
        text = file.read_text(encoding)
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file}: expected a text in {encoding}, got one that cannot be read so; {REMEDY}") from error
    if file.suffix == ".csv":
        _header(file, (names,))
        rows = list(enumerate(csv.reader(text.splitlines()), 1))[1:]
    else:
        rows = [(number, row.split("::")) for number, row in enumerate(text.splitlines(), 1)]
    for number, row in rows:
        if len(row) != len(names):
            raise DataError(
                f"{file}, line {number}: expected {len(names)} columns ({', '.join(names)}), got {len(row)}; {REMEDY}"
            )
    return rows
