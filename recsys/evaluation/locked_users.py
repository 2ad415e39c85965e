"""A tenth of the users, told by their ids alone, whom no choice of settings may look at, and the splits that follow.

    locked(u)  where  SHA-256(SALT + id of u), its first 8 bytes as a number in [0, 1), is below the share

Which users these are depends on nothing but their ids: not on a seed, on the order of the file, nor on other users.
`Tuning` splits the ratings of all other users, for choosing settings; `Locked` tests what was chosen, on users whom the
choice has not seen.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import Array, DataError, Dataset, Vocabulary
from recsys.evaluation.splits import (
    Only,
    RandomSplit,
    Repeated,
    Repeats,
    Seed,
    Share,
    Split,
    distinct,
    ids_digest,
    seed_of,
)
from recsys.task import Facts

SALT = "locked away from all choosing: "
SHARE = 0.1
WORDS = "locked users"
"""What the description of the split of these users begins with."""


def locked(users: Vocabulary, share: float = SHARE) -> Array:
    """bool (n_users,): whether a user is locked."""
    digests = (hashlib.sha256(f"{SALT}{id_}".encode()).digest() for id_ in users.ids.tolist())
    return np.array([int.from_bytes(digest[:8], "big") / 2**64 < share for digest in digests], bool)


@dataclass(frozen=True, slots=True)
class Count:
    """How much is locked away; users: those with a rating."""

    users: int
    of_users: int
    ratings: int
    of_ratings: int

    @classmethod
    def of(cls, dataset: Dataset, share: float = SHARE) -> Count:
        users = dataset.interactions.user
        mask = locked(dataset.users, share)
        rated = distinct(users)
        return cls(int(mask[rated].sum()), len(rated), int(mask[users].sum()), len(users))

    def describe(self) -> str:
        users, ratings = self.users / self.of_users, self.ratings / self.of_ratings
        return f"{self.users} of {self.of_users} users ({users:.1%}), with {ratings:.1%} of the ratings"


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Tuning(Repeated):
    """Random splits of the ratings of users who are not locked; those of the others are in no part of it.

    share          of these ratings that go to test, as in `RandomSplit`
    locked_share   of the users, see `locked`
    """

    repeats: Repeats = 3
    seed: Seed = 1
    share: Share = 0.2
    locked_share: Share = SHARE
    only: Only = None

    def split(self, dataset: Dataset, number: int) -> Split:
        rest = ~locked(dataset.users, self.locked_share)[dataset.interactions.user]
        if not rest.any():
            raise DataError(f"{dataset.name}: expected users that are not locked, got none; use split=random")
        return self._random.split(dataset.take(rest), number)

    def describe(self) -> str:
        return f"without the locked users ({self.locked_share:g} of all), {self._random.describe()}"

    @property
    def _random(self) -> RandomSplit:
        return RandomSplit(self.repeats, self.seed, self.share, self.only)


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Locked(Repeated):
    """The last ratings of each locked user by time are the test; all others, of all users, are train.

    share          of a user's ratings: round(share * n) of n, from 1 to n - 1. Equal times keep the file's order
    locked_share   of the users, see `locked`

    A locked user with one rating keeps it in train. The split is the same in every repeat: repeats differ in
    initialisation, sampling and ties alone. The facts:
    test_users, test_ratings
    users_tied_at_cut   share of the test's users whose first test rating has the time of their last train rating, so
                        that the order of the source's rows decides which one is tested
    test_ids            see `ids_digest`
    """

    repeats: Repeats = 3
    seed: Seed = 1
    share: Share = 0.2
    locked_share: Share = SHARE
    only: Only = None

    @property
    def resamples(self) -> bool:
        return False

    def split(self, dataset: Dataset, number: int) -> Split:
        interactions = dataset.interactions
        if not interactions.time.any():
            raise DataError(f"{dataset.name} has no times, which split=locked needs; use split=random")
        order = np.lexsort((interactions.time, interactions.user))  # stable: equal times keep the file's order
        user, size = interactions.user[order], np.bincount(interactions.user, minlength=len(dataset.users))
        from_end = np.cumsum(size)[user] - np.arange(len(user))  # 1 for a user's last rating
        held_out = np.where(size > 1, np.clip(np.round(self.share * size), 1, np.maximum(size - 1, 1)), 0)
        test = np.zeros(len(user), bool)
        test[order] = (from_end <= held_out[user]) & locked(dataset.users, self.locked_share)[user]
        if not test.any():
            raise DataError(
                f"{dataset.name}: expected locked users with two ratings or more, got none of "
                f"{np.count_nonzero(size)}; raise split.locked_share, or use split=random"
            )
        held, ordered = dataset.take(test), interactions.time[order]
        first = np.flatnonzero(test[order] & (from_end == held_out[user]))  # places of users' first test ratings
        facts: Facts = {
            "test_users": len(first),
            "test_ratings": len(held),
            "users_tied_at_cut": int((ordered[first] == ordered[first - 1]).sum()) / len(first),
            "test_ids": ids_digest(held),
        }
        return Split(number, seed_of(self.seed, number), dataset.take(~test), held, facts)

    def describe(self) -> str:
        return f"{WORDS} ({self.locked_share:g} of all), the last {self.share:g} of each one's ratings by time"
