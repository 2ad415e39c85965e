"""What masked sequence models share: training with early stopping, and scores by queries."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, TypeAlias

import numpy as np
from annotated_types import Ge, Gt, Le, Lt
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys import progress
from recsys.dataset import Array, Interactions
from recsys.features.masking import TrainingBatch
from recsys.features.queries import Queries
from recsys.recommender import Diverged, Objective, pairs_from_grid

if TYPE_CHECKING:  # TensorFlow is loaded when a model is fitted, not before
    from recsys.nn.bert import Architecture, Bert

logger = logging.getLogger(__name__)

Size = Annotated[int, Ge(1)]
Share = Annotated[float, Gt(0), Lt(1)]
Weights: TypeAlias = tuple[Array, ...]


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Training:
    """AdamW with linear warmup and decay, and early stopping.

    learning_rate            its peak
    weight_decay             of AdamW
    warmup_epochs            in which the learning rate rises linearly
    lr_decay_start           share of the epochs after which the learning rate falls linearly to 0
    tokens                   of a batch, about
    epochs                   at most; one sequence of each user an epoch
    eval_every               epochs between two evaluations on the validation events; the weights with the least log
                             loss are kept
    patience                 evaluations without an improvement after which training stops
    validation_share         share of the users with validation events; 1: all
    validation_events_share  share of these users' events that are held out for validation
                             With objective next_item, their last events are held out instead.
    softmax_items            with more items, the loss is a sampled softmax
    sampled_items            drawn for each batch of it, uniformly
    """

    learning_rate: Annotated[float, Gt(0)] = 8.95e-4
    weight_decay: Annotated[float, Ge(0)] = 0.01
    warmup_epochs: Size = 4
    lr_decay_start: Annotated[float, Ge(0), Lt(1)] = 0.2
    tokens: Size = 4096
    epochs: Size = 24
    eval_every: Size = 8
    patience: Size = 3
    validation_share: Annotated[float, Gt(0), Le(1)] = 0.1
    validation_events_share: Share = 0.2
    softmax_items: Size = 20_000
    sampled_items: Size = 2_000

    def rate(self, epoch: int) -> float:
        """The learning rate of an epoch, from 1."""
        remaining = 1 - (epoch - 1) / self.epochs
        return self.learning_rate * min(1.0, epoch / self.warmup_epochs, remaining / (1 - self.lr_decay_start))


def train_network(
    program: Bert,
    training: Training,
    batches: Callable[[], Iterable[TrainingBatch]],
    validation_loss: Callable[[Weights], float] | None,
) -> Weights:
    """The weights of the least validation loss; without one, the last epoch's.

    batches   those of a new epoch, at least one

    Raises `Diverged` where a loss is not finite.
    """
    best, best_loss, evaluations_since = program.read(), np.inf, 0
    for epoch in range(1, training.epochs + 1):
        rate = training.rate(epoch)
        step_loss = np.inf
        for batch in batches():
            step_loss = program.train_step(batch, rate)
        if not np.isfinite(float(step_loss)):  # the last one's: once a loss is not finite, those after it are not
            raise _diverged(training, epoch)
        if epoch % training.eval_every == 0 or epoch == training.epochs:
            weights = program.read()
            loss = -epoch if validation_loss is None else validation_loss(weights)
            if not np.isfinite(loss) or not all(np.isfinite(values).all() for values in weights):
                raise _diverged(training, epoch)
            logger.debug("epoch %d: validation log loss %.4f", epoch, loss)
            best, best_loss, evaluations_since = (
                (weights, loss, 0) if loss < best_loss else (best, best_loss, evaluations_since + 1)
            )
        stopped = evaluations_since == training.patience
        progress.report("epoch", epoch, epoch if stopped else training.epochs)
        if stopped:
            break
    return best


def _diverged(training: Training, epoch: int) -> Diverged:
    return Diverged.at("BERT4Rec", f"epoch {epoch}", "model.training.learning_rate", training.learning_rate)


@dataclass(frozen=True, slots=True)
class QueryScorer:
    """The trained network and the queries that it answers. With p_u(r), each user's distribution of ratings:

    implicit   log sum_{r >= like_threshold} P(i | r) p_u(r)          P(rated and relevant)
    rating     the same - log sum_r P(i | r) p_u(r)                   P(relevant | rated)

    rating_distribution   float64 (n_users, r): p_u(r) of the levels of rating
    batch_tokens          of a batch, about
    """

    shape: Architecture
    weights: Weights
    queries: Queries
    rating_distribution: Array
    like_threshold: float
    batch_tokens: int
    probabilities: Collection[Objective] = ()

    def grid(self, users: Array, objective: Objective) -> Array:
        """See the formulas above; without ratings in the queries, log P(item) for both objectives."""
        conditional = self.log_probabilities(users)
        if conditional.shape[1] == 1:
            return conditional[:, 0]
        joint = conditional + np.log(self.rating_distribution[users])[:, :, None]
        relevant = _log_sum_exp(joint[:, self.queries.sequences.levels >= self.like_threshold])
        return relevant if objective == "implicit" else relevant - _log_sum_exp(joint)

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        return pairs_from_grid(lambda batch: self.grid(batch, objective), users, items)

    def log_loss(self, held_out: Interactions) -> float:
        """The mean of -log P(item | events, rating) of interactions that are not among the events."""
        users, counts = np.unique(held_out.user, return_counts=True)
        of_user = np.split(np.argsort(held_out.user, kind="stable"), np.cumsum(counts)[:-1])
        level = np.searchsorted(self.queries.sequences.levels, held_out.rating)
        if self.queries.n_ratings == 1:
            level = np.zeros_like(level)
        values = np.empty(len(held_out), np.float32)
        for rows, log_probabilities in self._batches(users):
            events = np.concatenate([of_user[row] for row in rows])
            place = np.repeat(np.arange(len(rows)), counts[rows])
            values[events] = log_probabilities[place, level[events], held_out.item[events]]
        return -float(values.mean())

    def log_probabilities(self, users: Array) -> Array:
        """float32 (len(users), r, n_items): log P(item | events, rating), averaged over the query positions.

        r is 1 where no rating is asked for.
        """
        result = np.empty((len(users), self.queries.n_ratings, self.shape.n_items), np.float32)
        for rows, log_probabilities in self._batches(users):
            result[rows] = log_probabilities
        return result

    def _batches(self, users: Array) -> Iterator[tuple[Array, Array]]:
        """The same in parts, of sequences of equal lengths: rows of `users`, and (len(rows), r, n_items)."""
        from recsys.nn.bert import bert

        program, queries = bert(self.shape), self.queries
        program.write(self.weights)
        n_targets, n_ratings, n_items = queries.n_targets, queries.n_ratings, self.shape.n_items
        size = queries.sizes(users)
        lengths = queries.padded_lengths(size)
        for length in np.unique(lengths).tolist():
            rows = np.flatnonzero(lengths == length)
            batch_size = max(1, self.batch_tokens // (length + n_targets))
            for start in range(0, len(rows), batch_size):
                batch = rows[start : start + batch_size]
                full = np.resize(batch, batch_size)  # every batch of this length has one shape
                inputs = queries.masked_sequences(users[full], size[full], length)
                by_target = program.log_probabilities(inputs)[: len(batch)]
                by_position = by_target.reshape(len(batch), -1, n_ratings, n_items)
                yield batch, _log_sum_exp(by_position) - np.log(by_position.shape[1])


def _log_sum_exp(values: Array) -> Array:
    """Over the second axis."""
    largest = values.max(axis=1)
    return largest + np.log(np.exp(values - largest[:, None]).sum(axis=1))
