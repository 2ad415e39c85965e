"""xDeepFM: a linear part, a compressed interaction network and a DNN over one-hot fields and SIFT keyframe vectors.

    y = sigmoid(w_lin' a + w_dnn' x_dnn + w_cin' p+ + b)          Lian et al. 2018, equation 10

Two questions, two networks of one architecture (`objective`): `rating` learns from observed ratings whether the user
likes what the user rates; `implicit` learns likes against sampled items without a rating, and so what the user takes
up. A network for the first cannot rank a catalogue: it was never shown what users leave alone.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt, Le, Lt
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked
from scipy.special import expit

from recsys import progress
from recsys.dataset import Array, DataError, Dataset, Interactions
from recsys.features import negatives
from recsys.features.fields import one_hot
from recsys.features.neighbours import Neighbours
from recsys.features.out_of_fold import Known, OutOfFold, learn, out_of_fold
from recsys.recommender import Objective

if TYPE_CHECKING:  # TensorFlow is loaded when a model is fitted, not before
    from recsys.nn.ctr import Architecture, Inputs, Rows

log = logging.getLogger(__name__)

Size = Annotated[int, Ge(1)]
Sift = Literal["off", "dense", "field", "both"]


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Training:
    """How one of the networks learns.

    l2              of the embeddings, the linear part and the projection of the pictures
    epochs          at most; a network stops sooner, when the log loss of the held-out rows of train has not fallen for
                    `patience` epochs, and keeps the weights of the best epoch
    negatives       items without a rating drawn for each like, anew each epoch; objective `implicit` alone
    """

    l2: Annotated[float, Ge(0)]
    learning_rate: Annotated[float, Gt(0)]
    batch: Size
    epochs: Size
    patience: Size
    negatives: Annotated[int, Ge(0)]


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class XDeepFM:
    """Lian et al. 2018, xDeepFM: Combining Explicit and Implicit Feature Interactions for Recommender Systems.

    objective      rating or implicit: one network, which answers both protocols; both: one for each
    threshold      a rating of at least this is a like, label 1
    sift           dense: the SIFT vector is an input of the linear part and the DNN; field: projected to the size of
                   the embeddings, it is a field of the CIN and the DNN; both; off
    user_fields, item_fields   columns of the data set, one-hot beside the ids; those it does not have are left out
    encodings      out-of-fold mean encodings of user and item as dense inputs
    neighbours     out-of-fold scores of item-item models as dense inputs
    folds          of the two above
    holdout        share of train that early stopping looks at
    embedding      size of the embeddings; cin: feature maps of each layer; dnn: units of each layer; (): no such part
    linear         with the linear part
    """

    objective: Literal["rating", "implicit", "both"]
    threshold: float
    sift: Sift
    user_fields: tuple[str, ...]
    item_fields: tuple[str, ...]
    encodings: bool
    neighbours: tuple[Neighbours, ...]
    folds: Annotated[int, Ge(2), Le(100)]
    holdout: Annotated[float, Gt(0), Lt(1)]
    embedding: Size
    cin: tuple[Size, ...]
    dnn: tuple[Size, ...]
    linear: bool
    rating: Training
    implicit: Training

    def fit(self, train: Dataset, seed: int) -> XDeepFMScorer:
        from recsys.nn.ctr import Inputs

        missing = [name for name in self.user_fields if name not in train.user_table]
        missing += [name for name in self.item_fields if name not in train.item_table]
        if missing:
            log.warning("%s has no column %s: xdeepfm runs without", train.name, ", ".join(missing))
        sift = self.sift
        if sift != "off" and "sift" not in train.item_table:
            log.warning("%s has no SIFT vectors: xdeepfm runs with sift=off", train.name)
            sift = "off"
        fields = one_hot(train, self.user_fields, self.item_fields)
        vectors = train.item_table["sift"] if sift != "off" else np.zeros((len(train.items), 1), np.float32)
        inputs, sizes = Inputs(fields, vectors), (len(train.users), len(train.items))
        # The rows for early stopping are set apart first and stand in nobody's features, as if they were test rows:
        # out-of-fold features of their own would share the bias of the others' and hide what it does.
        held = np.zeros(len(train.log), bool)
        rows = np.random.default_rng([seed, 1]).permutation(len(held))
        held[rows[: max(1, round(self.holdout * len(held)))]] = True
        learned, kept = train.take(~held), train.log.take(held)
        features = out_of_fold(learned, self.folds, self.encodings, self.neighbours, self.threshold, seed)
        known = learn(train.log, *sizes, self.encodings, self.neighbours, self.threshold)
        heads: dict[Objective, Head] = {}
        if self.objective in ("rating", "both"):
            samples = self._observed(learned, features, kept)
            heads["rating"] = self._learn("rating", self.rating, samples, inputs, sift, known, seed)
        if self.objective in ("implicit", "both"):
            samples = self._sampled(learned, features, kept, train.log, np.random.default_rng([seed, 2]))
            heads["implicit"] = self._learn("implicit", self.implicit, samples, inputs, sift, known, seed)
        return XDeepFMScorer(heads)

    def _observed(self, learned: Dataset, features: OutOfFold, kept: Interactions) -> Samples:
        """The ratings, the same ones in every epoch."""
        from recsys.nn.ctr import Rows

        log = learned.log
        rows = Rows(log.user, log.item, features.rows(log.user, log.item, features.fold), self._likes(log))
        held = Rows(kept.user, kept.item, features.whole.pairs(kept.user, kept.item), self._likes(kept))
        return Samples(rows, (np.arange(len(rows)),) * self.rating.epochs, held)

    def _sampled(
        self, learned: Dataset, features: OutOfFold, kept: Interactions, rated: Interactions, rng: np.random.Generator
    ) -> Samples:
        """The likes, and for each of them new negatives in every epoch: items without a rating in `rated`.

        Ratings below the threshold are left out: as negatives they would teach that what a user rates is not taken up.
        """
        from recsys.nn.ctr import Rows

        liked = np.flatnonzero(self._likes(learned.log))
        kept = kept.take(self._likes(kept) > 0)
        if not len(liked):
            raise DataError(
                f"{learned.name}: expected likes to learn from, got no rating of {self.threshold:g} or more; "
                "set model.threshold to what counts as a like there"
            )
        parts = [(learned.log.user[liked], learned.log.item[liked], features.fold[liked])]
        for _ in range(self.implicit.epochs):
            users = np.repeat(parts[0][0], self.implicit.negatives)
            user, item = negatives.draw(rated, users, len(learned.items), rng)
            parts.append((user, item, rng.integers(0, self.folds, len(user), dtype=np.int8)))
        user, item, fold = (np.concatenate(column) for column in zip(*parts, strict=True))
        label = (np.arange(len(user)) < len(liked)).astype(np.float32)
        ends = np.cumsum([len(part[0]) for part in parts])
        epochs = tuple(np.r_[: len(liked), slice(*span)] for span in pairwise(ends))
        users = np.repeat(kept.user, self.implicit.negatives)
        left = negatives.draw(rated, users, len(learned.items), rng)
        users, items = np.concatenate([kept.user, left[0]]), np.concatenate([kept.item, left[1]])
        found = (np.arange(len(users)) < len(kept)).astype(np.float32)
        held = Rows(users, items, features.whole.pairs(users, items), found)
        return Samples(Rows(user, item, features.rows(user, item, fold), label), epochs, held)

    def _likes(self, log: Interactions) -> Array:
        """float32 (n,): 1 for ratings that reach the threshold."""
        return (log.rating >= self.threshold).astype(np.float32)

    def _learn(
        self,
        objective: Objective,
        training: Training,
        samples: Samples,
        inputs: Inputs,
        sift: Sift,
        known: Known,
        seed: int,
    ) -> Head:
        """Trains until the log loss of the held-out rows rises; the weights of the best epoch."""
        from recsys.nn.ctr import Architecture, network

        fields = inputs.fields
        shape = Architecture(
            places=fields.size,
            codes=fields.user_codes.shape[1] + fields.item_codes.shape[1],
            bags=fields.bags,
            sift=sift,
            sift_size=inputs.sift.shape[1],
            dense=known.size,
            embedding=self.embedding,
            cin=self.cin,
            dnn=self.dnn,
            l2=training.l2,
            batch=training.batch,
            linear=self.linear,
        )
        center, scale = samples.rows.dense.mean(axis=0), samples.rows.dense.std(axis=0)
        scale = np.where(scale > 0, scale, 1).astype(np.float32)
        rows = samples.rows.standardized(center, scale)
        held = samples.held.standardized(center, scale)
        rng = np.random.default_rng([seed, 3])
        program, tensors = network(shape), network(shape).tensors(inputs)
        program.start(int(rng.integers(1 << 31)))
        best, best_loss, since = program.read(), np.inf, 0
        for number, epoch in enumerate(samples.epochs, 1):
            program.epoch(tensors, rows, rng.permutation(epoch), training.learning_rate)
            loss = _log_loss(program.logits(tensors, held), held.label)
            log.debug("%s epoch %d: log loss %.5f on the held-out rows of train", objective, number, loss)
            if loss < best_loss:
                best, best_loss, since = program.read(), loss, 0
            else:
                since += 1
            stopped = since == training.patience
            progress.report(f"{objective} network, epoch", number, number if stopped else len(samples.epochs))
            if stopped:
                break
        return Head(shape, inputs, known, center, scale, best)


@dataclass(frozen=True, slots=True)
class Samples:
    """Rows to learn from, which of them are seen in each epoch, and the rows for early stopping."""

    rows: Rows
    epochs: tuple[Array, ...]
    held: Rows


@dataclass(frozen=True, slots=True)
class Head:
    """One trained network; center, scale: float32 (d,), the standardisation of the dense inputs."""

    shape: Architecture
    inputs: Inputs
    known: Known
    center: Array
    scale: Array
    weights: tuple[Array, ...]

    def logits(self, users: Array, items: Array, dense: Array) -> Array:
        """float32 (n,): logits of pairs, dense (n, d) their raw dense features."""
        from recsys.nn.ctr import Rows, network

        program = network(self.shape)
        program.write(self.weights)
        rows = Rows(users, items, dense, np.zeros(len(users), np.float32)).standardized(self.center, self.scale)
        return program.logits(program.tensors(self.inputs), rows)

    def grid(self, users: Array) -> Array:
        """float32 (len(users), n_items)."""
        from recsys.nn.ctr import network
        from recsys.nn.grid import grid

        program = network(self.shape)
        program.write(self.weights)
        return grid(self.shape).logits(program.tensors(self.inputs), users.astype(np.int32), self._dense)

    def _dense(self, users: Array) -> Array:
        """float32 (len(users), n_items, d): the dense inputs as the network takes them."""
        return (self.known.grid(users) - self.center) / self.scale


@dataclass(frozen=True, slots=True)
class XDeepFMScorer:
    """The trained networks by objective; one alone answers for both."""

    heads: Mapping[Objective, Head]

    @property
    def probabilities(self) -> Collection[Objective]:
        # The implicit network's output depends on how many negatives were drawn: a score, no probability of anything.
        return tuple(objective for objective in self.heads if objective == "rating")

    def grid(self, users: Array, objective: Objective) -> Array:
        head = self._head(objective)
        return self._output(head.grid(users))

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        head = self._head(objective)
        return self._output(head.logits(users, items, head.known.pairs(users, items)))

    def _head(self, objective: Objective) -> Head:
        return self.heads.get(objective) or next(iter(self.heads.values()))

    @staticmethod
    def _output(logits: Array) -> Array:
        """The sigmoid, in double precision, where large logits stay distinct."""
        return expit(logits.astype(np.float64))


def _log_loss(logits: Array, label: Array) -> float:
    return float(np.mean(np.logaddexp(0, logits) - label * logits))
