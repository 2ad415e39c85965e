"""What a model that tags tokens is: hyperparameters that, fitted to tagged sentences, give a predictor of tags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias, runtime_checkable

from recsys.texts import TaggedSentences, TrainSet

Tagged: TypeAlias = TrainSet[TaggedSentences]


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
