"""What a model that tags tokens is: hyperparameters that, fitted to tagged sentences, give a predictor of tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from recsys.texts import TaggedSentences


@dataclass(frozen=True, slots=True)
class Tagged:
    """What a tagger may see of a split.

    train        sentences to learn from
    validation   other ones, to choose by: when to stop, weights
    """

    train: TaggedSentences
    validation: TaggedSentences

    def __len__(self) -> int:
        """Sentences in both."""
        return len(self.train) + len(self.validation)


@runtime_checkable
class TagPredictor(Protocol):
    """What was learned; immutable."""

    def tags(self, sentences: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
        """One tag a token; a sentence's tags do not depend on the other sentences."""
        ...


@runtime_checkable
class Tagger(Protocol):
    """A frozen dataclass of hyperparameters."""

    def fit(self, tagged: Tagged, seed: int) -> TagPredictor:
        """Learns from `tagged` alone; the same sentences and seed give the same tags."""
        ...
