"""A task that is not ranking, for the tests: texts of one category each, classified by their first words.

Repeat r tests on the two texts whose row is r - 1 modulo 2. The protocol has no cutoffs, its unit is the text, and its
measure is the share of texts whose category was guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar

import numpy as np

from recsys.dataset import Array
from recsys.task import Block, Columns, Facts, Keep, Measurement, TaskName, Unit
from recsys.texts import LabelledTexts
from recsys.timing import Stopwatch

TEXTS = (("cell wall", "biology"), ("cell core", "biology"), ("prime sum", "maths"), ("prime gap", "maths"))


@dataclass(frozen=True)
class Source:
    def load(self) -> LabelledTexts:
        titles, categories = zip(*TEXTS, strict=True)
        return LabelledTexts.of("lessons", {"title": titles}, [[category] for category in categories], ids=range(7, 11))


@dataclass(frozen=True)
class Split:
    repeat: int
    seed: int
    data: LabelledTexts
    rows: Array  # of the test set

    @property
    def train(self) -> LabelledTexts:
        return self.data.take(np.setdiff1d(np.arange(len(self.data)), self.rows))

    @property
    def test(self) -> LabelledTexts:
        return self.data.take(self.rows)

    @property
    def digest(self) -> str:
        return sha256(self.rows.astype("<i8").tobytes()).hexdigest()[:16]

    @property
    def facts(self) -> Facts:
        return {"test_words": sum(len(text.split()) for text in self.test.views["title"])}


@dataclass(frozen=True)
class Halves:
    tasks: ClassVar[tuple[TaskName, ...]] = ("classify",)
    numbers: Sequence[int] = (1, 2)
    resamples: bool = True

    def split(self, data: LabelledTexts, number: int) -> Split:
        return Split(number, number, data, np.arange(number - 1, len(data), 2))

    def describe(self) -> str:
        return "every other text"


@dataclass(frozen=True)
class Accuracy:
    tasks: ClassVar[tuple[TaskName, ...]] = ("classify",)
    name: str = "views"
    cutoffs: tuple[int, ...] = ()
    read_by: tuple[str, ...] = ("accuracy",)

    def check(self, data: LabelledTexts) -> None:
        pass

    def check_split(self, split: Split) -> None:
        pass

    def stamp(self) -> Mapping[str, str]:
        return {"right": "the category with the highest score"}

    def describe(self) -> str:
        return "right: the category with the highest score"


@dataclass(frozen=True)
class FirstWord:
    """Guesses the category that a text's first word had most often; `words`: of how many it asks, 0 for none."""

    tasks: ClassVar[tuple[TaskName, ...]] = ("classify",)
    words: int = 1

    def fit(self, train: LabelledTexts, seed: int) -> Guesser:
        counts: dict[str, Counter[int]] = {}
        for text, row in zip(train.views["title"], train.labels, strict=True):
            for word in text.split()[: self.words]:
                counts.setdefault(word, Counter())[int(np.argmax(row))] += 1
        return Guesser({word: count.most_common(1)[0][0] for word, count in counts.items()})


@dataclass(frozen=True)
class Guesser:
    category: dict[str, int]

    def predict(self, data: LabelledTexts) -> Array:
        return np.array([self.category.get(text.split()[0], 0) for text in data.views["title"]])


@dataclass(frozen=True)
class Classify:
    name: TaskName = "classify"
    unit: Unit = "text"
    data_type: type[LabelledTexts] = LabelledTexts
    headline: str = "accuracy"
    predicted: str = "categories"

    def measure(self, split: Split, protocol: Accuracy, fitted: Guesser, keep: Keep | None = None) -> Measurement:
        watch = Stopwatch()
        guess = fitted.predict(split.test)
        seconds = watch.read()
        right = split.test.labels[np.arange(len(guess)), guess].astype(float)
        numbers = {"accuracy": float(right.mean())}
        block = Block(split.rows, {"accuracy": right}, guess)
        if keep is not None:
            keep(block)
        return Measurement(protocol, {}, numbers, seconds, seconds, (block,) if keep is None else ())

    def references(self, split: Split, protocols: Sequence[Accuracy]) -> Mapping[str, Mapping[str, Guesser]]:
        return {"first category": {protocol.name: Guesser({}) for protocol in protocols}}

    def unit_ids(self, data: LabelledTexts) -> Array:
        return data.ids.ids

    def predictions(self, data: LabelledTexts, block: Block) -> Columns:
        return {"text": block.units, "category": np.array(data.categories)[block.predictions]}

    def test_rows(self, data: LabelledTexts, split: Split) -> Columns:
        return {"text": split.rows}
