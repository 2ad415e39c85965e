"""Made-up tagged sentences with a known structure, for tests and for machines without data: numbers on them say that
code works.

A sentence is a row of phrases: a common word, which is outside, or an announcing word, also outside, and an entity. The
announcing word tells how many words the entity has, the ending of its first word what kind it is; its other words are
common ones. First words are drawn from so many that most of them are new in a test set. So the tags follow from words
before and from endings, and from neither alone.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from annotated_types import Ge, Le
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.data.synthetic_corpus import SYLLABLES
from recsys.texts import TaggedSentences

COMMON, LONGEST = 60, 3
"""Common words; words of an entity, at most."""
PHRASES = 2, 6
"""Of a sentence, at least and at most."""


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class SyntheticSentences:
    """The same settings give the same sentences."""

    name: str = "synthetic-sentences"
    sentences: Annotated[int, Ge(10)] = 1000
    kinds: Annotated[int, Ge(1), Le(10)] = 4
    seed: Annotated[int, Ge(0)] = 1998

    def load(self) -> TaggedSentences:
        rng = np.random.default_rng(self.seed)
        endings = rng.permutation(SYLLABLES).tolist()
        of_kind, others = endings[: self.kinds], endings[self.kinds :]

        def word(last: list[str]) -> str:
            return "".join(map(str, [*rng.choice(SYLLABLES, 2), rng.choice(last)]))

        drawn = dict.fromkeys(word(others) for _ in range(4 * COMMON))
        common = list(drawn)[: COMMON + LONGEST]
        announcing, common = common[:LONGEST], common[LONGEST:]

        def phrase() -> list[tuple[str, str]]:
            if rng.random() < 0.5:
                return [(str(rng.choice(common)), "O")]
            kind, length = int(rng.integers(self.kinds)), int(rng.integers(LONGEST))
            first = word([of_kind[kind]]), f"B-K{kind + 1}"
            later = [(str(rng.choice(common)), f"I-K{kind + 1}") for _ in range(length)]
            return [(announcing[length], "O"), first, *later]

        counts = rng.integers(PHRASES[0], PHRASES[1] + 1, self.sentences).tolist()
        made = [[token for _ in range(count) for token in phrase()] for count in counts]
        return TaggedSentences.of(self.name, made, f"made up, seed {self.seed}")
