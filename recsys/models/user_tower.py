"""Two towers, for the first of two stages: few candidates out of many items, found by an index of the items' vectors.

    score(u, i) = cos(f([profile of u; mean embedding of what u liked]), g([fields of i]))     Jin 2025, eq. 1 and 2

f and g are networks of one hidden layer. It learns likes by a softmax over the items of a batch, which are as frequent
there as they are popular; the logarithm of that frequency is taken off each logit, lest popular items, the negatives
most often, be scored too low (Yi et al. 2019, Sampling-Bias-Corrected Neural Modeling, RecSys).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Lt
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import Array, Dataset, read_only
from recsys.features.factors import inner_products
from recsys.features.fields import one_hot
from recsys.features.histories import Histories
from recsys.features.likes import expect_likes
from recsys.recommender import Diverged, Objective, pairs_from_grid

Size = Annotated[int, Ge(1)]
Positive = Annotated[float, Gt(0)]


@dataclass(frozen=True, slots=True)
class TowerScorer:
    """user_vectors: float32 (n_users, d); item_vectors: float32 (n_items, d), all of length 1, for an index."""

    user_vectors: Array
    item_vectors: Array

    @property
    def probabilities(self) -> Collection[Objective]:
        return ()

    def grid(self, users: Array, objective: Objective) -> Array:
        return inner_products(self.user_vectors[users], self.item_vectors)

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        return pairs_from_grid(lambda users: self.grid(users, objective), users, items)


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class UserTower:
    """Settings.

    like_threshold     a rating of at least this is a like
    user_fields, item_fields   columns of the data set, one-hot; those it does not have are left out
    length             of the history, the most recent likes
    embedding_dim      of every field; hidden, dim: units of the hidden layers and of the vectors
    temperature        by which cosines are divided
    weight_decay       of matrices
    validation_share   share of the likes that early stopping looks at
    epochs             at most; it stops when the validation loss has not fallen for `patience` epochs
    """

    like_threshold: float = 4.0
    user_fields: tuple[str, ...] = ("age", "gender", "occupation", "zip_prefix")
    item_fields: tuple[str, ...] = ("year", "genres")
    length: Size = 100
    embedding_dim: Size = 64
    hidden: Size = 128
    dim: Size = 64
    temperature: Positive = 0.2
    weight_decay: Annotated[float, Ge(0)] = 0.0
    learning_rate: Positive = 2e-3
    batch_size: Annotated[int, Ge(2)] = 512
    epochs: Size = 30
    patience: Size = 3
    validation_share: Annotated[float, Gt(0), Lt(1)] = 0.05

    def fit(self, train: Dataset, seed: int) -> TowerScorer:
        """Raises `DataError` where no rating is a like, and `Diverged` where a loss is not finite."""
        from recsys.nn.user_tower import Architecture, Items, Users, towers

        expect_likes(train.name, train.interactions.rating, self.like_threshold)
        likes = train.interactions.take(train.interactions.rating >= self.like_threshold)
        rng = np.random.default_rng([seed, 1])
        fields = one_hot(train, self.user_fields, self.item_fields)
        profile = fields.user_categorical[:, 1:]  # the history stands for the user, in place of the id
        items = Items(fields.item_categorical, fields.item_multi_hot)
        program = towers(
            Architecture(
                n_embeddings=fields.n_embeddings,
                embedding_dim=self.embedding_dim,
                user_fields=profile.shape[1],
                item_fields=items.categorical.shape[1],
                multi_hot=fields.multi_hot,
                hidden=self.hidden,
                dim=self.dim,
                temperature=self.temperature,
                weight_decay=self.weight_decay,
            )
        )

        def users(of: Array) -> Users:
            histories = Histories.of(likes.take(of), len(train.users), self.length)
            return Users(profile, items.categorical[:, 0][histories.item], histories.mask)

        program.start(int(rng.integers(1 << 31)))
        held_out = np.zeros(len(likes), bool)
        held_out[rng.permutation(len(likes))[: round(self.validation_share * len(likes))]] = True
        learning, validation, known = likes.take(~held_out), likes.take(held_out), users(~held_out)
        share = np.bincount(learning.item, minlength=len(train.items)) / len(learning)
        log_share = np.log(np.maximum(share, 1 / len(learning))).astype(np.float32)
        best, best_loss, waited = program.read(), np.inf, 0
        for epoch in range(1, self.epochs + 1):
            order = np.resize(rng.permutation(len(learning)), max(len(learning), self.batch_size))
            for start in range(0, len(order) - self.batch_size + 1, self.batch_size):
                rows = order[start : start + self.batch_size]
                user, item = learning.user[rows], learning.item[rows]
                loss = program.train_step(known.take(user), items.take(item), item, log_share[item], self.learning_rate)
                if not np.isfinite(float(loss)):
                    raise Diverged.at("user_tower", f"epoch {epoch}", "model.learning_rate", self.learning_rate)
            if not len(validation):
                best = program.read()
                continue
            vectors = program.user_vectors(known), program.item_vectors(items)
            found = _log_loss(TowerScorer(*vectors), validation.user, validation.item, self.temperature)
            if found < best_loss:
                best, best_loss, waited = program.read(), found, 0
            else:
                waited += 1
                if waited == self.patience:
                    break
        program.write(best)
        vectors = program.user_vectors(users(np.ones(len(likes), bool))), program.item_vectors(items)
        return TowerScorer(read_only(vectors[0]), read_only(vectors[1]))


ROWS = 512
"""Pairs whose scores of all items are held at a time."""


def _log_loss(scorer: TowerScorer, user: Array, item: Array, temperature: float) -> float:
    """The mean of -log softmax over all items, at the pairs."""
    total = 0.0
    for start in range(0, len(user), ROWS):
        rows = slice(start, start + ROWS)
        logits = scorer.grid(user[rows], "implicit").astype(np.float64) / temperature
        logits -= logits.max(axis=1, keepdims=True)
        total += (np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(logits)), item[rows]]).sum()
    return total / len(user)
