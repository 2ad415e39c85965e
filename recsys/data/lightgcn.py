"""Data in the format of LightGCN's repository: who interacted with what, in train and test files of a line a user.

train.txt   user item item ...
valid.txt   the same, where there is one: part of train
test.txt    the same: the publisher's test set, for split=publisher
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.data.columns import coded
from recsys.data.number_lines import NumberLines
from recsys.data.repeated_pairs import expect_distinct_pairs
from recsys.dataset import DataError, Dataset, DataUnavailable, Interactions

NEEDED, OPTIONAL = ("train.txt", "test.txt"), "valid.txt"


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class LightGcnFiles:
    """Implicit feedback without times; fold 1 is the publisher's test set.

    root   folder with train.txt and test.txt; None: $RECSYS_DATA/NAME
    name   None: the folder's name
    """

    root: str | None = None
    name: str | None = None

    def load(self) -> Dataset:
        """Raises `DataError`, with the line where there is one, and `DataUnavailable` where there is no folder."""
        folder = self._folder()
        missing = [name for name in NEEDED if not (folder / name).is_file()]
        if missing:
            raise DataError(
                f"{folder}: expected the folder that holds {' and '.join(NEEDED)}, found no {', '.join(missing)}; "
                "point dataset.root at that folder"
            )
        names = [NEEDED[0], *([OPTIONAL] if (folder / OPTIONAL).is_file() else []), NEEDED[1]]
        parts = [NumberLines.read(folder / name) for name in names]
        heads = [part.heads() for part in parts]
        event = [np.flatnonzero(~first) for first, _ in heads]  # all but the users at the lines' starts
        users, user = coded(np.concatenate([user[rows] for (_, user), rows in zip(heads, event, strict=True)]))
        items, item = coded(np.concatenate([part.value[rows] for part, rows in zip(parts, event, strict=True)]))
        end = np.cumsum([len(rows) for rows in event])

        def where(row: int) -> str:
            part = int(np.searchsorted(end, row, side="right"))
            return parts[part].where(int(event[part][row - end[part]]))  # from the end, where the index is negative

        interactions = Interactions.of(user, item, fold=(np.arange(len(user)) >= end[-2]).astype(np.int8))
        expect_distinct_pairs(interactions, users, items, where)
        return Dataset.of(self.name or folder.name, interactions, users, items, origin=str(folder))

    def _folder(self) -> Path:
        if self.root is not None:
            return Path(self.root).expanduser().resolve()
        if self.name is None:
            raise DataError("dataset=lightgcn: expected a folder, got none; pass dataset.root=FOLDER")
        shared = os.environ.get("RECSYS_DATA")
        folder = Path(shared).expanduser() / self.name if shared else None
        if folder is None or not folder.is_dir():
            tried = "RECSYS_DATA is not set" if folder is None else f"{folder} is not there"
            raise DataUnavailable(
                f"{self.name}: expected a folder with {' and '.join(NEEDED)}, found none ({tried}); pass "
                f"dataset.root=FOLDER, or set RECSYS_DATA to the folder that holds {self.name}/ (datasets/README.md "
                "says where to get it)"
            )
        return folder
