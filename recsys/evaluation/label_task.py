"""The task `label`: a tag for each token of a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

import numpy as np
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import Array
from recsys.evaluation.label_measurement import measure
from recsys.evaluation.label_protocol import EntityMatch
from recsys.evaluation.label_references import references
from recsys.evaluation.parted_split import SentenceSplit
from recsys.tagger import TagPredictor
from recsys.task import Block, Columns, Keep, Measurement
from recsys.texts import TaggedSentences


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Label:
    """See `recsys.task.Task`."""

    name: ClassVar[Literal["label"]] = "label"
    unit: ClassVar[Literal["sentence"]] = "sentence"
    data_type: ClassVar[type[TaggedSentences]] = TaggedSentences
    headline: ClassVar[str] = "f1"
    predicted: ClassVar[str] = "tags"

    def measure(
        self, split: SentenceSplit, protocol: EntityMatch, fitted: TagPredictor, keep: Keep | None = None
    ) -> Measurement:
        return measure(split, protocol, fitted, keep)

    def references(
        self, split: SentenceSplit, protocols: Sequence[EntityMatch]
    ) -> Mapping[str, Mapping[str, TagPredictor]]:
        return references(split, protocols)

    def unit_ids(self, data: TaggedSentences) -> Array:
        """Sentences have no ids but their places."""
        return np.arange(len(data))

    def predictions(self, data: TaggedSentences, block: Block) -> Columns:
        """sentence, token (its place, from 0), tag."""
        columns = _tokens(block.units, [len(tags) for tags in block.predictions])
        return {**columns, "tag": np.array([tag for tags in block.predictions for tag in tags])}

    def test_rows(self, data: TaggedSentences, split: SentenceSplit) -> Columns:
        """sentence, token (its place, from 0), word, tag: the true ones."""
        test = split.test
        words, tags = ([part for sentence in column for part in sentence] for column in (test.tokens, test.tags))
        columns = _tokens(split.rows, list(map(len, test.tokens)))
        return {**columns, "word": np.array(words), "tag": np.array(tags)}


def _tokens(sentences: Array, lengths: Sequence[int]) -> Columns:
    places = [np.arange(length, dtype=np.int32) for length in lengths]
    return {"sentence": np.repeat(sentences, lengths), "token": np.concatenate(places)}
