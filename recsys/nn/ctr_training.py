"""One trained network of a click-through model: early stopping on the way there, and its scores afterwards."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np

from recsys import progress
from recsys.dataset import Array
from recsys.features.out_of_fold import PairFeatures
from recsys.nn.ctr_grid import grid
from recsys.nn.ctr_inputs import Inputs, Rows
from recsys.nn.ctr_network import Architecture, network
from recsys.recommender import Diverged

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Samples:
    """Rows to learn from, which of them are seen in each epoch, and the rows for early stopping."""

    rows: Rows
    epochs: tuple[Array, ...]
    validation: Rows


@dataclass(frozen=True, slots=True)
class TrainedNetwork:
    """Weights of one architecture; center, scale: float32 (d,), the standardisation of the pair features."""

    shape: Architecture
    inputs: Inputs
    pair_features: PairFeatures
    center: Array
    scale: Array
    weights: tuple[Array, ...]

    def pairs(self, users: Array, items: Array) -> Array:
        """float32 (n,): logits of pairs."""
        program = network(self.shape)
        program.write(self.weights)
        dense = self.pair_features.pairs(users, items)
        rows = Rows(users, items, dense, np.zeros(len(users), np.float32)).standardized(self.center, self.scale)
        return program.logits(self.inputs.tensors(), rows)

    def grid(self, users: Array) -> Array:
        """float32 (len(users), n_items): logits of all their pairs."""
        program = network(self.shape)
        program.write(self.weights)
        return grid(program).logits(self.inputs.tensors(), users.astype(np.int32), self._dense)

    def _dense(self, users: Array) -> Array:
        """float32 (len(users), n_items, d): the pair features as the network takes them."""
        return (self.pair_features.grid(users) - self.center) / self.scale


def train_network(
    model: str,
    objective: str,
    shape: Architecture,
    inputs: Inputs,
    pair_features: PairFeatures,
    samples: Samples,
    learning_rate: float,
    patience: int,
    rng: np.random.Generator,
    learning_inputs: Inputs | None = None,
) -> TrainedNetwork:
    """Trains until the log loss of the validation rows has not fallen for `patience` epochs; keeps the best epoch.

    model, objective   for words alone
    learning_inputs    what the samples' row numbers stand for where that is more than the inputs that are scored
    pair_features      those of pairs outside train

    Raises `Diverged` where a loss is not finite.
    """
    center, scale = samples.rows.dense.mean(axis=0), samples.rows.dense.std(axis=0)
    scale = np.where(scale > 0, scale, 1).astype(np.float32)
    rows = samples.rows.standardized(center, scale)
    validation = samples.validation.standardized(center, scale)
    program, tensors = network(shape), (learning_inputs or inputs).tensors()
    program.start(int(rng.integers(1 << 31)))
    best, best_loss, since = program.read(), np.inf, 0
    for number, epoch in enumerate(samples.epochs, 1):
        mean_loss = program.epoch(tensors, rows, rng.permutation(epoch), learning_rate)
        loss = _log_loss(program.logits(tensors, validation), validation.label)
        if not np.isfinite(mean_loss + loss):
            option = f"model.{objective}.learning_rate"
            raise Diverged.at(f"{model}, {objective} network", f"epoch {number}", option, learning_rate)
        logger.debug("%s epoch %d: log loss %.5f on the validation rows of train", objective, number, loss)
        if loss < best_loss:
            best, best_loss, since = program.read(), loss, 0
        else:
            since += 1
        stopped = since == patience
        progress.report(f"{objective} network, epoch", number, number if stopped else len(samples.epochs))
        if stopped:
            break
    return TrainedNetwork(shape, inputs, pair_features, center, scale, best)


def _log_loss(logits: Array, label: Array) -> float:
    with np.errstate(invalid="ignore", over="ignore"):  # of logits that are not finite; `train_network` says so
        return float(np.mean(np.logaddexp(0, logits) - label * logits))
