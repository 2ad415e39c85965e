"""How the tagging of tokens is measured: by the entities that are found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys import bio
from recsys.dataset import DataError
from recsys.evaluation.parted_split import SentenceSplit
from recsys.task import TaskName
from recsys.texts import TaggedSentences

READ_BY = ("f1", "precision", "recall", "token_accuracy")
"""The metrics that tables show, the first one the most important."""


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class EntityMatch:
    """See `recsys.task.MeasurementProtocol`."""

    tasks: ClassVar[tuple[TaskName, ...]] = ("label",)
    name: str = "label"

    @property
    def cutoffs(self) -> tuple[int, ...]:
        return ()

    @property
    def read_by(self) -> tuple[str, ...]:
        return READ_BY

    def check(self, data: TaggedSentences) -> None:
        """Raises `DataError` on what is no tag of BIO, on an I- without a B-, and where no token is in an entity."""
        for row, tags in enumerate(data.tags):
            for before, tag in zip((bio.OUTSIDE, *tags), tags, strict=False):
                wrong = bio.problem(tag, before)
                if wrong:
                    raise DataError(f"{data.name}, sentence {row}: {wrong}")
        if all(tag == bio.OUTSIDE for tags in data.tags for tag in tags):
            raise DataError(f"{data.name}: expected an entity in some sentence, got tokens that are all {bio.OUTSIDE}")

    def check_split(self, split: SentenceSplit) -> None:
        """Raises `DataError` where train or test has no entity."""
        for part, sentences in (("train", split.train.train), ("test", split.test)):
            if all(tag == bio.OUTSIDE for tags in sentences.tags for tag in tags):
                raise DataError(
                    f"{sentences.name}, repeat {split.repeat}: expected an entity in {part}, got none in "
                    f"{len(sentences)} sentences; take other shares, or data with more entities"
                )

    def stamp(self) -> Mapping[str, str | float]:
        return {"right": "an entity of the same kind, first and last token", "average": "micro, over entities"}

    def describe(self) -> str:
        return "right: an entity of the same kind, first and last token; micro-averaged over entities"
