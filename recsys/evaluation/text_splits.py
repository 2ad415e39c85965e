"""Splits by text, stratified: each category has its share in train, validation and test.

Sechidis, Tsoumakas and Vlahavas 2011, On the Stratification of Multi-Label Data, ECML PKDD: the texts of the category
that has the fewest left are given away first, each to the part that lacks most of that category. Where texts have one
category each, this is plain stratified sampling.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import Array, DataError
from recsys.evaluation.parted_split import TextSplit
from recsys.evaluation.splits import Only, Repeated, Repeats, Seed, Share, seed_of, sequence
from recsys.task import TaskName
from recsys.texts import LabelledTexts


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Texts(Repeated):
    """Every text goes to train, validation or test, stratified by category, 43:20:37 by default, drawn anew in each
    repeat.

    share, validation_share   of each category's texts, in test and in validation; the others are train
    """

    tasks: ClassVar[tuple[TaskName, ...]] = ("classify",)
    repeats: Repeats = 10
    seed: Seed = 1
    share: Share = 0.37
    validation_share: Share = 0.2
    only: Only = None

    def split(self, dataset: Any, number: int) -> Any:
        """dataset: `LabelledTexts`; gives a `TextSplit`."""
        data: LabelledTexts = dataset
        train = 1 - self.share - self.validation_share
        if train <= 0:
            raise DataError(
                f"{data.name}: shares of {self.share:g} and {self.validation_share:g} leave no texts to train; change "
                "split.share or split.validation_share"
            )
        rng = np.random.default_rng(sequence(self.seed, number))
        part = stratified(data.labels, np.array([train, self.validation_share, self.share]), rng)
        rows = [np.flatnonzero(part == own) for own in range(3)]
        return TextSplit.of(data, number, seed_of(self.seed, number), rows)

    def describe(self) -> str:
        return (
            f"random by text, stratified by category, {self.share:g} of the texts in test and "
            f"{self.validation_share:g} in validation, seed {self.seed}"
        )


def stratified(labels: Array, shares: Array, rng: np.random.Generator) -> Array:
    """int (n,): the part of each text.

    labels   bool (n, c), each row with a category at least
    shares   float (parts,), whose sum is 1

    Of parts that lack equally much of a category, the one that lacks most texts takes one, and the first of those.
    """
    part = np.full(len(labels), -1)
    lacking = shares[:, None] * labels.sum(axis=0)  # (parts, c)
    room = shares * len(labels)
    drawn = rng.permutation(len(labels))
    left = labels.sum(axis=0)
    while left.any():
        category = int(np.where(left > 0, left, len(labels) + 1).argmin())
        for row in drawn[labels[drawn, category] & (part[drawn] < 0)].tolist():
            wanted = lacking[:, category]
            own = int(np.where(wanted > wanted.max() - 1e-9, room, -np.inf).argmax())
            part[row] = own
            lacking[own] -= labels[row]
            room[own] -= 1
            left = left - labels[row]
    return part
