"""What every table of tagging stands beside: no entity at all, and each token's most frequent tag."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from recsys.bio import OUTSIDE
from recsys.evaluation.label_protocol import EntityMatch
from recsys.evaluation.parted_split import SentenceSplit
from recsys.tagger import TagPredictor
from recsys.texts import TaggedSentences


@dataclass(frozen=True, slots=True)
class FrequentTag:
    """Each token's most frequent tag in train, whatever stands around it; that of all tokens for an unknown one.

    Of equally frequent ones, the one that comes first in train.
    """

    tag: Mapping[str, str]
    other: str

    @classmethod
    def of(cls, train: TaggedSentences) -> FrequentTag:
        counts: dict[str, Counter[str]] = {}
        for tokens, tags in zip(train.tokens, train.tags, strict=True):
            for token, tag in zip(tokens, tags, strict=True):
                counts.setdefault(token, Counter())[tag] += 1
        most = {token: count.most_common(1)[0][0] for token, count in counts.items()}
        return cls(most, Counter(tag for tags in train.tags for tag in tags).most_common(1)[0][0])

    def tags(self, sentences: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
        return [tuple(self.tag.get(token, self.other) for token in sentence) for sentence in sentences]


def references(split: SentenceSplit, protocols: Sequence[EntityMatch]) -> Mapping[str, Mapping[str, TagPredictor]]:
    """Name -> protocol name -> predictor."""
    predictors = {"all_O": FrequentTag({}, OUTSIDE), "frequent_tag": FrequentTag.of(split.train.train)}
    return {name: {part.name: predictor for part in protocols} for name, predictor in predictors.items()}
