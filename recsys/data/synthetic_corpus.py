"""A made-up corpus with a known structure, for tests and for machines without data: numbers on it say that code works.

Each item is of one subject of one field, and so is each query. An item of the query's subject has grade 2, another one
of its field 1. A text is drawn word by word: of its subject's words, its field's words, or words that all texts share.
A query of a subject uses only half of the subject's words, an item any: part of the relevant items share no word of the
subject with it, which those find who learn what goes together.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from annotated_types import Ge
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import Array
from recsys.texts import Corpus

SYLLABLES = tuple(f"{consonant}{vowel}" for consonant in "bdfgklmnprstv" for vowel in "aeiou")
SUBJECT_WORDS, FIELD_WORDS, SHARED_WORDS = 12, 20, 200
TITLE, TEXT, QUERY = 2, 40, 3
"""Words of a title, a text and a query."""
OF_SUBJECT, OF_FIELD = 0.1, 0.15
"""Shares of a text's words; the others are shared by all."""


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class SyntheticCorpus:
    """The same settings give the same corpus.

    fields, subjects   number of fields, and of subjects in each
    items, queries     of each subject
    """

    name: str = "synthetic-corpus"
    fields: Annotated[int, Ge(2)] = 12
    subjects: Annotated[int, Ge(1)] = 5
    items: Annotated[int, Ge(1)] = 10
    queries: Annotated[int, Ge(1)] = 5
    seed: Annotated[int, Ge(0)] = 1998

    def load(self) -> Corpus:
        rng = np.random.default_rng(self.seed)
        subjects = self.fields * self.subjects
        words = _words(rng, SHARED_WORDS + self.fields * FIELD_WORDS + subjects * SUBJECT_WORDS)
        shared, rest = words[:SHARED_WORDS], words[SHARED_WORDS:]
        of_field = rest[: self.fields * FIELD_WORDS].reshape(self.fields, FIELD_WORDS)
        of_subject = rest[self.fields * FIELD_WORDS :].reshape(subjects, SUBJECT_WORDS)
        items: dict[str, tuple[str, str]] = {}
        subject_of = rng.permutation(np.repeat(np.arange(subjects), self.items))
        for number, subject in enumerate(subject_of.tolist(), 1):
            field = of_field[subject // self.subjects]
            source = rng.choice(3, TEXT, p=(OF_SUBJECT, OF_FIELD, 1 - OF_SUBJECT - OF_FIELD))
            text = [str(rng.choice((of_subject[subject], field, shared)[kind])) for kind in source.tolist()]
            items[f"i{number}"] = " ".join(map(str, rng.choice(of_subject[subject], TITLE))), " ".join(text)
        queries: dict[str, str] = {}
        relevance: list[tuple[str, str, float]] = []
        wanted = rng.permutation(np.repeat(np.arange(subjects), self.queries))
        for number, subject in enumerate(wanted.tolist(), 1):
            own = rng.choice(of_subject[subject, : SUBJECT_WORDS // 2], QUERY - 1, replace=False)
            queries[f"q{number}"] = " ".join([*map(str, own), str(rng.choice(of_field[subject // self.subjects]))])
            near = np.flatnonzero(subject_of // self.subjects == subject // self.subjects)
            relevance += [(f"q{number}", f"i{row + 1}", 1.0 + (subject_of[row] == subject)) for row in near.tolist()]
        return Corpus.of(self.name, queries, items, relevance, f"made up, seed {self.seed}")


def _words(rng: np.random.Generator, count: int) -> Array:
    """(count,) distinct words of three syllables."""
    number = rng.choice(len(SYLLABLES) ** 3, count, replace=False)
    n = len(SYLLABLES)
    return np.array([SYLLABLES[at // n // n] + SYLLABLES[at // n % n] + SYLLABLES[at % n] for at in number.tolist()])
