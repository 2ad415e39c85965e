"""How a data set becomes pairs of train and test."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt, Le, Lt
from pydantic import AfterValidator, ConfigDict, ValidationInfo
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import Array, DataError, Dataset
from recsys.task import Facts

Repeats = Annotated[int, Ge(1)]
Seed = Annotated[int, Ge(0)]
Share = Annotated[float, Gt(0), Lt(1)]


def _distinct(only: tuple[int, ...] | None, info: ValidationInfo) -> tuple[int, ...] | None:
    repeats: int = info.data.get("repeats", 0)  # absent where it was not valid itself, which is reported already
    if only is not None and (not only or len(set(only)) < len(only) or not set(only) <= set(range(1, repeats + 1))):
        raise ValueError(f"expected distinct repeats from 1 to {repeats}, got {list(only)}")
    return only


Only = Annotated[tuple[int, ...] | None, AfterValidator(_distinct)]
"""The repeats to run, each as it would be among all; None: all."""


@dataclass(frozen=True, slots=True)
class Split:
    """One repeat: what a model may see (train) and what it is measured on (test).

    repeat   1, 2, ...
    seed     of everything drawn in this repeat after the split itself: initialisations, sampling, ties
    facts    see `recsys.task.Split`
    """

    repeat: int
    seed: int
    train: Dataset
    test: Dataset
    facts: Facts = field(default_factory=dict[str, int | float | str])

    @property
    def digest(self) -> str:
        """SHA-256 of the test rows' (user, item) row numbers in sorted order, 16 hexadecimal digits."""
        interactions = self.test.interactions
        pairs = np.sort(interactions.user.astype("<i8") * len(self.test.items) + interactions.item)
        return hashlib.sha256(pairs.tobytes()).hexdigest()[:16]


def of_some_users(split: Split, count: int) -> Split:
    """The same split with the test rows of `count` users, drawn from its seed; with all where there are no more."""
    drawn = np.random.default_rng(np.random.SeedSequence(split.seed).spawn(1)[0]).permutation(len(split.test.users))
    tested = np.zeros(len(drawn), bool)
    tested[split.test.interactions.user] = True
    some = drawn[tested[drawn]][:count]
    return replace(split, test=split.test.take(np.isin(split.test.interactions.user, some)))


def distinct(rows: Array) -> Array:
    """The row numbers of a vocabulary that occur, ascending; as `np.unique`, which hashes millions for minutes."""
    return np.flatnonzero(np.bincount(rows)).astype(rows.dtype)


def ids_digest(test: Dataset) -> str:
    """SHA-256 of the test rows' (user id, item id) in sorted order, 16 hexadecimal digits.

    By the data's own ids: copies of a data set in another order have the same one where they test the same pairs.
    """
    users, items = test.users.ids[test.interactions.user], test.items.ids[test.interactions.item]
    pairs = sorted(f"{user}\t{item}" for user, item in zip(users.tolist(), items.tolist(), strict=True))
    return hashlib.sha256("\n".join(pairs).encode()).hexdigest()[:16]


def sequence(seed: int, repeat: int) -> np.random.SeedSequence:
    """The randomness of repeat r: drawn from [seed, r], so that repeat 7 alone equals repeat 7 among ten."""
    return np.random.SeedSequence([seed, repeat])


def _split(dataset: Dataset, seed: int, repeat: int, test: Array) -> Split:
    """`test` is a mask over the log's rows."""
    return Split(repeat, seed_of(seed, repeat), dataset.take(~test), dataset.take(test))


def seed_of(seed: int, repeat: int) -> int:
    """`Split.seed` of repeat r."""
    return int(sequence(seed, repeat).generate_state(1)[0])


