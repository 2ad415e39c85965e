"""Texts to keywords: the words of each sentence in their order, without stop words."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys.dataset import Array, read_only

MARKUP = re.compile(r"<[^<>]*>")
SENTENCE_ENDS = re.compile(r"[.!?;\n\u0964\u3002\uff01\uff1f]+")
WORD = re.compile(r"([^\W\d_]+)(['\u2019][^\W\d_]+)?")
"""Letters of any alphabet, and what follows an apostrophe (don't)."""


@dataclass(frozen=True, slots=True)
class Keywords:
    """What is left of the texts, one entry a word where it stands.

    words      the vocabulary: words of at least `least_texts` texts, by alphabet
    text       int32 (n,), ascending: the text that the word is in
    word       int32 (n,): its row in `words`; -1: too rare to be one
    sentence   int32 (n,), ascending: the sentence, numbered over all texts
    n_texts    how many texts there are, those without a word among them
    """

    words: tuple[str, ...]
    text: Array
    word: Array
    sentence: Array
    n_texts: int

    @classmethod
    def of(cls, texts: Sequence[str], least_texts: int) -> Keywords:
        """In lower case; markup, numbers, single letters and scikit-learn's English stop words are left out, the latter
        with what follows an apostrophe, too (it's)."""
        from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS  # a second to import

        rows: dict[str, int] = {}
        found: list[int] = []
        lengths: list[int] = []
        of_text: list[int] = []
        for number, text in enumerate(texts):
            plain = MARKUP.sub(" ", html.unescape(text)).lower() if "<" in text or "&" in text else text.lower()
            for sentence in SENTENCE_ENDS.split(plain):
                words = [
                    head + rest
                    for head, rest in WORD.findall(sentence)
                    if len(head) > 1 and head not in ENGLISH_STOP_WORDS
                ]
                if words:
                    found += [rows.setdefault(word, len(rows)) for word in words]
                    lengths.append(len(words))
                    of_text.append(number)
        word, text_of = np.array(found, np.int64), np.repeat(np.array(of_text, np.int64), lengths)
        pairs = np.unique(word * max(len(texts), 1) + text_of) // max(len(texts), 1)
        frequent = np.bincount(pairs, minlength=len(rows)) >= least_texts
        names = list(rows)
        ordered = sorted(np.flatnonzero(frequent).tolist(), key=lambda row: names[row])
        number = np.full(len(rows), -1)
        number[ordered] = np.arange(len(ordered))
        sentence = np.repeat(np.arange(len(lengths)), lengths)
        columns = [read_only(np.asarray(column, np.int32)) for column in (text_of, number[word], sentence)]
        return cls(tuple(names[row] for row in ordered), columns[0], columns[1], columns[2], len(texts))

    @property
    def longest(self) -> int:
        """Entries of the longest sentence."""
        return int(np.bincount(self.sentence).max(initial=0))

    def neighbours(self, window: int) -> tuple[Array, Array]:
        """first, second: int64 (m,): entries that stand in one sentence at most `window` - 1 keywords apart."""
        pairs: list[tuple[Array, Array]] = []
        for apart in range(1, window):
            first = np.flatnonzero(self.sentence[apart:] == self.sentence[: len(self.sentence) - apart])
            pairs.append((first, first + apart))
        none = np.zeros(0, np.int64)
        first, second = zip(*pairs, strict=True) if pairs else ((none,), (none,))
        return np.concatenate(first), np.concatenate(second)
