"""Small data sets with known answers, for the tests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recsys.dataset import Array, Dataset, Interactions, Vocabulary
from recsys.evaluation.splits import Split


def ratings(
    rows: Sequence[tuple[int, int, float]],
    users: int,
    items: int,
    times: Sequence[int] | None = None,
    folds: Sequence[int] | None = None,
) -> Dataset:
    """A data set of (user row, item row, rating) triples; ids are 100 + row for users and 500 + row for items."""
    user, item, rating = (np.array(column) for column in zip(*rows, strict=True))
    interactions = Interactions.of(
        user, item, rating, None if times is None else np.array(times), None if folds is None else np.array(folds)
    )
    return Dataset.of(
        "world", interactions, Vocabulary.of(range(100, 100 + users)), Vocabulary.of(range(500, 500 + items))
    )


def split(train: Dataset, test: Sequence[tuple[int, int, float]], seed: int = 5) -> Split:
    """A split with the train set given and a test set over the same users and items."""
    return Split(1, seed, train, ratings(test, len(train.users), len(train.items)))


def dense(seed: int, users: int = 40, items: int = 60, share: float = 0.5) -> Dataset:
    """Random ratings from 1 to 5 for random cells, in random order, with increasing times."""
    rng = np.random.default_rng(seed)
    user, item = np.nonzero(rng.random((users, items)) < share)
    order = rng.permutation(len(user))
    rating = rng.integers(1, 6, len(user))
    rows = list(zip(user[order].tolist(), item[order].tolist(), rating.tolist(), strict=True))
    return ratings(rows, users, items, times=range(1, len(rows) + 1))


def crossing(seed: int = 1) -> Dataset:
    """60 users of two genders and 40 items of two genres: a user likes an item, 5 stars, if and only if genre 0 meets
    gender 'a' or genre 1 gender 'b', and gives it 1 star otherwise.

    Every gender and genre is liked as often as not, so that no sum of user and item effects predicts
    anything. The last 20 users and the last 10 items have no ratings: only gender and genre are known of them.
    """
    rng = np.random.default_rng(seed)
    gender, genre = np.arange(60) % 2, np.arange(40) % 2
    rows = [(u, i, 5.0 if gender[u] == genre[i] else 1.0) for u in range(40) for i in range(30) if rng.random() < 0.6]
    plain = ratings(rows, 60, 40)
    return Dataset.of(
        plain.name,
        plain.interactions,
        plain.users,
        plain.items,
        user_table={"gender": np.array(["a", "b"])[gender]},
        item_table={"genres": np.eye(2, dtype=np.uint8)[genre]},
        labels={"genres": ("0", "1")},
    )


def clustered(rng: np.random.Generator, worlds: int, users: int = 200, repeats: int = 3) -> Array:
    """(repeats, users, worlds): paired differences of two models that are equally good, for seeds on one test set.

    A user's difference is mostly the user's own in all repeats (skewed values of two models that are exchangeable),
    and partly the seed's. A third of the users is missing in each repeat.
    """
    own = np.subtract(*rng.exponential(0.15, (2, users, worlds)))
    values = own + rng.normal(0, 0.1, (repeats, users, worlds))
    return np.where(rng.random((repeats, users, 1)) < 1 / 3, np.nan, values)
