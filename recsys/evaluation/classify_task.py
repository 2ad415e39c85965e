"""The task `classify`: the categories of a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

import numpy as np
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.classifier import CategoryPredictor
from recsys.dataset import Array
from recsys.evaluation.classify_measurement import measure
from recsys.evaluation.classify_protocol import CategoryMatch
from recsys.evaluation.classify_references import references
from recsys.evaluation.parted_split import TextSplit
from recsys.task import Block, Columns, Keep, Measurement
from recsys.texts import LabelledTexts


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Classify:
    """See `recsys.task.Task`."""

    name: ClassVar[Literal["classify"]] = "classify"
    unit: ClassVar[Literal["text"]] = "text"
    data_type: ClassVar[type[LabelledTexts]] = LabelledTexts
    headline: ClassVar[str] = "macro_f1"
    predicted: ClassVar[str] = "categories"

    def measure(
        self, split: TextSplit, protocol: CategoryMatch, fitted: CategoryPredictor, keep: Keep | None = None
    ) -> Measurement:
        return measure(split, protocol, fitted, keep)

    def references(
        self, split: TextSplit, protocols: Sequence[CategoryMatch]
    ) -> Mapping[str, Mapping[str, CategoryPredictor]]:
        return references(split, protocols)

    def unit_ids(self, data: LabelledTexts) -> Array:
        return data.ids.ids

    def predictions(self, data: LabelledTexts, block: Block) -> Columns:
        """text, category: those that were predicted; score."""
        row, column = np.nonzero(block.predictions.labels)
        names = np.array(data.categories)[column]
        return {"text": block.units[row], "category": names, "score": block.predictions.scores[row, column]}

    def test_rows(self, data: LabelledTexts, split: TextSplit) -> Columns:
        """text, category: the true ones."""
        row, column = np.nonzero(split.test.labels)
        return {"text": split.rows[row], "category": np.array(data.categories)[column]}
