"""One predictor of tags on one split, in numbers: the only place where it meets the test sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import MappingProxyType

import numpy as np

from recsys.bio import entities
from recsys.dataset import Array
from recsys.evaluation.entity_counts import EntityCounts, linearised
from recsys.evaluation.label_protocol import EntityMatch
from recsys.evaluation.parted_split import SentenceSplit
from recsys.tagger import TagPredictor
from recsys.task import Block, Keep, Measurement
from recsys.timing import Stopwatch

NOT_IN_NAMES = re.compile(r"[^\w.-]|(?<=_)at(?=_)")
"""What the name of a metric may not have, since it stands for something there."""


class TagError(ValueError):
    """A predictor gave something that is not a tag for each token."""


def measure(
    split: SentenceSplit, protocol: EntityMatch, predictor: TagPredictor, keep: Keep | None = None
) -> Measurement:
    """Tags the test sentences. Units are sentences, predictions the tags of each.

    keep   takes the block; None: it stays in the measurement

    Raises `TagError` where tokens and tags are not of one number.
    """
    watch = Stopwatch()
    predicted = predictor.tags(split.test.tokens)
    score_s = watch.read()
    expected, got = ([len(sentence) for sentence in sentences] for sentences in (split.test.tokens, predicted))
    if got != expected:
        raise TagError(
            f"expected a tag for each of {sum(expected)} tokens of {len(expected)} sentences, got {sum(got)}"
        )
    watch = Stopwatch()
    values = _values(predicted, split.test.tags)
    numbers = {name: float(value.mean()) for name, value in values.items()}
    counts = EntityCounts.of(predicted, split.test.tags)
    own = {"entities_right": counts.right, "entities_predicted": counts.predicted, "entities_true": counts.true}
    of_sentences = {name: value.astype(np.float64) for name, value in (values | own).items()}
    block = Block(split.rows, MappingProxyType(of_sentences), tuple(predicted))
    rank_s = watch.read()
    if keep is not None:
        keep(block)
    blocks = (block,) if keep is None else ()
    return Measurement(protocol, MappingProxyType({}), MappingProxyType(numbers), score_s, rank_s, blocks)


def _values(predicted: Sequence[Sequence[str]], true: Sequence[Sequence[str]]) -> dict[str, Array]:
    """Metric -> float (n,): values of sentences whose mean is the metric."""
    values = EntityCounts.of(predicted, true).per_sentence()
    right = [sum(map(str.__eq__, *pair)) for pair in zip(predicted, true, strict=True)]
    values["token_accuracy"] = linearised(np.array(right), np.array([len(tags) for tags in true]))
    for kind in sorted({entity.kind for tags in true for entity in entities(tags)}):
        of_kind = EntityCounts.of(predicted, true, kind)
        values[f"f1_{NOT_IN_NAMES.sub('-', kind)}"] = of_kind.per_sentence()["f1"]
    return values
