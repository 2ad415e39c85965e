"""Precision, recall and F1 of entities, micro-averaged, and their share in each sentence.

An entity that is predicted is right where one of the same kind has the same first and last token: exact match, as by
CoNLL's conlleval (Tjong Kim Sang and De Meulder 2003) and by seqeval's default mode. With c, p and t the right, the
predicted and the true entities of all sentences,

    precision = c / p,    recall = c / t,    F1 = 2 c / (p + t)         0 where the denominator is

A micro-average is no mean over sentences but a ratio of sums a and b, R = sum a / sum b. Each sentence's value is

    v_i = R + (a_i - R b_i) / mean b

The mean of v is R, and the variance of that mean is, to first order, the one of R: Taylor linearisation of a ratio
(Cochran 1977, Sampling Techniques, section 6.4), or the infinitesimal jackknife (Efron 1982). So intervals and paired
tests over sentences, which take means of a value a sentence, are intervals and tests of R.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys.bio import entities
from recsys.dataset import Array


@dataclass(frozen=True, slots=True)
class EntityCounts:
    """right, predicted, true: int (n,), of each sentence."""

    right: Array
    predicted: Array
    true: Array

    @classmethod
    def of(
        cls, predicted: Sequence[Sequence[str]], true: Sequence[Sequence[str]], kind: str | None = None
    ) -> EntityCounts:
        """Of sentences' tags; kind: of which entities, None: of all kinds."""
        rows: list[tuple[int, int, int]] = []
        for own, expected in zip(predicted, true, strict=True):
            found, sought = (
                {entity for entity in entities(tags) if kind in (None, entity.kind)} for tags in (own, expected)
            )
            rows.append((len(found & sought), len(found), len(sought)))
        return cls(*np.array(rows).T)

    def per_sentence(self) -> dict[str, Array]:
        """Metric -> float (n,): values whose means are precision, recall and F1; see above."""
        return {
            "f1": linearised(2 * self.right, self.predicted + self.true),
            "precision": linearised(self.right, self.predicted),
            "recall": linearised(self.right, self.true),
        }


def linearised(above: Array, below: Array) -> Array:
    """float (n,): v of the ratio of sums; 0 where there is nothing below."""
    total = below.sum()
    if not total:
        return np.zeros(len(above))
    ratio = above.sum() / total
    return ratio + (above - ratio * below) / (total / len(below))
