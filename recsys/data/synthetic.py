"""A synthetic data set of any size with the marginals of MovieLens-100k and a known latent-factor structure.

Every user u and item i has latent factors p_u and q_i; their affinity is a(u, i) = p_u . q_i / sqrt(FACTORS). It
decides which items a user rates, and how:

    picks     the items of largest  log w_i + PICK a(u, i) + Gumbel noise   (w: popularity, a long tail)
    ratings   b_u + b_i + POPULAR log w_i + LIKE a(u, i) + N(0, 1), cut where 6, 11, 27, 34 and 21 % become 1 to 5

so that a model that learns a(u, i) beats popularity at ranking both. Genres, pictures and, weakly, demographics are
correlated with p and q; a user's items follow one coordinate of q in time, so that consecutive items are similar.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from annotated_types import Ge
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.data.sift_columns import SIZE
from recsys.dataset import Array, DataError, Dataset, Interactions, Vocabulary

# fmt: off
GENRES = ("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama",
          "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western")
GENRE_WEIGHTS = (1, 120, 70, 20, 60, 250, 55, 25, 360, 15, 12, 45, 28, 30, 125, 50, 125, 35, 14)
OCCUPATIONS = ("administrator", "artist", "doctor", "educator", "engineer", "entertainment", "executive", "healthcare",
               "homemaker", "lawyer", "librarian", "marketing", "none", "other", "programmer", "retired", "salesman",
               "scientist", "student", "technician", "writer")
# fmt: on
CURVE = (0.0611, 0.1137, 0.2714, 0.3417, 0.2121)  # of ratings 1 to 5, as in MovieLens-100k
FACTORS = 8
PICK, LIKE, POPULAR = 1.1, 1.0, 0.3
LEAST = 20  # ratings a user, where there are enough for all
DENSEST = 0.4  # of the items that the most active user rates
TAIL, FLOOR = 1.9, 0.015  # w = exponential(1) ** TAIL + FLOOR: the spread of MovieLens-100k's item counts
START, DAYS = 874_724_710, 215  # seconds; the span of MovieLens-100k
UNKNOWN_PICTURES = 0.01


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Synthetic:
    """Every user and every item has a rating, no pair two. The same seed gives the same data set."""

    name: str = "synthetic-100k"
    users: Annotated[int, Ge(2)] = 943
    items: Annotated[int, Ge(2)] = 1682
    ratings: Annotated[int, Ge(2)] = 100_000
    seed: Annotated[int, Ge(0)] = 1998

    def load(self) -> Dataset:
        """Raises `DataError` where the number of ratings does not fit those of users and items."""
        if self.name == "ml-100k":
            raise DataError("expected a name of its own for made-up data, got 'ml-100k'; change dataset.name")
        least, most = max(self.users, self.items), self.users * self.items
        if not least <= self.ratings <= most:
            raise DataError(
                f"{self.name}: expected {least} to {most} ratings, so that each of {self.users} users and "
                f"{self.items} items has one and no pair two, got {self.ratings}; change dataset.ratings"
            )
        # A stream for each part, so that a change to one leaves the others unchanged.
        streams = [np.random.default_rng(seed) for seed in np.random.SeedSequence(self.seed).spawn(5)]
        user_factors, user_table = _users(streams[0], self.users)
        item_factors, item_table = _items(streams[1], self.items)
        affinity = user_factors @ item_factors.T / np.sqrt(FACTORS)  # (users, items)
        popularity = streams[2].exponential(size=self.items) ** TAIL + FLOOR
        activity = _activity(streams[2], self.users, self.items, self.ratings)
        user, item = _picks(streams[2], affinity, popularity, activity)
        rating = _ratings(streams[3], affinity, popularity, user, item)
        time = _times(streams[4], user, item_factors[item, 0])
        shuffled = streams[4].permutation(self.ratings)
        return Dataset.of(
            self.name,
            Interactions.of(user[shuffled], item[shuffled], rating[shuffled], time[shuffled]),
            Vocabulary.of(range(1, self.users + 1)),
            Vocabulary.of(range(1, self.items + 1)),
            user_table=user_table,
            item_table=item_table,
            labels={"genres": GENRES},
            origin=f"made up, seed {self.seed}",
        )


def _users(rng: np.random.Generator, size: int) -> tuple[Array, dict[str, Array]]:
    """p (users, FACTORS) and the columns; gender and occupation move p a little."""
    occupation, female = rng.integers(len(OCCUPATIONS), size=size), rng.random(size) < 0.29
    shift = rng.normal(size=(len(OCCUPATIONS) + 1, FACTORS))
    user_factors = rng.normal(size=(size, FACTORS)) + 0.4 * shift[occupation] + 0.4 * shift[-1] * female[:, None]
    code = [f"{number:05d}" for number in rng.integers(501, 99950, size)]
    table = {
        "age": np.clip(rng.normal(34, 12, size).round(), 7, 73).astype(np.int32),
        "gender": np.where(female, "F", "M"),
        "occupation": np.array(OCCUPATIONS)[occupation],
        "zip": np.array(code),
        "zip_prefix": np.array([text[:3] for text in code]),
    }
    return user_factors, table


def _items(rng: np.random.Generator, size: int) -> tuple[Array, dict[str, Array]]:
    """q (items, FACTORS), the mean of its genres' factors plus noise; and the columns."""
    weights = np.array(GENRE_WEIGHTS) / sum(GENRE_WEIGHTS)
    n_genres = rng.choice([1, 2, 3], size, p=[0.5, 0.35, 0.15])
    order = np.argsort(rng.exponential(size=(size, len(GENRES))) / weights, axis=1)  # drawn without replacement
    flags = np.zeros((size, len(GENRES)), np.uint8)
    np.put_along_axis(flags, order, (np.arange(len(GENRES)) < n_genres[:, None]).astype(np.uint8), axis=1)
    flags[flags[:, 0] == 1, 1:] = 0  # an unknown genre has no others
    genre = rng.normal(size=(len(GENRES), FACTORS))
    of_genres = flags @ genre / np.sqrt(flags.sum(axis=1, keepdims=True))
    item_factors = of_genres * 0.8 + 0.6 * rng.normal(size=(size, FACTORS))
    year = np.maximum(1998 - rng.exponential(7, size).astype(int), 1922)
    day, month = rng.integers(1, 29, size), rng.integers(12, size=size)
    names = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    pictures, known = _pictures(rng, item_factors)
    table = {
        "title": np.array([f"Film {number} ({y})" for number, y in enumerate(year, 1)]),
        "released": np.array([f"{d:02d}-{names[m]}-{y}" for d, m, y in zip(day, month, year, strict=True)]),
        "year": year.astype(np.int32),
        "genres": flags,
        "sift": pictures,
        "sift_known": known,
    }
    return item_factors, table


