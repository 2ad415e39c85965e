"""Splits by sentence: what is measured are sentences that no model has seen."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import DataError
from recsys.evaluation.parted_split import SentenceSplit
from recsys.evaluation.splits import OneSplit, Only, Repeated, Repeats, Seed, Share, seed_of, sequence
from recsys.task import TaskName
from recsys.texts import PARTS, TaggedSentences


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Sentences(Repeated):
    """Every sentence goes to train, validation or test with the same chances, 7:1:2 by default, drawn anew in each
    repeat.

    share, validation_share   of the sentences, in test and in validation: round(share * n) of n; the others are train
    """

    tasks: ClassVar[tuple[TaskName, ...]] = ("label",)
    repeats: Repeats = 10
    seed: Seed = 1
    share: Share = 0.2
    validation_share: Share = 0.1
    only: Only = None

    def split(self, dataset: Any, number: int) -> Any:
        """dataset: `TaggedSentences`; gives a `SentenceSplit`."""
        data: TaggedSentences = dataset
        test, validation = (round(share * len(data)) for share in (self.share, self.validation_share))
        if test + validation >= len(data):
            raise DataError(
                f"{data.name}: shares of {self.share:g} and {self.validation_share:g} of {len(data)} sentences leave "
                "none to train; change split.share or split.validation_share"
            )
        order = np.random.default_rng(sequence(self.seed, number)).permutation(len(data))
        rows = order[test + validation :], order[test : test + validation], order[:test]
        return SentenceSplit.of(data, number, seed_of(self.seed, number), rows)

    def describe(self) -> str:
        return (
            f"random by sentence, {self.share:g} of the sentences in test and {self.validation_share:g} in validation, "
            f"seed {self.seed}"
        )


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class PublishedSentences(OneSplit):
    """The train and test sentences that come with the data, and the validation sentences where there are any.

    Where there are none, they are drawn from the train sentences, anew in each repeat; what is tested is the same.

    validation_share   of the train sentences, where they are drawn: round(share * n) of n
    """

    tasks: ClassVar[tuple[TaskName, ...]] = ("label",)
    validation_share: Share = 0.1

    def split(self, dataset: Any, number: int) -> Any:
        """dataset: `TaggedSentences`; gives a `SentenceSplit`."""
        data: TaggedSentences = dataset
        if data.part is None:
            raise DataError(
                f"{data.name}: expected sentences that their publisher split, got none; use split=sentences"
            )
        train, validation, test = (np.flatnonzero(data.part == part) for part in range(len(PARTS)))
        if not len(validation):
            order = np.random.default_rng(sequence(self.seed, number)).permutation(train)
            drawn = round(self.validation_share * len(train))
            train, validation = order[drawn:], order[:drawn]
        return SentenceSplit.of(data, number, seed_of(self.seed, number), (train, validation, test))

    def describe(self) -> str:
        return (
            "the publisher's train and test sentences; where it names no validation sentences, "
            f"{self.validation_share:g} of the train sentences, seed {self.seed}"
        )
