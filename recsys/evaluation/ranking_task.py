"""The task `rank`: a user's candidate items in the order of their scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

import numpy as np
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import Array, Dataset
from recsys.evaluation.measurement import measure
from recsys.evaluation.protocols import Protocol
from recsys.evaluation.rating_error import RatingError, measure_ratings
from recsys.evaluation.references import references
from recsys.evaluation.splits import Split
from recsys.recommender import Scorer
from recsys.task import Block, Columns, Keep, Measurement

DEPTH = 50
"""Items of a list that are kept in the file."""


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Rank:
    """See `recsys.task.Task`."""

    name: ClassVar[Literal["rank"]] = "rank"
    unit: ClassVar[Literal["user"]] = "user"
    data_type: ClassVar[type[Dataset]] = Dataset
    headline: ClassVar[str] = "precision"
    predicted: ClassVar[str] = "rankings"

    def measure(
        self, split: Split, protocol: Protocol | RatingError, fitted: Scorer, keep: Keep | None = None
    ) -> Measurement:
        if isinstance(protocol, RatingError):
            return measure_ratings(split, protocol, fitted, keep)
        return measure(split, protocol, fitted, keep)

    def references(
        self, split: Split, protocols: Sequence[Protocol | RatingError]
    ) -> Mapping[str, Mapping[str, Scorer]]:
        """None for errors of ratings: chance, popularity and the oracle rank, and estimate no rating."""
        ranked = [protocol for protocol in protocols if isinstance(protocol, Protocol)]
        return references(split, ranked) if ranked else {}

    def unit_ids(self, data: Dataset) -> Array:
        return data.users.ids

    def predictions(self, data: Dataset, block: Block) -> Columns:
        """user, rank from 1, item (its id), score: the best of each list."""
        rankings = block.predictions
        items = rankings.items[:, :DEPTH]
        row, column = np.nonzero(items >= 0)
        return {
            "user": rankings.users[row],
            "rank": (column + 1).astype(np.int32),
            "item": data.items.ids[items[row, column]],
            "score": rankings.scores[row, column],
        }

    def test_rows(self, data: Dataset, split: Split) -> Columns:
        """user, item (its id)."""
        test = split.test.interactions
        return {"user": test.user, "item": data.items.ids[test.item]}
