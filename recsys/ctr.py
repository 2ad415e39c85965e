"""Click-through models: networks over one-hot fields, side by side for the two questions that are asked of a model.

`rating` learns from observed ratings whether the user likes what the user rates; `implicit` learns likes against
sampled items without a rating, and so what the user takes up. A network for the first cannot rank a catalogue: it was
never shown what users leave alone. Models differ in the network's parts, and in nothing else.
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

from recsys.dataset import Array, DataError, Dataset, Interactions
from recsys.features import negative_sampling
from recsys.features.fields import one_hot
from recsys.features.item_item import ItemItemModel, ItemItemSettings
from recsys.features.out_of_fold import OutOfFold, fit_pair_features, out_of_fold
from recsys.recommender import Objective

if TYPE_CHECKING:  # TensorFlow is loaded when a model is fitted, not before
    from recsys.nn.ctr_training import Head, Samples

logger = logging.getLogger(__name__)

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
class Settings:
    """What every click-through model is given; a model adds the sizes of its network's parts.

    objective      rating or implicit: one network, which answers both protocols; both: one for each
    threshold      a rating of at least this is a like, label 1
    sift           dense: the SIFT vector is an input of the linear part and the DNN; field: projected to the size of
                   the embeddings, it is one field more; both; off
    user_fields, item_fields   columns of the data set, one-hot beside the ids; those it does not have are left out
    encodings      out-of-fold mean encodings of user and item as dense inputs
    neighbours     out-of-fold scores of item-item models as dense inputs
    folds          of the two above
    holdout        share of train that early stopping looks at
    embedding      size of the embeddings
    rating, implicit   how the network of each objective learns
    """

    objective: Literal["rating", "implicit", "both"]
    threshold: float
    sift: Sift
    user_fields: tuple[str, ...]
    item_fields: tuple[str, ...]
    encodings: bool
    neighbours: tuple[ItemItemModel, ...]
    folds: Annotated[int, Ge(2), Le(100)]
    holdout: Annotated[float, Gt(0), Lt(1)]
    embedding: Size
    rating: Training
    implicit: Training


@dataclass(frozen=True, slots=True)
class Parts:
    """What a network has; fm: crosses all pairs of fields; cin, dnn: sizes of their layers."""

    linear: bool = True
    fm: bool = False
    cin: tuple[int, ...] = ()
    dnn: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ClickThroughScorer:
    """The trained networks by objective; one alone answers for both."""

    heads: Mapping[Objective, Head]

    @property
    def probabilities(self) -> Collection[Objective]:
        # The implicit network's output depends on how many negatives were drawn: a score, no probability of anything.
        return tuple(objective for objective in self.heads if objective == "rating")

    def grid(self, users: Array, objective: Objective) -> Array:
        return self._output(self._head(objective).grid(users))

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        return self._output(self._head(objective).pairs(users, items))

    def _head(self, objective: Objective) -> Head:
        return self.heads.get(objective) or next(iter(self.heads.values()))

    @staticmethod
    def _output(logits: Array) -> Array:
        """The sigmoid, in double precision, where large logits stay distinct."""
        return expit(logits.astype(np.float64))


def fit(settings: Settings, parts: Parts, train: Dataset, seed: int) -> ClickThroughScorer:
    """Trains the network of these parts for each objective asked for."""
    from recsys.nn.ctr_network import Architecture, Inputs
    from recsys.nn.ctr_training import learned_head

    missing = [name for name in settings.user_fields if name not in train.user_table]
    missing += [name for name in settings.item_fields if name not in train.item_table]
    if missing:
        logger.warning("%s has no column %s: the model runs without", train.name, ", ".join(missing))
    sift = settings.sift
    if sift != "off" and "sift" not in train.item_table:
        logger.warning("%s has no SIFT vectors: the model runs with sift=off", train.name)
        sift = "off"
    fields = one_hot(train, settings.user_fields, settings.item_fields)
    # As they are, of length 1: standardised, they are learned by heart. On films without a train rating (seed 2, five
    # repeats) GAUC is .569 without them, .580 with them, .552 and .541 with them at a standard deviation of .25 and 1.
    vectors = train.item_table["sift"] if sift != "off" else np.zeros((len(train.items), 1), np.float32)
    data = _dealt(settings, train, seed)
    known = fit_pair_features(
        *(train.interactions, len(train.users), len(train.items)),
        settings.encodings,
        settings.neighbours,
        ItemItemSettings(),
        settings.threshold,
    )
    heads: dict[Objective, Head] = {}
    for objective in ("rating", "implicit"):
        if settings.objective not in (objective, "both"):
            continue
        training = settings.rating if objective == "rating" else settings.implicit
        shape = Architecture(
            places=fields.size,
            codes=fields.user_codes.shape[1] + fields.item_codes.shape[1],
            bags=fields.bags,
            sift=sift,
            sift_size=vectors.shape[1],
            dense=known.size,
            embedding=settings.embedding,
            linear=parts.linear,
            cin=parts.cin,
            dnn=parts.dnn,
            fm=parts.fm,
            l2=training.l2,
            batch=training.batch,
        )
        samples = data.observed() if objective == "rating" else data.sampled(np.random.default_rng([seed, 2]))
        rng = np.random.default_rng([seed, 3])
        heads[objective] = learned_head(
            objective, shape, Inputs(fields, vectors), known, samples, training.learning_rate, training.patience, rng
        )
    return ClickThroughScorer(heads)


@dataclass(frozen=True, slots=True)
class _Dealt:
    """Train, dealt to rows to learn from, with their features, and rows for early stopping."""

    settings: Settings
    rated: Interactions
    learned: Dataset
    features: OutOfFold
    kept: Interactions

    def observed(self) -> Samples:
        """The ratings, the same ones in every epoch."""
        from recsys.nn.ctr_network import Rows
        from recsys.nn.ctr_training import Samples

        interactions, kept, features = self.learned.interactions, self.kept, self.features
        rows = Rows(
            interactions.user,
            interactions.item,
            features.rows(interactions.user, interactions.item, features.fold),
            self._likes(interactions),
        )
        held = Rows(kept.user, kept.item, features.whole.pairs(kept.user, kept.item), self._likes(kept))
        return Samples(rows, (np.arange(len(rows)),) * self.settings.rating.epochs, held)

    def sampled(self, rng: np.random.Generator) -> Samples:
        """The likes, and for each of them new negatives in every epoch: items that the user has not rated.

        Ratings below the threshold are left out: as negatives they would teach that what a user rates is not taken up.
        """
        from recsys.nn.ctr_network import Rows
        from recsys.nn.ctr_training import Samples

        training, features, interactions = self.settings.implicit, self.features, self.learned.interactions
        liked = np.flatnonzero(self._likes(interactions))
        kept = self.kept.take(self._likes(self.kept) > 0)
        if not len(liked):
            raise DataError(
                f"{self.learned.name}: expected likes to learn from, got no rating of {self.settings.threshold:g} or "
                "more; set model.threshold to what counts as a like there"
            )
        parts = [(interactions.user[liked], interactions.item[liked], features.fold[liked])]
        for _ in range(training.epochs):
            users = np.repeat(parts[0][0], training.negatives)
            user, item = negative_sampling.draw(self.rated, users, len(self.learned.items), rng)
            parts.append((user, item, rng.integers(0, self.settings.folds, len(user), dtype=np.int8)))
        user, item, fold = (np.concatenate(column) for column in zip(*parts, strict=True))
        label = (np.arange(len(user)) < len(liked)).astype(np.float32)
        ends = np.cumsum([len(part[0]) for part in parts])
        epochs = tuple(np.r_[: len(liked), slice(*span)] for span in pairwise(ends))
        users = np.repeat(kept.user, training.negatives)
        left = negative_sampling.draw(self.rated, users, len(self.learned.items), rng)
        users, items = np.concatenate([kept.user, left[0]]), np.concatenate([kept.item, left[1]])
        found = (np.arange(len(users)) < len(kept)).astype(np.float32)
        held = Rows(users, items, features.whole.pairs(users, items), found)
        return Samples(Rows(user, item, features.rows(user, item, fold), label), epochs, held)

    def _likes(self, interactions: Interactions) -> Array:
        """float32 (n,): 1 for ratings that reach the threshold."""
        return (interactions.rating >= self.settings.threshold).astype(np.float32)


def _dealt(settings: Settings, train: Dataset, seed: int) -> _Dealt:
    # The rows for early stopping are set apart first and stand in nobody's features, as if they were test rows:
    # out-of-fold features of their own would share the bias of the others' and hide what it does.
    held = np.zeros(len(train.interactions), bool)
    rows = np.random.default_rng([seed, 1]).permutation(len(held))
    held[rows[: max(1, round(settings.holdout * len(held)))]] = True
    learned = train.take(~held)
    features = out_of_fold(
        learned, settings.folds, settings.encodings, settings.neighbours, ItemItemSettings(), settings.threshold, seed
    )
    return _Dealt(settings, train.interactions, learned, features, train.interactions.take(held))
