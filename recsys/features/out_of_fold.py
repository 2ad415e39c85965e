"""What the other ratings say of a (user, item) pair, as numbers that do not give the pair's own rating away.

A row's own rating must not stand in its own features, or a model learns to read it there. So train is dealt to F folds:
the features of a row of fold f are made of the ratings outside f, those of a pair that is not in train of all ratings.
K-fold, never leave-one-out: there, a user's mean without one row tells that row's rating exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys.dataset import Array, Dataset, Interactions, read_only
from recsys.features.item_item import KINDS, ItemItem, ItemItemModel, ItemItemSettings
from recsys.features.target_encoding import TargetEncoding, encode

CHUNK = 256
"""Users whose grid is made at a time."""


@dataclass(frozen=True, slots=True)
class PairFeatures:
    """What one set of ratings says; encodings of user and item, or None, and item-item models."""

    encodings: TargetEncoding | None
    neighbours: tuple[ItemItem, ...]
    n_items: int

    @property
    def size(self) -> int:
        """Number of features d."""
        sides = (self.encodings.user, self.encodings.item) if self.encodings else ()
        return sum(side.shape[1] for side in sides) + len(self.neighbours)

    def grid(self, users: Array) -> Array:
        """float32 (len(users), n_items, d): encodings, then each item-item model's scores, standardised per user.

        A user's scores grow with the number of ratings that they are sums over, so that those of different users, and
        of the same user with and without a fold, compare only in units of their own spread.
        """
        grid = np.empty((len(users), self.n_items, self.size), np.float32)
        place = 0
        if self.encodings:
            sides = (self.encodings.user[users][:, None], self.encodings.item[None])
            for side in sides:
                grid[:, :, place : place + side.shape[2]] = side
                place += side.shape[2]
        for model in self.neighbours:
            scores = model.grid(users)
            spread = scores.std(axis=1, keepdims=True)
            grid[:, :, place] = (scores - scores.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1)
            place += 1
        return grid

    def pairs(self, users: Array, items: Array) -> Array:
        """float32 (n, d): the same for pairs."""
        found = np.empty((len(users), self.size), np.float32)
        order = np.argsort(users, kind="stable")
        distinct, start = np.unique(users[order], return_index=True)
        for first in range(0, len(distinct), CHUNK):
            chunk = distinct[first : first + CHUNK]
            end = start[first + CHUNK] if first + CHUNK < len(distinct) else len(order)
            rows = order[start[first] : end]
            found[rows] = self.grid(chunk)[np.searchsorted(chunk, users[rows]), items[rows]]
        return found


@dataclass(frozen=True, slots=True)
class OutOfFold:
    """fold: int8 (n,), the fold of each row of train; without: what is known without each fold; whole: with all."""

    fold: Array
    without: tuple[PairFeatures, ...]
    whole: PairFeatures

    def rows(self, users: Array, items: Array, fold: Array) -> Array:
        """float32 (n, d): the features of pairs as if each stood in the fold given."""
        found = np.empty((len(users), self.whole.size), np.float32)
        for number, features in enumerate(self.without):
            chosen = fold == number
            found[chosen] = features.pairs(users[chosen], items[chosen])
        return found


def fit_pair_features(
    interactions: Interactions,
    n_users: int,
    n_items: int,
    encodings: bool,
    neighbours: Sequence[ItemItemModel],
    item_item: ItemItemSettings,
    threshold: float,
) -> PairFeatures:
    """What the ratings say; `threshold`: a rating of at least this is a like."""
    encoded = encode(interactions, n_users, n_items, threshold) if encodings else None
    return PairFeatures(
        encoded, tuple(KINDS[kind](interactions, n_users, n_items, item_item) for kind in neighbours), n_items
    )


def out_of_fold(
    train: Dataset,
    count: int,
    encodings: bool,
    neighbours: Sequence[ItemItemModel],
    item_item: ItemItemSettings,
    threshold: float,
    seed: int,
) -> OutOfFold:
    """Deals the rows to `count` folds of equal sizes and learns what each leaves over."""
    fold = (np.random.default_rng(seed).permutation(len(train.interactions)) % count).astype(np.int8)
    logs = [*(train.interactions.take(fold != number) for number in range(count)), train.interactions]
    *without, whole = (
        fit_pair_features(interactions, len(train.users), len(train.items), encodings, neighbours, item_item, threshold)
        for interactions in logs
    )
    return OutOfFold(read_only(fold), tuple(without), whole)
