"""Rows of likes and of what is no like, to learn from and to stop by: ratings, or likes against negatives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.dataset import Array, DataError, Dataset, Interactions
from recsys.features import negative_sampling
from recsys.features.held_out import Validation, held_out
from recsys.features.likes import expect_both, expect_likes


@dataclass(frozen=True, slots=True)
class Rows:
    """user, item: int (n,); label: float32 (n,), 1 for a like, else 0."""

    user: Array
    item: Array
    label: Array


@dataclass(frozen=True, slots=True)
class PreferenceRows:
    """Train in two, with what is no like.

    like_threshold      a rating of at least this is a like
    dislike_threshold   a rating of at most this that is no like is a hard negative among samples; None: there are none
    negatives           items without a rating that are drawn for each like
    validation, share   what is set apart for early stopping, and how much
    learning, unseen    the rest of train, and what is set apart
    known               int (k,): the items with a row to learn from
    """

    train: Dataset
    like_threshold: float
    dislike_threshold: float | None
    negatives: int
    validation: Validation
    share: float
    learning: Interactions
    unseen: Interactions
    known: Array

    @classmethod
    def of(
        cls,
        train: Dataset,
        like_threshold: float,
        dislike_threshold: float | None,
        negatives: int,
        validation: Validation,
        share: float,
        rng: np.random.Generator,
    ) -> PreferenceRows:
        """Raises `DataError` where nothing is left to learn from."""
        apart = held_out(train.interactions, validation, share, rng)
        if apart.all():
            least = "at least 2 train ratings" if validation == "rows" else "train ratings of at least 2 items"
            raise DataError(f"{train.name}: expected {least}, got {len(apart)}; use a larger train set")
        learning, unseen = train.interactions.take(~apart), train.interactions.take(apart)
        settings = like_threshold, dislike_threshold, negatives, validation, share
        return cls(train, *settings, learning, unseen, np.unique(learning.item))

    def observed(self) -> Rows:
        """The ratings to learn from; raises `DataError` where there is no like, or nothing else."""
        expect_both(
            self.train.name,
            self.learning.rating,
            self.like_threshold,
            remedy=", or pass model.objective=implicit if all are likes",
        )
        return self._rated(self.learning)

    def observed_unseen(self) -> Rows:
        """The ratings set apart."""
        return self._rated(self.unseen)

    def sampled(self, rng: np.random.Generator) -> Rows:
        """The likes to learn from, hard negatives, and negatives that are drawn among the items to learn from: an item
        without a rating is not learned to be one that nobody rates."""
        expect_likes(self.train.name, self.learning.rating, self.like_threshold)
        return self._against(self.learning, self.known, rng)

    def sampled_unseen(self, rng: np.random.Generator) -> Rows:
        """The same of what is set apart. Where that is items, negatives are drawn among these, which are as new."""
        part = f"the part of train for early stopping (model.validation_share={self.share:g})"
        remedy = ", or model.validation_share to more"
        expect_likes(self.train.name, self.unseen.rating, self.like_threshold, part, remedy)
        pool = self.known if self.validation == "rows" else np.unique(self.unseen.item)
        return self._against(self.unseen, pool, rng)

    def _rated(self, rows: Interactions) -> Rows:
        return Rows(rows.user, rows.item, (rows.rating >= self.like_threshold).astype(np.float32))

    def _against(self, rows: Interactions, pool: Array, rng: np.random.Generator) -> Rows:
        """pool: items that negatives are drawn from; none of them is rated by the user anywhere in train."""
        likes = rows.take(rows.rating >= self.like_threshold)
        lowest = -np.inf if self.dislike_threshold is None else self.dislike_threshold
        hard = rows.take((rows.rating <= lowest) & (rows.rating < self.like_threshold))
        place = np.full(len(self.train.items), -1)
        place[pool] = np.arange(len(pool))
        rated = self.train.interactions.take(place[self.train.interactions.item] >= 0)
        among = Interactions.of(rated.user, place[rated.item])
        user, drawn = negative_sampling.draw(among, np.repeat(likes.user, self.negatives), len(pool), rng)
        if not len(hard) + len(user):
            raise DataError(
                f"{self.train.name}: expected low ratings, or items that users with a like have not rated, as "
                "negatives to learn from, got none; use model.objective=rating"
            )
        users, items = [likes.user, hard.user, user], [likes.item, hard.item, pool[drawn]]
        label = np.arange(sum(map(len, users))) < len(likes)
        return Rows(np.concatenate(users), np.concatenate(items), label.astype(np.float32))
