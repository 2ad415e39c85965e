"""Words of texts as numbers: the most frequent ones of train, without stop words.

Words are runs of two or more letters, digits or underscores, in lower case, without scikit-learn's English stop words,
as in `recsys.text.tfidf`. Texts in a script without blanks between words come with blanks from their loaders.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from recsys.dataset import Array, read_only

TOKEN = re.compile(r"\b\w\w+\b")
MASKED = 0
"""The number that stands in the place of a word that is masked."""


def words_of(text: str) -> Iterator[str]:
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    found = (match[0].lower() for match in TOKEN.finditer(text))
    return (word for word in found if word not in ENGLISH_STOP_WORDS)


@dataclass(frozen=True, slots=True)
class EncodedTexts:
    """Texts, one behind the other. words: int32 (sum of lengths,); first: int64 (n + 1,), where each begins."""

    words: Array
    first: Array

    @property
    def lengths(self) -> Array:
        """int64 (n,)."""
        return np.diff(self.first)

    def take(self, rows: Array) -> EncodedTexts:
        """The given texts (row numbers), in the order given."""
        first = np.concatenate([[0], np.cumsum(self.lengths[rows])])
        parts = [self.words[self.first[row] : self.first[row + 1]] for row in rows]
        words = np.concatenate([self.words[:0], *parts])
        return EncodedTexts(read_only(words), read_only(first))

    def padded(self, rows: Array, length: int | None = None) -> Array:
        """int32 (b, T), MASKED past the end of a text; T: `length`, None: that of the longest of them, 1 at least."""
        lengths = self.lengths[rows]
        place = np.arange(length or max(1, lengths.max(initial=0)))
        inside = place < lengths[:, None]
        found = np.full(inside.shape, MASKED, np.int32)
        found[inside] = self.words[(self.first[rows][:, None] + place)[inside]]
        return found


@dataclass(frozen=True, slots=True)
class TextWords:
    """words: in the order of their numbers, from 1. All others are passed over."""

    words: tuple[str, ...]

    @classmethod
    def of(cls, texts: Sequence[str], count: int) -> TextWords:
        """The `count` most frequent words; of equally frequent ones, those first in the alphabet."""
        counts = Counter(word for text in texts for word in words_of(text))
        return cls(tuple(sorted(counts, key=lambda word: (-counts[word], word))[:count]))

    def encode(self, texts: Sequence[str], limit: int | None = None) -> EncodedTexts:
        """limit: words of a text that are read, from its beginning; None: all."""
        number = {word: place for place, word in enumerate(self.words, 1)}
        rows = [
            np.fromiter(islice((number[word] for word in words_of(text) if word in number), limit), np.int32)
            for text in texts
        ]
        first = np.concatenate([[0], np.cumsum([len(row) for row in rows], dtype=np.int64)])
        words = np.concatenate(rows) if rows else np.zeros(0, np.int32)
        return EncodedTexts(read_only(words), read_only(first))
