"""Click-through models: networks over one-hot fields, side by side for the two questions that are asked of a model.

`rating` learns from observed ratings whether the user likes what the user rates; `implicit` learns likes against
sampled items without a rating, and so what the user rates at all. A network for the first cannot rank a catalogue: it
was never shown what users do not rate. Models differ in the network's parts, and in nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt, Le, Lt
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked
from scipy.special import expit

from recsys.dataset import Array, DataError, Dataset, Interactions
from recsys.features import negative_sampling
from recsys.features.crosses import crossed
from recsys.features.fields import VectorInput, one_hot
from recsys.features.held_out import Validation, held_out
from recsys.features.item_item import ItemItemModel, ItemItemSettings, tell_approximation
from recsys.features.likes import expect_both, expect_likes
from recsys.features.out_of_fold import OutOfFold, PairFeatureSettings, out_of_fold
from recsys.item_vectors import ItemVectors, item_vectors
from recsys.recommender import Objective

if TYPE_CHECKING:  # TensorFlow is loaded when a model is fitted, not before
    from recsys.nn.ctr_training import Samples, TrainedNetwork
    from recsys.nn.parts import Part

logger = logging.getLogger(__name__)
IF_ALL = ", or pass model.objective=implicit if all are likes"
"""The way out where there is no dislike."""

Size = Annotated[int, Ge(1)]


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Training:
    """How one of the networks learns.

    l2              of the embeddings, the linear part and the projection of the item vectors
    epochs          at most; a network stops sooner, when the log loss of the validation rows of train has not fallen
                    for `patience` epochs, and keeps the weights of the best epoch
    negatives       items without a rating drawn for each like, anew each epoch; objective `implicit` alone
    """

    l2: Annotated[float, Ge(0)] = 1e-3
    learning_rate: Annotated[float, Gt(0)] = 2e-3
    batch_size: Size = 512
    epochs: Size = 12
    patience: Size = 2
    negatives: Annotated[int, Ge(0)] = 0


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Settings:
    """What every click-through model is given; a model adds the sizes of its network's parts.

    objective               rating or implicit: one network, which answers both protocols; both: one for each
    like_threshold          a rating of at least this is a like, label 1
    item_vectors            sift, text: the vectors of `recsys.item_vectors` that are inputs, side by side
    sift                    how they enter. dense: as inputs of the linear part and the DNN; field: projected to the
                            dimension of the embeddings, as one field more; both; off
    user_fields, item_fields   columns of the data set, one-hot beside the ids; those it does not have are left out
    target_encoding         out-of-fold target encodings of user and item as dense inputs
    target_encoding_damping   ratings of nothing unusual that each user and item is given beforehand
    item_item_models        whose out-of-fold scores are dense inputs; item_item: their settings
    folds                   of target encodings and item-item scores
    validation              what is set apart for early stopping: rows, drawn from all; items, with all their rows, so
                            that it looks at items that the network was not shown, as in split=cold_items
    validation_share        share of train's rows, or items, for that
    item_dropout            share of the rows to learn from, drawn anew each epoch, whose item is shown as one without a
                            rating: by the id and the pair features that all such items have in common; 0: their ids'
                            embeddings stay untrained
    embedding_dim           of every field's embedding
    rating, implicit        how the network of each objective learns
    """

    objective: Literal["rating", "implicit", "both"] = "both"
    like_threshold: float = 4.0
    item_vectors: tuple[ItemVectors, ...] = ("sift",)
    sift: VectorInput = "both"
    user_fields: tuple[str, ...] = ("age", "gender", "occupation", "zip_prefix")
    item_fields: tuple[str, ...] = ("year", "genres")
    target_encoding: bool = True
    target_encoding_damping: Annotated[float, Gt(0)] = 10.0
    item_item_models: tuple[ItemItemModel, ...] = ("ease", "residual_knn")
    item_item: ItemItemSettings = ItemItemSettings()
    folds: Annotated[int, Ge(2), Le(100)] = 5
    validation: Validation = "rows"
    validation_share: Annotated[float, Gt(0), Lt(1)] = 0.05
    item_dropout: Annotated[float, Ge(0), Le(1)] = 0.0
    embedding_dim: Size = 16
    rating: Training = Training()
    implicit: Training = Training(l2=1e-4, epochs=4, patience=1, negatives=4)

    def __post_init__(self) -> None:
        if self.objective != "rating" and not self.implicit.negatives:
            raise ValueError("expected implicit.negatives of 1 or more, got 0: without negatives, all labels are 1")

    @property
    def pair_features(self) -> PairFeatureSettings:
        return PairFeatureSettings(
            self.like_threshold,
            self.target_encoding,
            self.target_encoding_damping,
            self.item_item_models,
            self.item_item,
        )


@dataclass(frozen=True, slots=True)
class ClickThroughScorer:
    """The trained networks by objective; one alone answers for both."""

    networks: Mapping[Objective, TrainedNetwork]

    @property
    def probabilities(self) -> Collection[Objective]:
        # The implicit network's output depends on how many negatives were drawn: a score, no probability of anything.
        return tuple(objective for objective in self.networks if objective == "rating")

    def grid(self, users: Array, objective: Objective) -> Array:
        return self._output(self._network(objective).grid(users))

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        return self._output(self._network(objective).pairs(users, items))

    def _network(self, objective: Objective) -> TrainedNetwork:
        return self.networks.get(objective) or next(iter(self.networks.values()))

    @staticmethod
    def _output(logits: Array) -> Array:
        """The sigmoid, in double precision, where large logits stay distinct."""
        return expit(logits.astype(np.float64))


def fit(
    settings: Settings, parts: Sequence[Part], train: Dataset, seed: int, crosses: Sequence[Sequence[str]] = ()
) -> ClickThroughScorer:
    """Trains the network of these parts for each objective asked for.

    crosses   columns of `user_fields` and `item_fields`, whose combinations have a weight each in a part of their own

    The order of the parts is that in which their weights are drawn and, as far as the grid allows, their terms added.
    Raises `DataError` where train, or the part of it for early stopping, lacks the likes or dislikes to learn from, and
    `Diverged` where a loss is not finite.
    """
    from recsys.nn.ctr_inputs import Inputs, InputSizes
    from recsys.nn.ctr_network import Architecture
    from recsys.nn.ctr_training import train_network
    from recsys.nn.parts import Crossed

    missing = [name for name in settings.user_fields if name not in train.user_table]
    missing += [name for name in settings.item_fields if name not in train.item_table]
    if missing:
        logger.warning("%s has no column %s: the model runs without", train.name, ", ".join(missing))
    if settings.objective != "implicit":  # before what takes long
        expect_both(train.name, train.interactions.rating, settings.like_threshold, remedy=IF_ALL)
    tell_approximation(train, settings.item_item_models, settings.item_item.dense_items)
    fields = one_hot(train, settings.user_fields, settings.item_fields)
    if found := crossed(train.name, fields, crosses):
        parts = [*parts, Crossed(found)]
    # As they are, of length 1: standardised, they are learned by heart. On films without a train rating (seed 2, five
    # repeats) GAUC is .569 without SIFT, .580 with it, .552 and .541 with it at a standard deviation of .25 and 1.
    vectors = item_vectors(train, settings.item_vectors if settings.sift != "off" else ())
    data = _TrainingData.of(settings, train, seed)
    if data.new_item is not None:
        fields = fields.sharing_an_id(data.new_items)
    inputs = Inputs(fields, vectors)
    pair_features = settings.pair_features.fit(train.interactions, len(train.users), len(train.items))
    sizes = InputSizes(
        n_embeddings=fields.n_embeddings,
        n_categorical=fields.user_categorical.shape[1] + fields.item_categorical.shape[1],
        multi_hot=fields.multi_hot,
        vector_input=settings.sift if vectors.shape[1] else "off",
        vector_size=vectors.shape[1],
        n_pair_features=pair_features.size,
        embedding_dim=settings.embedding_dim,
    )
    networks: dict[Objective, TrainedNetwork] = {}
    for objective in ("rating", "implicit"):
        if settings.objective not in (objective, "both"):
            continue
        training = settings.rating if objective == "rating" else settings.implicit
        networks[objective] = train_network(
            type(settings).__name__,
            objective,
            Architecture(sizes, tuple(parts), training.l2, training.batch_size),
            inputs,
            pair_features,
            data.observed() if objective == "rating" else data.sampled(np.random.default_rng([seed, 2])),
            training.learning_rate,
            training.patience,
            np.random.default_rng([seed, 3]),
            None if data.new_item is None else inputs.with_copies_of_items(),
        )
    return ClickThroughScorer(networks)


@dataclass(frozen=True, slots=True)
class _TrainingData:
    """Train in two: rows to learn from, with their features, and rows for early stopping.

    rated        all of train, none of which is a negative
    learning     the rows to learn from; features: of them
    validation   the rows for early stopping
    new_items    bool (n_items,): without a row to learn from; new_item: one of them, or None for no item dropout
    """

    settings: Settings
    rated: Interactions
    learning: Dataset
    features: OutOfFold
    validation: Interactions
    new_items: Array
    new_item: int | None
    seed: int

    @classmethod
    def of(cls, settings: Settings, train: Dataset, seed: int) -> _TrainingData:
        # The rows for early stopping are set apart first and stand in nobody's features, as if they were test rows:
        # out-of-fold features of their own would share the bias of the others' and hide what it does.
        rng = np.random.default_rng([seed, 1])
        mask = held_out(train.interactions, settings.validation, settings.validation_share, rng)
        if np.count_nonzero(~mask) < 2:  # each row's features are made of other rows
            least = "3 train ratings" if settings.validation == "rows" else "3 train ratings, of 2 items"
            raise DataError(f"{train.name}: expected at least {least}, got {len(mask)}; use a larger train set")
        learning = train.take(~mask)
        features = out_of_fold(learning, settings.folds, settings.pair_features, seed)
        new = np.bincount(learning.interactions.item, minlength=len(train.items)) == 0
        if settings.item_dropout and not new.any():
            logger.warning("%s: every item has ratings to learn from: the model runs with item_dropout=0", train.name)
        new_item = int(np.argmax(new)) if settings.item_dropout and new.any() else None
        return cls(settings, train.interactions, learning, features, train.interactions.take(mask), new, new_item, seed)

    def observed(self) -> Samples:
        """The ratings, the same ones in every epoch."""
        from recsys.nn.ctr_inputs import Rows
        from recsys.nn.ctr_training import Samples

        interactions, validation, features = self.learning.interactions, self.validation, self.features
        name, threshold = self.learning.name, self.settings.like_threshold
        expect_both(name, interactions.rating, threshold, remedy=IF_ALL)
        expect_both(name, validation.rating, threshold, *self._early_stopping)
        dense = features.rows(interactions.user, interactions.item, features.fold)
        rows = Rows(interactions.user, interactions.item, dense, self._likes(interactions))
        dense = features.whole.pairs(validation.user, validation.item)
        unseen = Rows(validation.user, validation.item, dense, self._likes(validation))
        return self._dropped(
            Samples(rows, (np.arange(len(rows)),) * self.settings.rating.epochs, unseen), features.fold
        )

    def sampled(self, rng: np.random.Generator) -> Samples:
        """The likes, and for each of them new negatives in every epoch: items that the user has not rated.

        Ratings below the threshold are left out: as negatives they would teach that a user does not rate what in fact
        the user has rated.
        """
        from recsys.nn.ctr_inputs import Rows
        from recsys.nn.ctr_training import Samples

        settings, features, interactions = self.settings, self.features, self.learning.interactions
        training, n_items = settings.implicit, len(self.learning.items)
        expect_likes(self.learning.name, interactions.rating, settings.like_threshold)
        expect_likes(self.learning.name, self.validation.rating, settings.like_threshold, *self._early_stopping)
        liked = np.flatnonzero(self._likes(interactions))
        validation = self.validation.take(self._likes(self.validation) > 0)
        draws = [(interactions.user[liked], interactions.item[liked], features.fold[liked])]
        for _ in range(training.epochs):
            users = np.repeat(draws[0][0], training.negatives)
            user, item = negative_sampling.draw(self.rated, users, n_items, rng)
            draws.append((user, item, rng.integers(0, settings.folds, len(user), dtype=np.int8)))
        user, item, fold = (np.concatenate(column) for column in zip(*draws, strict=True))
        if len(user) == len(liked):
            raise DataError(
                f"{self.learning.name}: expected items that users with a like have not rated, as negatives to learn "
                "from, got none; use model.objective=rating"
            )
        rows = Rows(user, item, features.rows(user, item, fold), _first(len(liked), len(user)))
        ends = np.cumsum([len(draw[0]) for draw in draws])
        epochs = tuple(np.r_[: len(liked), slice(*span)] for span in pairwise(ends))
        users = np.repeat(validation.user, training.negatives)
        negative_user, negative_item = negative_sampling.draw(self.rated, users, n_items, rng)
        user = np.concatenate([validation.user, negative_user])
        item = np.concatenate([validation.item, negative_item])
        unseen = Rows(user, item, features.whole.pairs(user, item), _first(len(validation), len(user)))
        return self._dropped(Samples(rows, epochs, unseen), fold)

    def _dropped(self, samples: Samples, fold: Array) -> Samples:
        """The same with item dropout: behind the rows, each once more with its item shown as a new one.

        Item i + n_items is item i with the id of new items. Volkovs et al. 2017, DropoutNet, NeurIPS, drop the whole
        preference input of an item likewise; here it is the id and the pair features. fold: int8, of the rows
        """
        if self.new_item is None:
            return samples
        rows, rng = samples.rows, np.random.default_rng([self.seed, 4])
        dense = self.features.rows(rows.user, np.full_like(rows.item, self.new_item), fold)
        copies = replace(rows, item=rows.item + len(self.learning.items), dense=dense)
        share = self.settings.item_dropout
        epochs = tuple(epoch + len(rows) * (rng.random(len(epoch)) < share) for epoch in samples.epochs)
        return replace(samples, rows=rows.followed_by(copies), epochs=epochs)

    @property
    def _early_stopping(self) -> tuple[str, str]:
        """The validation rows in words, and what helps where they lack something."""
        share = f"model.validation_share={self.settings.validation_share:g}"
        return f"the part of train for early stopping ({share})", ", or model.validation_share to more"

    def _likes(self, interactions: Interactions) -> Array:
        """float32 (n,): 1 for ratings that reach the threshold."""
        return (interactions.rating >= self.settings.like_threshold).astype(np.float32)


def _first(count: int, total: int) -> Array:
    """float32 (total,): 1 for the first `count`."""
    return (np.arange(total) < count).astype(np.float32)
