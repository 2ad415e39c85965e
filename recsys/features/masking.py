"""Sentences with blanks: what BERT4Rec learns from, and what it is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from recsys.dataset import Array
from recsys.features.sequences import Sequences, padded

Outside: TypeAlias = Callable[[Array, Any], Array]
"""(users, their sparse profiles (b, items)) -> float32 (b, kinds, items), scores that others give the items."""


@dataclass(frozen=True, slots=True)
class Sentences:
    """b sentences of one padded length L, and Q places in each at which an item is asked for.

    token, rating, position   int32 (b, L)   a blank's token is the number of items
    seen      bool (b, L)     what may be attended to: neither padding nor blanks
    asked     int32 (b, Q)    places
    outside   float32 (b, kinds, items)   scores that others give the items; see `recsys.features.prior_scores`
    """

    token: Array
    rating: Array
    position: Array
    seen: Array
    asked: Array
    outside: Array


@dataclass(frozen=True, slots=True)
class Lesson:
    """label: int32 (b, Q), the items asked for; weight: float32 (b, Q), 0 where a sentence has fewer than Q blanks."""

    sentences: Sentences
    label: Array
    weight: Array


@dataclass(frozen=True, slots=True)
class Masking:
    """How blanks are made.

    length        events of a sentence, at most
    tokens        of a batch, about: short sentences come in larger batches
    share         of a sentence's events that are blanks
    last          share of the sentences that end at any of the user's events and have that one for their only blank
    ratings       events carry their ratings; blanks_too: blanks keep theirs
    positions     counted from the sentence's end; False: none
    placed        share of the blanks that have their positions, too; the others have number `length`: nowhere
    """

    length: int
    tokens: int
    share: float
    last: float
    ratings: bool
    blanks_too: bool
    positions: bool
    placed: float

    def epoch(self, sequences: Sequences, outside: Outside, rng: np.random.Generator) -> Iterator[Lesson]:
        """One sentence for each user of two events or more, in batches of few shapes."""
        users = np.flatnonzero(sequences.lengths > 1)
        size = sequences.lengths[users]
        alone = rng.random(len(users)) < self.last
        cut = rng.integers(2, size + 1)
        # Of a user with more events than a sentence holds, any stretch: the older events are learned from, too.
        spare = rng.integers(0, np.maximum(size - self.length, 0) + 1)
        end = sequences.start[users] + np.where(alone, cut, size - spare)
        size = np.minimum(np.where(alone, cut, size), self.length)
        lengths = padded(size, self.length)
        batches: list[tuple[int, bool, Array]] = []
        for length in np.unique(lengths).tolist():
            for only in (False, True):
                rows = rng.permutation(np.flatnonzero((lengths == length) & (alone == only)))
                count = max(1, min(self.tokens // length, len(users)))
                full = np.resize(rows, -(-len(rows) // count) * count)  # the last batch is filled up with others
                batches += [(length, only, part) for part in full.reshape(-1, count)]
        for number in rng.permutation(len(batches)):
            length, only, rows = batches[number]
            part = sequences.rows(end[rows], size[rows], length)
            asked, weight = self._last(size[rows]) if only else self._blanks(part[2], size[rows], rng)
            placed = rng.random(part[0].shape) < self.placed if self.placed < 1 else np.ones(part[0].shape, bool)
            yield self._lesson(sequences, outside, users[rows], size[rows], part, asked, weight, placed)

    @staticmethod
    def _last(size: Array) -> tuple[Array, Array]:
        return (size - 1)[:, None], np.ones((len(size), 1), bool)

    def _blanks(self, there: Array, size: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        width = max(1, round(self.share * there.shape[1]))
        asked = np.argsort(np.where(there, rng.random(there.shape), 2), axis=1)[:, :width]
        count = np.clip(np.round(self.share * size), 1, size - 1)  # something has to be seen
        return asked, np.arange(width) < count[:, None]

    def _lesson(
        self,
        sequences: Sequences,
        outside: Outside,
        users: Array,
        size: Array,
        part: tuple[Array, Array, Array],
        asked: Array,
        weight: Array,
        placed: Array,
    ) -> Lesson:
        item, rating, there = part
        blank = np.zeros(there.shape, bool)
        blank[np.repeat(np.arange(len(asked)), weight.sum(axis=1)), asked[weight]] = True
        seen = there & ~blank
        scores = outside(users, sequences.profiles(item, rating, seen))
        token = np.where(blank, sequences.items, item)
        shown = rating * self.ratings if self.blanks_too else np.where(blank, 0, rating) * self.ratings
        position = np.where(there, size[:, None] - 1 - np.arange(there.shape[1]), 0)
        position = np.where(blank & ~placed, self.length, position)
        sentences = Sentences(_int(token), _int(shown), _int(position * self.positions), seen, _int(asked), scores)
        return Lesson(sentences, _int(np.take_along_axis(item, asked, axis=1)), weight.astype(np.float32))


def _int(values: Array) -> Array:
    return values.astype(np.int32)
