"""Splits by query: what is measured are queries that no model has seen, on items that all have."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import DataError
from recsys.evaluation.query_split import QuerySplit
from recsys.evaluation.splits import OneSplit, Only, Repeated, Repeats, Seed, Share, seed_of, sequence
from recsys.task import TaskName
from recsys.texts import PARTS, Corpus


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Queries(Repeated):
    """Every query goes to train, validation or test with the same chances, 7:2:1 by default, drawn anew in each repeat.

    share, validation_share   of the queries, in test and in validation: round(share * n) of n; the others are train
    """

    tasks: ClassVar[tuple[TaskName, ...]] = ("retrieve",)
    repeats: Repeats = 10
    seed: Seed = 1
    share: Share = 0.1
    validation_share: Share = 0.2
    only: Only = None

    def split(self, dataset: Any, number: int) -> Any:
        """dataset: a `Corpus`; gives a `QuerySplit`."""
        data: Corpus = dataset
        judged = np.unique(data.query)
        test, validation = (round(share * len(judged)) for share in (self.share, self.validation_share))
        if min(test, validation, len(judged) - test - validation) < 1:
            raise DataError(
                f"{data.name}: shares of {self.share:g} and {self.validation_share:g} of {len(judged)} queries with a "
                "relevant item leave train, validation or test empty; change split.share or split.validation_share"
            )
        order = np.random.default_rng(sequence(self.seed, number)).permutation(judged)
        rows = order[test + validation :], order[test : test + validation], order[:test]
        return QuerySplit.of(data, number, seed_of(self.seed, number), rows)

    def describe(self) -> str:
        return (
            f"random by query, {self.share:g} of the queries in test and {self.validation_share:g} in validation, "
            f"seed {self.seed}"
        )


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class PublishedQueries(OneSplit):
    """The train, validation and test queries that come with the data.

    They are the same in every repeat: repeats differ in initialisation, sampling and ties alone.
    """

    tasks: ClassVar[tuple[TaskName, ...]] = ("retrieve",)

    def split(self, dataset: Any, number: int) -> Any:
        """dataset: a `Corpus`; gives a `QuerySplit`."""
        data: Corpus = dataset
        if data.part is None:
            raise DataError(f"{data.name}: expected queries that its publisher split, got none; use split=queries")
        rows = [np.flatnonzero(data.part == part) for part in range(len(PARTS))]
        return QuerySplit.of(data, number, seed_of(self.seed, number), rows)

    def describe(self) -> str:
        return "the publisher's train, validation and test queries"
