"""Amazon product reviews of UCSD (He and McAuley 2016): ratings from 1 to 5 with the text of each, and its time.

A review is a row of a csv file or an object on a line of JSON; the files of all categories have the same names:

    reviewerID, asin    who, and of which product
    overall             the rating
    reviewText          the text, '' where there is none
    unixReviewTime      whole seconds
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.data import located
from recsys.data.columns import coded
from recsys.data.repeated_pairs import expect_distinct_pairs
from recsys.dataset import Array, DataError, Dataset, DataUnavailable, Interactions

NAMES = ("reviewerID", "asin", "overall", "reviewText", "unixReviewTime")
TABLES, LINES = (".csv", ".csv.gz", ".csv.zip"), (".json", ".json.gz", ".jsonl", ".jsonl.gz")
REMEDY = "correct the file, or put a complete copy of the published one there"


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class AmazonReviews:
    """Reviews of one category.

    path     the file. A relative path is looked for here and then in $RECSYS_DATA
    name     None: the file's name without its ending
    sha256   of the file, which is refused where it has another; None: any is taken
    """

    path: str | None = None
    name: str | None = None
    sha256: str | None = None

    def load(self) -> Dataset:
        """Raises `DataError`, with the review where there is one, and `DataUnavailable` where there is no file."""
        if self.path is None:
            raise DataError("dataset=amazon-reviews: expected a file, got none; pass dataset.path=FILE")
        file = located.file(self.path)
        ending = next((ending for ending in (*TABLES, *LINES) if file.name.lower().endswith(ending)), None)
        if ending is None:
            raise DataError(f"{file}: expected a name that ends in {', '.join((*TABLES, *LINES))}; rename the file")
        if not file.is_file():
            raise DataUnavailable(
                f"{file}: expected a file of reviews, found none; pass dataset.path=FILE, or set RECSYS_DATA to the "
                f"folder that holds {self.path} (datasets/README.md says where to get it)"
            )
        self._verify(file)
        reviews = _table(file) if ending in TABLES else _json(file)
        for name in NAMES[:2]:
            if (reviews[name] == "").any():
                _wrong(file, int(np.argmax(reviews[name] == "")), name, "an id", "")
        users, user = coded(reviews["reviewerID"])
        items, item = coded(reviews["asin"])
        rating = _numbers(file, reviews, "overall", "a rating")
        time = _numbers(file, reviews, "unixReviewTime", "whole seconds")
        interactions = Interactions.of(user, item, rating, time, text=reviews["reviewText"])
        expect_distinct_pairs(interactions, users, items, lambda row: f"{file}, review {row + 1}")
        stem = re.sub(r"[^A-Za-z0-9._-]+", "-", file.name[: -len(ending)])
        return Dataset.of(self.name or stem, interactions, users, items, origin=str(file))

    def _verify(self, file: Path) -> None:
        found = None if self.sha256 is None else hashlib.sha256(file.read_bytes()).hexdigest()
        if found != self.sha256:
            raise DataError(
                f"{file}: expected SHA-256 {self.sha256}, got {found}; fetch the published file again, or pass "
                "dataset.sha256=null to use this one as it is"
            )


def _table(file: Path) -> dict[str, Array]:
    """Object arrays of str."""
    try:
        table = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8")
    except (ValueError, OSError) as error:  # pandas' own errors are of these kinds
        raise DataError(f"{file}: expected a table, got: {' '.join(str(error).split())}; {REMEDY}") from error
    missing = [name for name in NAMES if name not in table.columns]
    if missing:
        raise DataError(f"{file}: expected the columns {', '.join(NAMES)}, found no {', '.join(missing)}; {REMEDY}")
    return {name: table[name].to_numpy(object) for name in NAMES}


def _json(file: Path) -> dict[str, Array]:
    columns: dict[str, list[str]] = {name: [] for name in NAMES}
    opened = gzip.open if file.name.lower().endswith(".gz") else open
    with opened(file, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                review: dict[str, Any] = json.loads(line)
                for name in NAMES:
                    columns[name].append(str(review[name]))
            except (ValueError, KeyError, TypeError) as error:
                raise DataError(
                    f"{file}, line {number}: expected a JSON object with {', '.join(NAMES)}, got {error!r}; {REMEDY}"
                ) from error
    return {name: np.array(values, object) for name, values in columns.items()}


def _numbers(file: Path, reviews: dict[str, Array], name: str, expected: str) -> Array:
    """float64 (n,), all finite."""
    values = np.asarray(pd.to_numeric(pd.Series(reviews[name]), errors="coerce"), np.float64)
    if not np.isfinite(values).all():
        row = int(np.argmin(np.isfinite(values)))
        _wrong(file, row, name, expected, reviews[name][row])
    return values


def _wrong(file: Path, row: int, name: str, expected: str, got: str) -> NoReturn:
    raise DataError(f"{file}, review {row + 1}: expected {expected} in {name}, got {got!r}; {REMEDY}")
