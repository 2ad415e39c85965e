"""Hand-made features of a token, as conditional random fields had them before networks: words around it, its prefixes
and suffixes, its case.

Lafferty, McCallum and Pereira 2001, section 5.2; Huang, Xu and Yu 2015, section 4.2.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys.dataset import Array

CASES = ("lower", "title", "upper", "mixed", "with a digit", "without a letter")
AROUND, AFFIXES = (-2, -1, 0, 1, 2), (1, 2, 3, 4)
TEMPLATES = (
    *(f"word {place:+d}" for place in AROUND),
    *("words -1 +0", "words +0 +1"),
    *(f"prefix {size}" for size in AFFIXES),
    *(f"suffix {size}" for size in AFFIXES),
    "case",
)
"""What each of a token's features says; the words before the first and after the last one are empty."""


def values(sentence: Sequence[str]) -> list[tuple[str, ...]]:
    """The value of each of TEMPLATES, for each token; words in lower case."""
    words = [word.lower() for word in sentence]
    margin = [""] * max(AROUND)
    padded = [*margin, *words, *margin]
    found: list[tuple[str, ...]] = []
    for place, (token, word) in enumerate(zip(sentence, words, strict=True)):
        around = padded[place : place + len(AROUND)]
        pairs = " ".join(around[1:3]), " ".join(around[2:4])
        affixes = *(word[:size] for size in AFFIXES), *(word[-size:] for size in AFFIXES)
        found.append((*around, *pairs, *affixes, case(token)))
    return found


@dataclass(frozen=True, slots=True)
class TokenFeatures:
    """The features that training has.

    known   of each template, the values in the order of their numbers; before them comes the one for all other values
    """

    known: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, sentences: Sequence[Sequence[str]], least: int) -> TokenFeatures:
        """least: how often training has to have a value."""
        columns = zip(*(token for sentence in sentences for token in values(sentence)), strict=True)
        counts = map(Counter[str], columns)
        return cls(tuple(tuple(sorted(value for value in own if own[value] >= least)) for own in counts))

    def __len__(self) -> int:
        """All numbers that `encode` may give."""
        return sum(len(own) + 1 for own in self.known)

    def encode(self, sentences: Sequence[Sequence[str]]) -> Array:
        """int32 (tokens, templates): numbers of the features, those of a template behind those of the one before."""
        found = np.empty((sum(map(len, sentences)), len(self.known)), np.int32)
        columns = zip(*(token for sentence in sentences for token in values(sentence)), strict=True)
        first = 0
        for template, (own, column) in enumerate(zip(self.known, columns, strict=True)):
            number = {value: first + place for place, value in enumerate(own, 1)}
            found[:, template] = [number.get(value, first) for value in column]
            first += len(own) + 1
        return found


def case(word: str) -> str:
    """One of CASES; the first one that fits, of those with a digit or without a letter, and the others."""
    if any(character.isdigit() for character in word):
        return "with a digit"
    if not any(character.isalpha() for character in word):
        return "without a letter"
    if word == word.lower():
        return "lower"
    if word == word.upper() and len(word) > 1:
        return "upper"
    return "title" if word[1:] == word[1:].lower() else "mixed"
