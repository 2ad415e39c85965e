"""One repeat of a split of texts or sentences into train, validation and test."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeAlias

import numpy as np

from recsys.dataset import Array, DataError, Facts, read_only
from recsys.task import plural
from recsys.texts import PARTS, LabelledTexts, Parted, TaggedSentences, TrainSet


@dataclass(frozen=True, slots=True)
class PartedSplit(Generic[Parted]):
    """See `recsys.task.Split`.

    rows    int (m,): the data's row numbers of the test set
    facts   how many are in each part
    """

    repeat: int
    seed: int
    train: TrainSet[Parted]
    test: Parted
    rows: Array
    facts: Facts = field(default_factory=dict[str, int | float | str])

    @classmethod
    def of(cls, data: Parted, repeat: int, seed: int, rows: Sequence[Array]) -> PartedSplit[Parted]:
        """rows: of each of PARTS. Raises `DataError` where one is empty."""
        train, validation, test = map(np.sort, rows)
        units, counts = plural(data.unit), dict(zip(PARTS, map(len, (train, validation, test)), strict=True))
        empty = next((name for name, count in counts.items() if not count), None)
        if empty:
            raise DataError(
                f"{data.name}: expected {units} in train, validation and test, got none of {len(data)} in {empty}; "
                f"take other shares, or data with more {units}"
            )
        facts: Facts = {f"{name}_{units}": count for name, count in counts.items()}
        seen = TrainSet(data.take(train), data.take(validation))
        return cls(repeat, seed, seen, data.take(test), read_only(test), facts)

    @property
    def digest(self) -> str:
        """SHA-256 of the test set's row numbers, 16 hexadecimal digits."""
        return hashlib.sha256(self.rows.astype("<i8").tobytes()).hexdigest()[:16]


TextSplit: TypeAlias = PartedSplit[LabelledTexts]
SentenceSplit: TypeAlias = PartedSplit[TaggedSentences]