def _pictures(rng: np.random.Generator, item_factors: Array) -> tuple[Array, Array]:
    """float32 (items, 128) of L2 norm 1, not negative, correlated with q; and bool (items,), False for means.

    Rounded, so that the last bits of a machine's exp and matrix product do not make another data set.
    """
    base = rng.gamma(2.0, size=SIZE)
    tilt = item_factors @ rng.normal(size=(FACTORS, SIZE)) / np.sqrt(FACTORS)
    raw = base * np.exp(0.3 * tilt + 0.15 * rng.normal(size=(len(item_factors), SIZE)))
    vectors = (raw / np.linalg.norm(raw, axis=1, keepdims=True)).round(6)
    unknown = rng.permutation(len(item_factors))[: max(1, round(UNKNOWN_PICTURES * len(item_factors)))]
    known = np.ones(len(item_factors), bool)
    known[unknown] = False
    vectors[unknown] = vectors[known].mean(axis=0).round(6)
    return vectors.astype(np.float32), known


def _activity(rng: np.random.Generator, users: int, items: int, ratings: int) -> Array:
    """int (users,): ratings of each user, at least LEAST where possible, a heavy tail, `ratings` in sum."""
    least = min(LEAST, ratings // users, items)
    density = ratings / (users * items)
    most = max(least, int(np.ceil(items * (DENSEST + (1 - DENSEST) * density))))
    weight = rng.lognormal(sigma=1.25, size=users)
    counts = np.full(users, least)
    while (remaining := ratings - counts.sum()) > 0:  # the excess over a user's limit is distributed again
        free = np.where(counts < most, weight, 0)
        more = np.minimum(np.floor(remaining * free / free.sum()).astype(int), most - counts)
        if not more.any():
            more[np.argsort(-free, kind="stable")[: min(remaining, np.count_nonzero(free))]] = 1
        counts += more
    return counts


def _picks(rng: np.random.Generator, affinity: Array, popularity: Array, activity: Array) -> tuple[Array, Array]:
    """user, item (n,): each user's items, drawn without replacement with probabilities ~ w_i exp(PICK a(u, i))."""
    key = np.log(popularity) + PICK * affinity + rng.gumbel(size=affinity.shape)  # Gumbel top-k
    order = np.argsort(-key, axis=1)
    rated = np.zeros(affinity.shape, bool)
    np.put_along_axis(rated, order, np.arange(affinity.shape[1]) < activity[:, None], axis=1)
    for item in np.flatnonzero(~rated.any(axis=0)):
        # Nobody rates it: the user with the largest key swaps it for the item of the least key that others rate, too.
        replaceable = rated & (rated.sum(axis=0) > 1)
        user = int(np.argmax(np.where(replaceable.any(axis=1), key[:, item], -np.inf)))
        dropped = int(np.argmin(np.where(replaceable[user], key[user], np.inf)))
        rated[user, dropped], rated[user, item] = False, True
    user, item = np.nonzero(rated)
    return user, item


def _ratings(rng: np.random.Generator, affinity: Array, popularity: Array, user: Array, item: Array) -> Array:
    """int (n,): 1 to 5 in the shares of CURVE; popular items are rated somewhat higher."""
    user_bias = 0.45 * rng.normal(size=affinity.shape[0])
    item_bias = 0.45 * rng.normal(size=affinity.shape[1]) + POPULAR * np.log(popularity)
    utility = user_bias[user] + item_bias[item] + LIKE * affinity[user, item] + rng.normal(size=len(user))
    return 1 + np.searchsorted(np.quantile(utility, np.cumsum(CURVE)[:-1]), utility)


def _times(rng: np.random.Generator, user: Array, along: Array) -> Array:
    """int64 (n,) seconds: a few sessions a user, in each several ratings a minute and many in the same second.

    A user goes through the items in the order of `along`, one coordinate of q, and some noise.
    """
    order = np.lexsort((along + 0.7 * rng.normal(size=len(user)), user))
    first = np.append(True, np.diff(user[order]) > 0)
    new = first | (rng.random(len(user)) < 0.01)  # the start of a session
    pause = rng.exponential(5 * 86_400, size=len(user)).astype(np.int64)
    step = np.where(rng.random(len(user)) < 0.6, 0, rng.integers(1, 60, len(user)))
    step[new] = pause[new]
    step[first] = rng.integers(0, DAYS * 86_400 // 2, int(first.sum()))
    elapsed = np.cumsum(step)
    first_rows = np.flatnonzero(first)
    start = np.repeat(elapsed[first_rows] - step[first_rows], np.diff(np.append(first_rows, len(user))))
    time = np.empty(len(user), np.int64)
    time[order] = START + (elapsed - start)
    return time
