"""One repeat of a split by sentence."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from recsys.dataset import Array, DataError, Facts, read_only
from recsys.tagger import Tagged
from recsys.texts import PARTS, TaggedSentences


@dataclass(frozen=True, slots=True)
class SentenceSplit:
    """See `recsys.task.Split`.

    sentences   int (m,): the data's row numbers of the test sentences
    facts       sentences in each part
    """

    repeat: int
    seed: int
    train: Tagged
    test: TaggedSentences
    sentences: Array
    facts: Facts = field(default_factory=dict[str, int | float | str])

    @classmethod
    def of(cls, data: TaggedSentences, repeat: int, seed: int, rows: Sequence[Array]) -> SentenceSplit:
        """rows: of the sentences of each of PARTS."""
        train, validation, test = map(np.sort, rows)
        counts = dict(zip(PARTS, map(len, (train, validation, test)), strict=True))
        empty = next((name for name, count in counts.items() if not count), None)
        if empty:
            raise DataError(
                f"{data.name}: expected sentences in train, validation and test, got none of {len(data)} in {empty}; "
                "take other shares, or data with more sentences"
            )
        facts: Facts = {f"{name}_sentences": count for name, count in counts.items()}
        tagged = Tagged(data.take(train), data.take(validation))
        return cls(repeat, seed, tagged, data.take(test), read_only(test), facts)

    @property
    def digest(self) -> str:
        """SHA-256 of the test sentences' row numbers, 16 hexadecimal digits."""
        return hashlib.sha256(self.sentences.astype("<i8").tobytes()).hexdigest()[:16]
