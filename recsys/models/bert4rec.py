"""BERT4Rec: which item stands in a blank, told from the events on both sides of it by a Transformer encoder.

    P(i | events) = softmax_i(LN(gelu(W h + c)) E' + b + gains)       Sun et al. 2019, equations 1 to 8

h is the encoder's output at a blank, E the items' embeddings, which are the input's, too. TFBert's layers, with events
in the place of words, learned positions counted from the end, and ratings in the place of segments.

objective `next_item`: the paper's model. One blank after the user's last event; its ratings are not known.

objective `rating_query`, for random splits: a blank keeps its rating, so that the model learns P(i | events, r). With
p_u(r), the user's share of ratings r, smoothed, one network answers both questions:

    implicit   log sum_{r >= threshold} P(i | r) p_u(r)               what is taken up and liked
    rating     the same less log sum_r P(i | r) p_u(r)                what is liked of that: P(r >= threshold | i)

Where a held-out event lies in time is not known in a random split: anywhere between the events of train. So a blank is
put at each of `places` positions, spread evenly over the user's events, and the probabilities are averaged; and in
training only a share of the blanks, `placed`, have their positions, lest the network lean on them: the others have one
that says nowhere. What each choice brings: results/ablation_bert4rec.md.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Gt, Le, Lt
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys import progress
from recsys.dataset import Array, Dataset, Interactions
from recsys.features.item_item import ItemItemModel, ItemItemSettings
from recsys.features.masking import Masking, Sentences
from recsys.features.prior_scores import CrossFittedPriorScores, PriorScores
from recsys.features.sequences import Sequences, padded
from recsys.recommender import Objective, pairs_from_grid

if TYPE_CHECKING:  # TensorFlow is loaded when a model is fitted, not before
    from recsys.nn.bert import Architecture

logger = logging.getLogger(__name__)

Size = Annotated[int, Ge(1)]
Dropped = Annotated[float, Ge(0), Lt(1)]
SMOOTHING = 10.0
"""Ratings of everybody's that a user's histogram starts with."""
WARMUP, LEVEL = 4, 0.2
"""Epochs in which the learning rate rises, and the share of them after which it falls, in a line, to 0."""
KEPT = 0.2
"""Of the events of a user who serves early stopping."""


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Training:
    """learning_rate, decay: of AdamW; tokens: of a batch, about.

    epochs     at most: one sentence a user each
    every      epochs between two looks at the held-out events of train; those weights are kept with which their log
               loss was least, and training stops when it has not fallen for `patience` looks
    holdout    share of the users a fifth of whose events are held out; objective next_item: every user's last event
    """

    learning_rate: Annotated[float, Gt(0)]
    decay: Annotated[float, Ge(0)]
    tokens: Size
    epochs: Size
    every: Size
    patience: Size
    holdout: Annotated[float, Gt(0), Lt(1)]


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Bert4Rec:
    """Sun et al. 2019, BERT4Rec: Sequential Recommendation with Bidirectional Encoder Representations, CIKM.

    objective      next_item or rating_query, see above; threshold: a rating of at least this is a like
    max_length     events read, the most recent ones
    hidden, layers, heads, dropout, attention_dropout   of the encoder, as in BERT
    positions      learned positions; False: a set of events
    ratings        the ratings of events are read (and, with rating_query, asked for)
    neighbours     item-item models whose scores are added to the logits, times a learned gain for each rating
    mask_share     of a sentence's events that are blanks; blanks are not attended to
    last_share     of the sentences in training that end somewhere and have their last event for their only blank
    placed         share of the blanks of training that have their positions, see above; next_item: all
    places         at which a rating_query is put; 0: it has no place
    """

    objective: Literal["next_item", "rating_query"]
    threshold: float
    max_length: Annotated[int, Ge(2)]
    hidden: Size
    layers: Size
    heads: Size
    dropout: Dropped
    attention_dropout: Dropped
    positions: bool
    ratings: bool
    neighbours: tuple[ItemItemModel, ...]
    mask_share: Annotated[float, Gt(0), Lt(1)]
    last_share: Annotated[float, Ge(0), Le(1)]
    placed: Annotated[float, Ge(0), Le(1)]
    places: Annotated[int, Ge(0)]
    training: Training

    def __post_init__(self) -> None:
        if not self.next and self.places == 0 and self.placed == 1:
            raise ValueError(
                "expected places of 1 or more, or placed below 1: a query without a place has to be learned"
            )

    def fit(self, train: Dataset, seed: int) -> Bert4RecScorer:
        users, items, levels = len(train.users), len(train.items), np.unique(train.interactions.rating)
        rng = np.random.default_rng([seed, 1])
        held = self._held(train, rng)
        learned = self._scorer(train.take(~held), levels, ())
        folds = (
            CrossFittedPriorScores.of(
                train.interactions.take(~held), users, items, self.neighbours, ItemItemSettings(), rng
            )
            if self.neighbours
            else None
        )

        def outside(rows: Array, profiles: Any) -> Array:
            return folds.scores(rows, profiles) if folds else np.zeros((len(rows), 0, items), np.float32)

        weights = self._learn(learned, outside, train.interactions.take(held), rng)
        return self._scorer(train, levels, weights)

    @property
    def next(self) -> bool:
        """Whether it is asked for the event after the last one; there a blank's place is known."""
        return self.objective == "next_item"

    def _held(self, train: Dataset, rng: np.random.Generator) -> Array:
        """bool (n,): the events of train that early stopping looks at; every user keeps two or more to learn from."""
        events = train.interactions
        if self.next:
            order = np.lexsort((events.time, events.user))
            held = np.zeros(len(events), bool)
            held[order[np.append(np.diff(events.user[order]) > 0, True)]] = True
        else:
            chosen = rng.random(len(train.users)) < self.training.holdout
            held = chosen[events.user] & (rng.random(len(events)) < KEPT)
        left = np.bincount(events.user[~held], minlength=len(train.users))
        return held & (left[events.user] >= 2)

    def _scorer(self, train: Dataset, levels: Array, weights: tuple[Array, ...]) -> Bert4RecScorer:
        users, items = len(train.users), len(train.items)
        return Bert4RecScorer(
            self,
            self._architecture(items, len(levels)),
            weights,
            Sequences.of(train.interactions, users, items, levels),
            _histogram(train.interactions, users, levels),
            PriorScores.of(train.interactions, users, items, self.neighbours, ItemItemSettings())
            if self.neighbours
            else None,
        )

    def _architecture(self, items: int, levels: int) -> Architecture:
        from recsys.nn.bert import Architecture

        return Architecture(
            items=items,
            ratings=levels + 1,
            positions=self.max_length + (not self.next and self.placed < 1),
            hidden=self.hidden,
            layers=self.layers,
            heads=self.heads,
            dropout=self.dropout,
            attention_dropout=self.attention_dropout,
            decay=self.training.decay,
            outside=len(self.neighbours),
        )

    def _learn(
        self, learned: Bert4RecScorer, outside: Any, kept: Interactions, rng: np.random.Generator
    ) -> tuple[Array, ...]:
        """The weights with which the log loss of `kept`, told from what was learned from, was least."""
        from recsys.nn.bert import bert

        training, sequences = self.training, learned.sequences
        program = bert(learned.shape)
        counts = np.bincount(sequences.item, minlength=sequences.items)
        program.start(int(rng.integers(1 << 31)), np.log(counts + 1.0))
        masking = Masking(
            length=self.max_length,
            tokens=training.tokens,
            share=self.mask_share,
            last=self.last_share,
            ratings=self.ratings,
            blanks_too=not self.next,
            positions=self.positions,
            placed=1.0 if self.next else self.placed,
        )
        best, least, since = program.read(), np.inf, 0
        for epoch in range(1, training.epochs + 1):
            left = 1 - (epoch - 1) / training.epochs
            rate = training.learning_rate * min(1.0, epoch / WARMUP, left / (1 - LEVEL))
            for lesson in masking.epoch(sequences.shuffled(rng), outside, rng):
                program.learn(lesson, rate)
            if epoch % training.every == 0 or epoch == training.epochs:
                now = program.read()
                loss = replace(learned, weights=now).log_loss(kept) if len(kept) else -epoch
                logger.debug("epoch %d: log loss %.4f on the held-out events of train", epoch, loss)
                best, least, since = (now, loss, 0) if loss < least else (best, least, since + 1)
            stopped = since == training.patience
            progress.report("epoch", epoch, epoch if stopped else training.epochs)
            if stopped:
                break
        return best


