"""Made-up texts with a known structure, for tests and for machines without data: numbers on them say that code works.

A text is of one category, or of two. Title, keywords and abstract are drawn of the category's own words and of words
that all texts share; the three views have different words of the category, so that they know more together than any
alone. Half of the texts have no keywords.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from annotated_types import Ge, Le
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.data.synthetic_corpus import SYLLABLES
from recsys.texts import LabelledTexts

SHARED, OWN = 120, 12
"""Words that all texts share, and words of each category in each view."""
LENGTHS = {"title": (3, 6), "keywords": (1, 4), "abstract": (15, 40)}
OF_CATEGORY = {"title": 0.35, "keywords": 0.5, "abstract": 0.1}
"""Shares of a view's words; the others are shared by all."""


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class SyntheticTexts:
    """The same settings give the same texts. several: half of the texts are of two categories."""

    name: str = "synthetic-texts"
    texts: Annotated[int, Ge(20)] = 1000
    categories: Annotated[int, Ge(2), Le(20)] = 6
    several: bool = False
    seed: Annotated[int, Ge(0)] = 1998

    def load(self) -> LabelledTexts:
        rng = np.random.default_rng(self.seed)
        count, n = SHARED + self.categories * len(LENGTHS) * OWN, len(SYLLABLES)
        number = rng.choice(n**3, count, replace=False)
        words = np.array(
            [SYLLABLES[at // n // n] + SYLLABLES[at // n % n] + SYLLABLES[at % n] for at in number.tolist()]
        )
        shared, own = words[:SHARED], words[SHARED:].reshape(self.categories, len(LENGTHS), OWN)
        views: dict[str, list[str]] = {view: [] for view in LENGTHS}
        categories: list[list[str]] = []
        for _ in range(self.texts):
            first, second = rng.choice(self.categories, 2, replace=False).tolist()
            drawn = [first, second] if self.several and rng.random() < 0.5 else [first]
            categories.append([f"C{category + 1}" for category in drawn])
            for place, (view, limits) in enumerate(LENGTHS.items()):
                length = int(rng.integers(*limits))
                source = own[rng.choice(drawn, length), place, rng.integers(OWN, size=length)]
                text = np.where(rng.random(length) < OF_CATEGORY[view], source, rng.choice(shared, length))
                missing = view == "keywords" and rng.random() < 0.5
                views[view].append("" if missing else " ".join(text.tolist()))
        return LabelledTexts.of(self.name, views, categories, origin=f"made up, seed {self.seed}")
