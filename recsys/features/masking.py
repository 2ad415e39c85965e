"""Masked sequences: the training batches of the cloze objective (masked language modelling).

Devlin et al. 2019, BERT, section 3.1; for recommendation: Sun et al. 2019, BERT4Rec, section 3.6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from recsys.dataset import Array
from recsys.features.sequences import Sequences, padded_lengths

PriorScoring: TypeAlias = Callable[[Array, Any], Array]
"""(users, their sparse profiles (b, n_items)) -> float32 (b, models, n_items), scores of item-item models."""


@dataclass(frozen=True, slots=True)
class MaskedSequences:
    """b sequences, padded to one length L, with Q target positions each, at which the item is to be predicted.

    token, rating, position   int32 (b, L)   the mask token is n_items
    attention_mask     bool (b, L)    True where attention is allowed: neither at padding nor at masked positions
                       bool (b, L, L) causal, see `causal_mask`
    target_positions   int32 (b, Q)   indices into the sequence
    prior_scores       float32 (b, models, n_items)   see `recsys.features.prior_scores`
    """

    token: Array
    rating: Array
    position: Array
    attention_mask: Array
    target_positions: Array
    prior_scores: Array


def causal_mask(attention_mask: Array, age: Array) -> Array:
    """bool (b, L, L): of each place (axis 1), what it attends to: what is allowed and older than it, and itself.

    A masked position that nothing comes before has nothing but itself to attend to. Vaswani et al. 2017, section 3.2.3.

    attention_mask   bool (b, L): where attention is allowed
    age              int (b, L): events after the place; of a mask, the events after it
    """
    older = age[:, None] > age[:, :, None]
    return (attention_mask[:, None] & older) | np.eye(age.shape[1], dtype=bool)


@dataclass(frozen=True, slots=True)
class TrainingBatch:
    """label: int32 (b, Q), the items at the target positions; weight: float32 (b, Q), 0 where a sequence has fewer than
    Q masked positions."""

    sequences: MaskedSequences
    label: Array
    weight: Array


@dataclass(frozen=True, slots=True)
class Masking:
    """How training sequences are drawn and masked.

    max_length          events of a sequence, at most
    batch_tokens        of a batch, about: shorter sequences come in larger batches
    mask_share          share of a sequence's events that are masked
    last_item_share     share of the sequences that are cut after a random event of the user, which alone is masked
    ratings             events carry their ratings; keep_mask_ratings: so do masked positions
    positions           counted from the sequence's end; False: none
    positioned_share    share of the masked positions that carry their position; the others carry number `max_length`,
                        which stands for an unknown position
    causal              a position attends to events before it alone
    """

    max_length: int
    batch_tokens: int
    mask_share: float
    last_item_share: float
    ratings: bool
    keep_mask_ratings: bool
    positions: bool
    positioned_share: float
    causal: bool

    def epoch(
        self, sequences: Sequences, prior_scores: PriorScoring, rng: np.random.Generator
    ) -> Iterator[TrainingBatch]:
        """One sequence for each user of two events or more, in batches of few distinct shapes."""
        users = np.flatnonzero(sequences.lengths > 1)
        size = sequences.lengths[users]
        last_only = rng.random(len(users)) < self.last_item_share
        cut = rng.integers(2, size + 1)
        # Of a user with more events than a sequence holds, a random window: older events are learned from, too.
        offset = rng.integers(0, np.maximum(size - self.max_length, 0) + 1)
        end = sequences.start[users] + np.where(last_only, cut, size - offset)
        size = np.minimum(np.where(last_only, cut, size), self.max_length)
        lengths = padded_lengths(size, self.max_length)
        batches: list[tuple[int, bool, Array]] = []
        for length in np.unique(lengths).tolist():
            for mask_last in (False, True):
                rows = rng.permutation(np.flatnonzero((lengths == length) & (last_only == mask_last)))
                count = max(1, min(self.batch_tokens // length, len(users)))
                full = np.resize(rows, -(-len(rows) // count) * count)  # the last batch is filled up with repeated rows
                batches += [(length, mask_last, batch) for batch in full.reshape(-1, count)]
        for number in rng.permutation(len(batches)):
            length, mask_last, rows = batches[number]
            window = sequences.windows(end[rows], size[rows], length)
            targets, is_target = self._last(size[rows]) if mask_last else self._random(window[2], size[rows], rng)
            shape = window[0].shape
            positioned = (
                rng.random(shape) < self.positioned_share if self.positioned_share < 1 else np.ones(shape, bool)
            )
            yield self._batch(sequences, prior_scores, users[rows], size[rows], window, targets, is_target, positioned)

    @staticmethod
    def _last(size: Array) -> tuple[Array, Array]:
        return (size - 1)[:, None], np.ones((len(size), 1), bool)

    def _random(self, event_mask: Array, size: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        """Target positions (b, Q), and which of them are used."""
        width = max(1, round(self.mask_share * event_mask.shape[1]))
        targets = np.argsort(np.where(event_mask, rng.random(event_mask.shape), 2), axis=1)[:, :width]
        count = np.clip(np.round(self.mask_share * size), 1, size - 1)  # at least one event stays unmasked
        return targets, np.arange(width) < count[:, None]

    def _batch(
        self,
        sequences: Sequences,
        prior_scores: PriorScoring,
        users: Array,
        size: Array,
        window: tuple[Array, Array, Array],
        targets: Array,
        is_target: Array,
        positioned: Array,
    ) -> TrainingBatch:
        item, rating, event_mask = window
        masked = np.zeros(event_mask.shape, bool)
        masked[np.repeat(np.arange(len(targets)), is_target.sum(axis=1)), targets[is_target]] = True
        attention_mask = event_mask & ~masked
        scores = prior_scores(users, sequences.profiles(item, rating, attention_mask))
        token = np.where(masked, sequences.n_items, item)
        input_rating = rating * self.ratings
        if not self.keep_mask_ratings:
            input_rating = np.where(masked, 0, rating) * self.ratings
        age = size[:, None] - 1 - np.arange(event_mask.shape[1])
        position = np.where(event_mask, age, 0)
        position = np.where(masked & ~positioned, self.max_length, position) * self.positions
        if self.causal:
            attention_mask = causal_mask(attention_mask, age)
        inputs = MaskedSequences(_int(token), _int(input_rating), _int(position), attention_mask, _int(targets), scores)
        return TrainingBatch(inputs, _int(np.take_along_axis(item, targets, axis=1)), is_target.astype(np.float32))


def _int(values: Array) -> Array:
    return values.astype(np.int32)