class Repeated:
    """What splitters share: the repeats that are asked for, out of 1 to `repeats`."""

    repeats: Repeats
    only: Only

    @property
    def resamples(self) -> bool:
        return True

    @property
    def numbers(self) -> Sequence[int]:
        return range(1, self.repeats + 1) if self.only is None else sorted(self.only)

    def splits(self, dataset: Dataset) -> Iterator[Split]:
        """All of them, one after the other."""
        return (self.split(dataset, number) for number in self.numbers)

    def split(self, dataset: Dataset, number: int) -> Split:
        """The repeat of this number."""
        raise NotImplementedError


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class OneSplit(Repeated):
    """What splitters with a single split share: repeats differ in initialisation, sampling and ties alone."""

    repeats: Repeats = 1
    seed: Seed = 1
    only: Only = None

    @property
    def resamples(self) -> bool:
        return False


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class RandomSplit(Repeated):
    """Every rating goes to test with the same chance, whoever gave it and whenever: round(share * n) rows of n.

    Random splits let a model learn from events later than those it is tested on; `GlobalTime` does not.

    sample   share of the data set's ratings, drawn anew in each repeat, that are split; the others are left out
    varies   what differs from repeat to repeat: rows, the split; seed, all that is drawn after it (initialisations,
             sampling, ties); both. What does not vary is that of repeat 1.
    """

    repeats: Repeats = 10
    seed: Seed = 1
    share: Share = 0.2
    only: Only = None
    sample: Annotated[float, Gt(0), Le(1)] = 1.0
    varies: Literal["both", "rows", "seed"] = "both"

    @property
    def resamples(self) -> bool:
        return self.varies != "seed"

    def split(self, dataset: Dataset, number: int) -> Split:
        rows = round(self.sample * len(dataset.interactions))
        size = round(self.share * rows)
        if not 0 < size < rows:
            raise DataError(
                f"{dataset.name}: a test share of {self.share} of {rows} ratings leaves train or test empty"
            )
        drawn, after = (1 if self.varies == fixed else number for fixed in ("seed", "rows"))
        order = np.random.default_rng(sequence(self.seed, drawn)).permutation(len(dataset.interactions))
        test, train = np.sort(order[:size]), np.sort(order[size:rows])  # in the order of the source
        return Split(number, seed_of(self.seed, after), dataset.take(train), dataset.take(test))

    def describe(self) -> str:
        sample = "" if self.sample == 1 else f" in a sample of {self.sample:g} of them"
        fixed = {"both": "", "rows": ", one seed for all fits", "seed": ", one split for all repeats"}[self.varies]
        return f"random, {self.share:g} of the ratings{sample}, seed {self.seed}{fixed}"


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Cold(Repeated):
    """Newcomers: some items (or users) have all their ratings in test, so that train holds not one of them.

    side    whose; round(share * n) of the n that have a rating are drawn, each with the same chance
    A model has nothing to go by but what the data set's tables say of them.
    """

    repeats: Repeats = 10
    seed: Seed = 1
    share: Share = 0.2
    side: Literal["items", "users"] = "items"
    only: Only = None

    def split(self, dataset: Dataset, number: int) -> Split:
        rows = dataset.interactions.item if self.side == "items" else dataset.interactions.user
        rated = distinct(rows)
        size = round(self.share * len(rated))
        if not 0 < size < len(rated):
            raise DataError(
                f"{dataset.name}: a test share of {self.share} of {len(rated)} {self.side} leaves train or test empty"
            )
        cold = np.random.default_rng(sequence(self.seed, number)).permutation(rated)[:size]
        return _split(dataset, self.seed, number, np.isin(rows, cold))

    def describe(self) -> str:
        return f"cold {self.side}, {self.share:g} of them without a train rating, seed {self.seed}"


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class LeaveOneOut(OneSplit):
    """One event of each user is the test.

    event   last: by time; of equal times, the source's last row. last_but_one: the same of what is before it, for
            choosing settings: the last events, which `last` tests, are in no part. random: any of the user's events,
            each with the same chance, for data without times

    Users with one event stay in train.
    The split is the same in every repeat: repeats differ in initialisation, sampling and ties alone.

    With `last`, no later event of the same user is in train, but later ones of other users are. The facts; the first
    two are known only there, where times are seconds:
    train_ratings_later_than_test   mean over the test events of the share of train ratings with a later time
    users_tied_at_last_event        share of the test's users whose last two events have equal times, so that the order
                                    of the source's rows decides which one is tested
    test_ids                        see `ids_digest`
    """

    event: Literal["last", "last_but_one", "random"] = "last"

    def split(self, dataset: Dataset, number: int) -> Split:
        if self.event == "last_but_one":
            dataset = replace(self, event="last").split(dataset, number).train
        interactions, by_time = dataset.interactions, self.event != "random"
        if by_time and not interactions.time.any():
            raise DataError(
                f"{dataset.name} has no times, which leave-one-out needs; pass split.event=random, or use split=random"
            )
        drawn = np.random.default_rng(sequence(self.seed, 1)).permutation(len(interactions))
        # lexsort is stable: equal times keep the source's order.
        order = np.lexsort((interactions.time if by_time else drawn, interactions.user))
        user, time = interactions.user[order], interactions.time[order]
        last = np.append(user[1:] != user[:-1], True)
        last &= np.bincount(interactions.user, minlength=len(dataset.users))[user] > 1
        if not last.any():
            raise DataError(f"{dataset.name}: no user has two events, which leave-one-out needs; use split=random")
        test = np.zeros(len(interactions), bool)
        test[order[last]] = True
        facts = _facts_of_times(time, last) if by_time and dataset.times == "seconds" else {}
        facts = {**facts, "test_ids": ids_digest(dataset.take(test))}
        return replace(_split(dataset, self.seed, number, test), facts=facts)

    def describe(self) -> str:
        if self.event == "random":
            return f"leave-one-out, any event of each user, seed {self.seed}"
        before = ", of the events before each user's last one" if self.event == "last_but_one" else ""
        return f"leave-one-out by time{before}; of equal times, the source's last row"


