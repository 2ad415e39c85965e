"""The queries of a masked sequence model: a user's events, followed by the masked positions to be predicted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.dataset import Array
from recsys.features.masking import MaskedSequences, causal_mask
from recsys.features.prior_scores import PriorScores
from recsys.features.sequences import Sequences, padded_lengths


@dataclass(frozen=True, slots=True)
class Queries:
    """How users are queried.

    sequences         all events of the users
    prior_scores      None: no item-item models
    max_length        events that are read, the most recent ones; with `next_item` one fewer, and the mask
    next_item         one mask after the last event, of unknown rating; False: a mask for each position and rating
    ratings           events carry their ratings, and so do masks
    positions         events and masks carry their positions
    query_positions   at which masks are put, spread evenly over the user's events; 0: one of unknown position
    causal            events attend to those before them alone, and a mask to those before the event of its position
    """

    sequences: Sequences
    prior_scores: PriorScores | None
    max_length: int
    next_item: bool
    ratings: bool
    positions: bool
    query_positions: int
    causal: bool

    @property
    def n_ratings(self) -> int:
        """Ratings that are asked for at each position."""
        return 1 if self.next_item or not self.ratings else len(self.sequences.levels)

    @property
    def n_targets(self) -> int:
        """Masked positions of a sequence, Q = positions * n_ratings."""
        return self._masks(np.zeros(1, np.int64))[0].shape[1]

    def sizes(self, users: Array) -> Array:
        """int64 (len(users),): events that are read."""
        return np.minimum(self.sequences.lengths[users], self.max_length - self.next_item)

    def padded_lengths(self, size: Array) -> Array:
        return padded_lengths(size, self.max_length)

    def masked_sequences(self, users: Array, size: Array, length: int) -> MaskedSequences:
        """The users' `size` most recent events, padded to `length`, and then the masks."""
        sequences = self.sequences
        item, rating, event_mask = sequences.windows(sequences.start[users + 1], size, length)
        mask_position, mask_rating = self._masks(size)
        # With next_item, the mask has position 0 and the last event position 1.
        position = np.where(event_mask, size[:, None] - 1 + self.next_item - np.arange(length), 0)
        item = np.where(event_mask, item, sequences.n_items)  # padding holds the mask token
        target_positions = np.arange(length, length + mask_rating.shape[1], dtype=np.int32)
        age = _joined(position, mask_position)
        attention_mask = np.concatenate([event_mask, np.zeros(mask_rating.shape, bool)], axis=1)
        return MaskedSequences(
            token=_joined(item, np.full(mask_rating.shape, sequences.n_items)),
            rating=_joined(rating, mask_rating) * self.ratings,
            position=age * self.positions,
            attention_mask=causal_mask(attention_mask, age) if self.causal else attention_mask,
            target_positions=np.tile(target_positions, (len(users), 1)),
            prior_scores=self._prior_scores(users),
        )

    def _masks(self, size: Array) -> tuple[Array, Array]:
        """position, rating: (b, Q)."""
        if self.next_item or not self.positions:
            position = np.zeros((len(size), 1), np.int64)
        elif self.query_positions:
            position = ((np.arange(self.query_positions) + 0.5) / self.query_positions * size[:, None]).astype(np.int64)
        else:
            position = np.full((len(size), 1), self.max_length)
        rating = np.arange(1, self.n_ratings + 1) if self.n_ratings > 1 else np.zeros(1, np.int64)
        return np.repeat(position, self.n_ratings, axis=1), np.tile(rating, position.shape)

    def _prior_scores(self, users: Array) -> Array:
        """float32 (b, models, n_items): from all of the users' events, however many are read."""
        if self.prior_scores is None:
            return np.zeros((len(users), 0, self.sequences.n_items), np.float32)
        size = self.sequences.lengths[users]
        window = self.sequences.windows(self.sequences.start[users + 1], size, int(size.max()))
        return self.prior_scores.scores(self.sequences.profiles(*window))


def _joined(left: Array, right: Array) -> Array:
    return np.concatenate([left, right], axis=1).astype(np.int32)
