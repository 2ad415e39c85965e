"""How the categories of texts are measured: by precision, recall and F1 of each category, and their means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import DataError
from recsys.evaluation.parted_split import TextSplit
from recsys.task import TaskName
from recsys.texts import LabelledTexts

READ_BY = ("macro_f1", "accuracy", "macro_precision", "macro_recall")
"""The metrics that tables show, the first one the most important."""
LEAST = 2
"""Texts of a category: one to learn from, one to test."""


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class CategoryMatch:
    """See `recsys.task.MeasurementProtocol`."""

    tasks: ClassVar[tuple[TaskName, ...]] = ("classify",)
    name: str = "classify"

    @property
    def cutoffs(self) -> tuple[int, ...]:
        return ()

    @property
    def read_by(self) -> tuple[str, ...]:
        return READ_BY

    def check(self, data: LabelledTexts) -> None:
        """Raises `DataError` on a single category, and on one with a single text."""
        if data.labels.shape[1] < 2:
            alone = ", ".join(data.categories)
            raise DataError(f"{data.name}: expected two categories or more, got {alone!r} alone; add texts of another")
        counts = data.labels.sum(axis=0)
        if (counts < LEAST).any():
            rare = data.categories[int(counts.argmin())]
            raise DataError(
                f"{data.name}: expected {LEAST} texts or more of each category, one to learn from and one to test, got "
                f"{int(counts.min())} of {rare!r}; leave it out (dataset=texts-file: dataset.least={LEAST}) or join it "
                "with another"
            )

    def check_split(self, split: TextSplit) -> None:
        """Raises `DataError` where train has a single category."""
        if split.train.train.labels.any(axis=0).sum() < 2:
            raise DataError(
                f"{split.test.name}, repeat {split.repeat}: expected texts of two categories or more in train, got "
                "one; take other shares"
            )

    def stamp(self) -> Mapping[str, str | float]:
        return {"right": "all categories of a text, and no other", "average": "macro, over the test set's categories"}

    def describe(self) -> str:
        return "accuracy: all categories of a text and no other; precision, recall, F1: means over categories"
