"""What the other ratings say of a (user, item) pair, as numbers that do not give the pair's own rating away.

A row's own rating must not stand in its own features, or a model learns to read it there. So train is dealt to F folds:
the features of a row of fold f are made of the ratings outside f, those of a pair that is not in train of all ratings.
K-fold, never leave-one-out: there, a user's mean without one row tells that row's rating exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys import thread_pool
from recsys.dataset import Array, Dataset, Interactions, read_only
from recsys.features.item_item import KINDS, ItemItem, ItemItemModel, ItemItemSettings, RowScale
from recsys.features.target_encoding import TargetEncoding, encode

CHUNK, CELLS = 256, 1 << 22
"""Users whose grid a thread makes at a time, and cells of the grids of all threads, at most."""


@dataclass(frozen=True, slots=True)
class PairFeatureSettings:
    """Which features, and their settings.

    like_threshold     a rating of at least this is a like
    target_encoding    whether those of user and item are among them; target_encoding_damping: see `encode`
    item_item_models   whose scores are among them; item_item: their settings
    """

    like_threshold: float
    target_encoding: bool
    target_encoding_damping: float
    item_item_models: tuple[ItemItemModel, ...]
    item_item: ItemItemSettings

    def fit(self, interactions: Interactions, n_users: int, n_items: int) -> PairFeatures:
        """What these ratings say."""
        encoding = None
        if self.target_encoding:
            encoding = encode(interactions, n_users, n_items, self.like_threshold, self.target_encoding_damping)
        models = (KINDS[kind](interactions, n_users, n_items, self.item_item) for kind in self.item_item_models)
        return PairFeatures(encoding, tuple(models), n_items)


@dataclass(frozen=True, slots=True)
class PairFeatures:
    """What one set of ratings says; target encoding of user and item, or None, and item-item models."""

    target_encoding: TargetEncoding | None
    item_item_models: tuple[ItemItem, ...]
    n_items: int

    @property
    def size(self) -> int:
        """Number of features d."""
        sides = (self.target_encoding.user, self.target_encoding.item) if self.target_encoding else ()
        return sum(side.shape[1] for side in sides) + len(self.item_item_models)

    def grid(self, users: Array) -> Array:
        """float32 (len(users), n_items, d): encodings, then each item-item model's scores in units of their row."""
        grid = np.empty((len(users), self.n_items, self.size), np.float32)
        column = 0
        if self.target_encoding:
            sides = (self.target_encoding.user[users][:, None], self.target_encoding.item[None])
            for side in sides:
                grid[:, :, column : column + side.shape[2]] = side
                column += side.shape[2]
        for model in self.item_item_models:
            scores = model.grid(users)
            grid[:, :, column] = RowScale.of(scores).rows(scores)
            column += 1
        return grid

    def pairs(self, users: Array, items: Array) -> Array:
        """float32 (n, d): the same for pairs."""
        features = np.empty((len(users), self.size), np.float32)
        first_score = self.size - len(self.item_item_models)
        order = np.argsort(users, kind="stable")
        distinct, start = np.unique(users[order], return_index=True)
        ends = np.append(start, len(order))
        step = min(CHUNK, max(1, CELLS // thread_pool.allowed() // self.n_items))

        def fill(first: int) -> None:
            chunk = distinct[first : first + step]
            rows = order[ends[first] : ends[first + len(chunk)]]
            row, item = np.searchsorted(chunk, users[rows]), items[rows]
            if encoding := self.target_encoding:
                features[rows, :first_score] = np.hstack([encoding.user[chunk][row], encoding.item[item]])
            for column, model in enumerate(self.item_item_models, first_score):
                scores = model.grid(chunk)
                features[rows, column] = RowScale.of(scores).cells(row, scores[row, item])

        with thread_pool.pool() as in_threads:
            list(in_threads(fill, range(0, len(distinct), step)))
        return features


@dataclass(frozen=True, slots=True)
class OutOfFold:
    """fold: int8 (n,), the fold of each row of train; without: the features without each fold; whole: with all."""

    fold: Array
    without: tuple[PairFeatures, ...]
    whole: PairFeatures

    def rows(self, users: Array, items: Array, fold: Array) -> Array:
        """float32 (n, d): the features of pairs as if each stood in the fold given."""
        rows = np.empty((len(users), self.whole.size), np.float32)
        for number, features in enumerate(self.without):
            mask = fold == number
            rows[mask] = features.pairs(users[mask], items[mask])
        return rows


def out_of_fold(train: Dataset, n_folds: int, settings: PairFeatureSettings, seed: int) -> OutOfFold:
    """Deals the rows to folds of equal sizes and fits the features without each, and on all."""
    fold = (np.random.default_rng(seed).permutation(len(train.interactions)) % n_folds).astype(np.int8)
    subsets = [*(train.interactions.take(fold != number) for number in range(n_folds)), train.interactions]
    *without, whole = (settings.fit(subset, len(train.users), len(train.items)) for subset in subsets)
    return OutOfFold(read_only(fold), tuple(without), whole)
