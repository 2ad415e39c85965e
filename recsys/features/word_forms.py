"""Words as a network reads them: by number, by their characters, and by their case.

Words are looked up in lower case; characters are those of the text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys.dataset import Array, read_only
from recsys.features.token_features import CASES, TokenFeatures, case

UNKNOWN = 0
"""The number of a word, or a character, that training did not have."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """Sentences, one behind the other.

    words        int32 (tokens,): numbers of words
    characters   int32 (tokens, length): numbers of characters plus 1; 0 where the word is over
    cases        int32 (tokens,): places in CASES
    features     int32 (tokens, templates): hand-made ones, see `recsys.features.token_features`; (tokens, 0): none
    first        int64 (n + 1,): where each sentence begins; the last one: the number of tokens
    """

    words: Array
    characters: Array
    cases: Array
    features: Array
    first: Array

    @property
    def lengths(self) -> Array:
        """int64 (n,)."""
        return np.diff(self.first)

    def tokens(self, rows: Array, length: int | None = None) -> Array:
        """int64 (b, T): the numbers of the tokens of some sentences, the last one again where a sentence is over.

        length   T; None: of the longest of them
        """
        lengths = self.lengths[rows]
        place = np.arange(length or lengths.max())
        return self.first[rows][:, None] + np.minimum(place, lengths[:, None] - 1)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What the training sentences have; 0 is for all that they do not have.

    words, characters   in the order of their numbers, from 1
    rare                bool (words + 1,): those that training has once
    features            hand-made ones; None: they are not asked for
    length              characters that are read of a word: of a longer one the first and the last
    """

    words: tuple[str, ...]
    characters: tuple[str, ...]
    rare: Array
    features: TokenFeatures | None
    length: int

    @classmethod
    def of(cls, sentences: Sequence[Sequence[str]], length: int, least: int | None = None) -> Lexicon:
        """least: how often training has to have the value of a hand-made feature; None: there are no such features."""
        counts = Counter(token.lower() for sentence in sentences for token in sentence)
        characters = sorted({character for sentence in sentences for token in sentence for character in token})
        words = tuple(sorted(counts))
        rare = np.array([False, *(counts[word] == 1 for word in words)])
        features = None if least is None else TokenFeatures.of(sentences, least)
        return cls(words, tuple(characters), read_only(rare), features, length)

    def encode(self, sentences: Sequence[Sequence[str]]) -> Encoded:
        words = {word: number for number, word in enumerate(self.words, 1)}
        numbers = {character: number for number, character in enumerate(self.characters, 1)}
        forms: dict[str, int] = {}
        rows = np.array([forms.setdefault(token, len(forms)) for sentence in sentences for token in sentence])
        characters, half = np.zeros((len(forms), self.length), np.int32), self.length // 2
        for row, form in enumerate(forms):
            read = form if len(form) <= self.length else form[:half] + form[half - self.length :]
            characters[row, : len(read)] = [numbers.get(character, UNKNOWN) + 1 for character in read]
        known = np.array([words.get(form.lower(), UNKNOWN) for form in forms], np.int32)
        cases = np.array([CASES.index(case(form)) for form in forms], np.int32)
        first = np.concatenate([[0], np.cumsum([len(sentence) for sentence in sentences])])
        features = np.zeros((len(rows), 0), np.int32) if self.features is None else self.features.encode(sentences)
        columns = *(column[rows] for column in (known, characters, cases)), features, first
        return Encoded(*map(read_only, columns))