@dataclass(frozen=True, slots=True)
class Bert4RecScorer:
    """The trained network and the histories that it reads.

    histogram   float64 (n_users, r): p_u(r) of the levels of rating
    """

    model: Bert4Rec
    shape: Architecture
    weights: tuple[Array, ...]
    sequences: Sequences
    histogram: Array
    known: PriorScores | None
    probabilities: Collection[Objective] = ()

    def grid(self, users: Array, objective: Objective) -> Array:
        """See the formulas above; without rating queries, log P(item) for both."""
        likely = self.likely(users)
        if likely.shape[1] == 1:
            return likely[:, 0]
        joint = likely + np.log(self.histogram[users])[:, :, None]
        liked = _log_sum(joint[:, self.sequences.levels >= self.model.threshold])
        return liked if objective == "implicit" else liked - _log_sum(joint)

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        return pairs_from_grid(lambda chosen: self.grid(chosen, objective), users, items)

    def log_loss(self, kept: Interactions) -> float:
        """The mean of -log P(item | history, rating) of events that are not in the histories."""
        users, row = np.unique(kept.user, return_inverse=True)
        likely = self.likely(users)
        place = np.searchsorted(self.sequences.levels, kept.rating) if likely.shape[1] > 1 else 0
        return -float(likely[row, place, kept.item].mean())

    def likely(self, users: Array) -> Array:
        """float32 (len(users), r, n_items): log P(item | history, rating); r = 1 where no rating is asked for."""
        from recsys.nn.bert import bert

        program = bert(self.shape)
        program.write(self.weights)
        asked = self._queries(np.zeros(1, np.int64))[0].shape[1]
        size = np.minimum(self.sequences.lengths[users], self.model.max_length - self.model.next)
        lengths = padded(size, self.model.max_length)
        found = np.empty((len(users), self._levels, self.shape.items), np.float32)
        for length in np.unique(lengths).tolist():
            rows = np.flatnonzero(lengths == length)
            count = max(1, self.model.training.tokens // (length + asked))
            for start in range(0, len(rows), count):
                chosen = rows[start : start + count]
                full = np.resize(chosen, count)  # every batch of this length has one shape
                likely = program.log_likely(self._sentences(users[full], size[full], length))[: len(chosen)]
                apart = likely.reshape(len(chosen), -1, self._levels, self.shape.items)
                found[chosen] = _log_sum(apart) - np.log(apart.shape[1])
        return found

    @property
    def _levels(self) -> int:
        """Ratings that are asked for."""
        return 1 if self.model.next or not self.model.ratings else len(self.sequences.levels)

    def _queries(self, size: Array) -> tuple[Array, Array]:
        """position, rating: (b, places * r), the blanks behind the events."""
        model = self.model
        if model.next or not model.positions:
            position = np.zeros((len(size), 1), np.int64)
        elif model.places:
            position = ((np.arange(model.places) + 0.5) / model.places * size[:, None]).astype(np.int64)
        else:
            position = np.full((len(size), 1), model.max_length)
        rating = np.arange(1, self._levels + 1) if self._levels > 1 else np.zeros(1, np.int64)
        return np.repeat(position, self._levels, axis=1), np.tile(rating, position.shape)

    def _sentences(self, users: Array, size: Array, length: int) -> Sentences:
        """The users' most recent events and, behind them, the blanks, each with its position and rating."""
        model, sequences = self.model, self.sequences
        item, rating, there = sequences.rows(sequences.start[users + 1], size, length)
        position, asked = self._queries(size)
        # Behind the last event lies the blank of next_item, at position 0.
        behind = np.where(there, size[:, None] - 1 + self.model.next - np.arange(length), 0)
        item = np.where(there, item, sequences.items)  # who has no events is told from blanks
        return Sentences(
            token=_joined(item, np.full(asked.shape, sequences.items)),
            rating=_joined(rating, asked) * model.ratings,
            position=_joined(behind, position) * model.positions,
            seen=np.concatenate([there, np.zeros(asked.shape, bool)], axis=1),
            asked=np.tile(np.arange(length, length + asked.shape[1], dtype=np.int32), (len(users), 1)),
            outside=self._outside(users),
        )

    def _outside(self, users: Array) -> Array:
        """float32 (b, kinds, items): the scores of the item-item models, from all of the users' events."""
        if self.known is None:
            return np.zeros((len(users), 0, self.shape.items), np.float32)
        size = self.sequences.lengths[users]
        part = self.sequences.rows(self.sequences.start[users + 1], size, int(size.max()))
        return self.known.scores(self.sequences.profiles(*part))


def _histogram(events: Interactions, n_users: int, levels: Array) -> Array:
    """float64 (n_users, r): p_u(r) = (n_ur + SMOOTHING p(r)) / (n_u + SMOOTHING)."""
    cell = events.user * np.int64(len(levels)) + np.searchsorted(levels, events.rating)
    counts = np.bincount(cell, minlength=n_users * len(levels)).reshape(n_users, -1)
    everybody = counts.sum(axis=0) / counts.sum()
    return (counts + SMOOTHING * everybody) / (counts.sum(axis=1, keepdims=True) + SMOOTHING)


def _joined(left: Array, right: Array) -> Array:
    return np.concatenate([left, right], axis=1).astype(np.int32)


def _log_sum(values: Array) -> Array:
    """log sum exp over the second axis."""
    most = values.max(axis=1)
    return most + np.log(np.exp(values - most[:, None]).sum(axis=1))