def _facts_of_times(time: Array, last: Array) -> Facts:
    """Of events user by user in time order; quotients of integers, the same to the bit on every machine."""
    tied = time[last] == time[np.flatnonzero(last) - 1]
    train_times = np.sort(time[~last])
    later = len(train_times) - np.searchsorted(train_times, time[last], side="right")
    return {
        "train_ratings_later_than_test": int(later.sum()) / (len(later) * len(train_times)),
        "users_tied_at_last_event": int(tied.sum()) / len(tied),
    }


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Folds(Repeated):
    """The folds that the data set's publisher fixed; repeat r tests on fold r (ml-100k: u1 to u5)."""

    repeats: Repeats = 5
    seed: Seed = 1
    only: Only = None

    def split(self, dataset: Dataset, number: int) -> Split:
        folds = sorted(set(dataset.interactions.fold.tolist()) - {0})
        if folds != list(range(1, self.repeats + 1)):
            raise DataError(
                f"{dataset.name}: expected official folds 1 to {self.repeats}, found {folds or 'none'}; "
                "use split=random, or a data set that comes with folds (ml-100k with u1.test to u5.test beside u.data)"
            )
        return _split(dataset, self.seed, number, dataset.interactions.fold == number)

    def describe(self) -> str:
        return f"the publisher's {self.repeats} folds"


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Publisher(OneSplit):
    """The one split that comes with the data: fold 1 is its test set, all other rows are train.

    It is the same in every repeat: repeats differ in initialisation, sampling and ties alone.
    """

    def split(self, dataset: Dataset, number: int) -> Split:
        folds = set(dataset.interactions.fold.tolist())
        if folds != {0, 1}:
            found = "folds; use split=folds" if len(folds) > 1 else "none; use split=random"
            raise DataError(f"{dataset.name}: expected a train and a test set that come with the data, found {found}")
        return _split(dataset, self.seed, number, dataset.interactions.fold == 1)

    def describe(self) -> str:
        return "the publisher's train and test set"
