"""Users' sequences of items in the forms in which results on next items are published: order is all there is of time.

pairs   a line 'user item' for each event, in time order (the SASRec and BERT4Rec repositories)
lines   a line a user, 'user item item ...' in time order (S3-Rec), with a JSON file of each item's attributes
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.data import located
from recsys.data.columns import coded
from recsys.data.number_lines import NumberLines
from recsys.data.repeated_pairs import expect_distinct_pairs
from recsys.dataset import Array, DataError, Dataset, Interactions, Triples, Vocabulary


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class SequenceFile:
    """Implicit feedback; the times are positions in each user's sequence, from 1.

    path         the file; ids are whole numbers. A relative path is looked for here and then in $RECSYS_DATA
    format       pairs or lines, see above
    name         None: the file's name, with its ending
    attributes   JSON file {"item": [attribute, ...]}: the graph, of facts item - attribute - number. None: none
    """

    path: str | None = None
    format: Literal["pairs", "lines"] = "pairs"
    name: str | None = None
    attributes: str | None = None

    def load(self) -> Dataset:
        """Raises `DataError`, with the line where there is one."""
        if self.path is None:
            raise DataError("dataset=sequences: expected a file, got none; pass dataset.path=FILE")
        numbers = NumberLines.read(located.file(self.path))
        first, user_id = numbers.heads()
        if self.format == "pairs":
            _expect(numbers, numbers.count == 2, "'user item'", "lines")
        else:
            _expect(numbers, numbers.count >= 2, "a user and the items", None)
            _expect_each_user_once(numbers, first)
        event = np.flatnonzero(~first)  # all but the users at the lines' starts
        users, user = coded(user_id[event])
        items, item = coded(numbers.value[event])
        interactions = Interactions.of(user, item, time=_positions(user))
        expect_distinct_pairs(interactions, users, items, lambda row: numbers.where(int(event[row])))
        return Dataset.of(
            self.name or re.sub(r"[^A-Za-z0-9._-]+", "-", numbers.file.name),
            interactions,
            users,
            items,
            origin=str(numbers.file),
            graph=None if self.attributes is None else _attributes(located.file(self.attributes), items),
            times="order",
        )


def _expect(numbers: NumberLines, right: Array, expected: str, other: str | None) -> None:
    if not right.all():
        line = int(np.argmin(right))
        remedy = f", or pass dataset.format={other} where a line has all items of a user" if other else ""
        raise DataError(
            f"{numbers.file}, line {line + 1}: expected {expected}, got {numbers.count[line]} numbers; correct the "
            f"file{remedy}"
        )


def _expect_each_user_once(numbers: NumberLines, first: Array) -> None:
    users = numbers.value[first]
    _, line = np.unique(users, return_index=True)
    if len(line) < len(users):
        again = int(np.setdiff1d(np.arange(len(users)), line)[0])
        raise DataError(
            f"{numbers.file}, line {again + 1}: expected one line a user, got user {users[again]} again; correct the "
            "file, or pass dataset.format=pairs where a line is one event"
        )


def _positions(user: Array) -> Array:
    """int64 (n,): 1 for the first of a user's rows, 2 for the second, and so on."""
    order = np.argsort(user, kind="stable")
    start = np.append(0, np.cumsum(np.bincount(user)))[:-1]
    position = np.empty(len(user), np.int64)
    position[order] = np.arange(len(user)) - start[user[order]] + 1
    return position


def _attributes(file: Path, items: Vocabulary) -> Triples:
    """Each fact once; those of other items are left out."""
    try:
        read: dict[str, Any] = json.loads(file.read_text("utf-8"))
        listed = {int(item): [int(number) for number in numbers] for item, numbers in read.items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise DataError(
            f'{file}: expected JSON of the form {{"item": [attribute, ...]}} in whole numbers, got: {error}; correct '
            "the file, or pass dataset.attributes=null to go without"
        ) from error
    rows = items.rows(np.array(list(listed), np.int64))
    pairs = {(int(row), number) for row, numbers in zip(rows, listed.values(), strict=True) for number in numbers}
    known = np.array(sorted(pair for pair in pairs if pair[0] >= 0), np.int64).reshape(-1, 2)
    names, tail = np.unique(known[:, 1], return_inverse=True)
    relation = np.zeros(len(known), np.int32)
    return Triples.of(known[:, 0], relation, len(items) + tail, list(names.astype(str)), ["attribute"])
