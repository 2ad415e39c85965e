"""One repeat of a split by text."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from recsys.classifier import Labelled
from recsys.dataset import Array, DataError, Facts, read_only
from recsys.texts import PARTS, LabelledTexts


@dataclass(frozen=True, slots=True)
class TextSplit:
    """See `recsys.task.Split`.

    texts   int (m,): the data's row numbers of the test texts
    facts   texts in each part
    """

    repeat: int
    seed: int
    train: Labelled
    test: LabelledTexts
    texts: Array
    facts: Facts = field(default_factory=dict[str, int | float | str])

    @classmethod
    def of(cls, data: LabelledTexts, repeat: int, seed: int, rows: Sequence[Array]) -> TextSplit:
        """rows: of the texts of each of PARTS."""
        train, validation, test = map(np.sort, rows)
        counts = dict(zip(PARTS, map(len, (train, validation, test)), strict=True))
        empty = next((name for name, count in counts.items() if not count), None)
        if empty:
            raise DataError(
                f"{data.name}: expected texts in train, validation and test, got none of {len(data)} in {empty}; take "
                "other shares, or data with more texts"
            )
        facts: Facts = {f"{name}_texts": count for name, count in counts.items()}
        labelled = Labelled(data.take(train), data.take(validation))
        return cls(repeat, seed, labelled, data.take(test), read_only(test), facts)

    @property
    def digest(self) -> str:
        """SHA-256 of the test texts' row numbers, 16 hexadecimal digits."""
        return hashlib.sha256(self.texts.astype("<i8").tobytes()).hexdigest()[:16]
