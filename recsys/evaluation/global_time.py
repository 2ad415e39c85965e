"""Train on everything before a moment, test on what comes after it: one moment for all users."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import numpy as np
from annotated_types import MinLen
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import Array, DataError, Dataset
from recsys.evaluation.splits import Repeats, Seed, Share, Split, distinct, ids_digest, seed_of
from recsys.task import Facts


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class GlobalTime:
    """Repeat r trains on all ratings before the r-th moment and tests on those from it to the next one (walk-forward).

    No train rating is as late as a test rating, whoever gave it. Users and items without a train rating come into the
    test set as they came into the data, and stay there.
    Repeats share train ratings, and differ in how much there is to learn from: they are no resamples.

    moments   ascending; q stands for the time of the rating that a share q of all ratings precedes. Ratings of that
              very time are all tested, so that equal times are never divided. After the last moment, all is tested
    repeats   the first moments alone; None: all

    The facts of a repeat: the moment and the next one (UTC where times are Unix seconds); the number of test ratings,
    and of those by users and of items without a train rating (new); test users and items, and the new ones among them;
    test_ids, see `ids_digest`.

    Meng et al. 2020, Exploring Data Splitting Strategies for the Evaluation of Recommendation Models, RecSys (temporal
    global split); Ji et al. 2023, A Critical Study on Data Leakage in Recommender System Offline Evaluation, TOIS 41.
    """

    moments: Annotated[tuple[Share, ...], MinLen(1)] = (0.5, 0.6, 0.7, 0.8, 0.9)
    repeats: Repeats | None = None
    seed: Seed = 1
    only: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if list(self.moments) != sorted(set(self.moments)):
            raise ValueError(f"expected ascending moments, got {list(self.moments)}")
        last = len(self.moments)
        if self.repeats is not None and self.repeats > last:
            raise ValueError(f"expected at most {last} repeats, one for each of the moments, got {self.repeats}")
        numbers = range(1, (self.repeats or last) + 1)
        if self.only is not None and (not self.only or sorted(set(self.only) & set(numbers)) != sorted(self.only)):
            raise ValueError(f"expected distinct repeats from 1 to {numbers[-1]}, got {list(self.only)}")

    @property
    def resamples(self) -> bool:
        return False

    @property
    def numbers(self) -> Sequence[int]:
        return range(1, (self.repeats or len(self.moments)) + 1) if self.only is None else sorted(self.only)

    def splits(self, dataset: Dataset) -> Iterator[Split]:
        """All of them, one after the other."""
        return (self.split(dataset, number) for number in self.numbers)

    def split(self, dataset: Dataset, number: int) -> Split:
        """The repeat of this number."""
        time = dataset.interactions.time
        if dataset.times == "order":
            raise DataError(
                f"{dataset.name}: expected time stamps, which split=global_time compares between users, got each "
                "user's own order of events; use split=leave_one_out or split=random, or a copy with time stamps"
            )
        if not time.any():
            raise DataError(f"{dataset.name} has no times, which split=global_time needs; use split=random")
        ordered = np.sort(time)
        start, *after = (_moment(ordered, share) for share in self.moments[number - 1 : number + 1])
        train, test = time < start, time >= start
        if after:
            test &= time < after[0]
        if not train.any():
            raise DataError(
                f"{dataset.name}: moment {self.moments[number - 1]:g} is the time of the first rating, which leaves "
                "train empty; choose a later one in split.moments"
            )
        if not test.any():
            pair = " and ".join(f"{share:g}" for share in self.moments[number - 1 : number + 1])
            raise DataError(
                f"{dataset.name}: moments {pair} are of the same time, which leaves the test set between them empty; "
                "leave out one of them in split.moments"
            )
        known, held_out = dataset.take(train), dataset.take(test)
        bounds = {name: _date(moment) for name, moment in zip(("moment", "until"), [start, *after], strict=False)}
        facts = {**bounds, **_newcomers(known, held_out), "test_ids": ids_digest(held_out)}
        return Split(number, seed_of(self.seed, number), known, held_out, facts)

    def describe(self) -> str:
        shares = ", ".join(f"{share:g}" for share in self.moments)
        return f"by global time: from each of the moments {shares} of the ratings to the next, equal times undivided"


def _moment(ordered: Array, share: float) -> int:
    return int(ordered[min(round(share * len(ordered)), len(ordered) - 1)])


def _date(moment: int) -> str:
    return str(np.datetime64(moment, "s"))


def _newcomers(train: Dataset, test: Dataset) -> Facts:
    facts: dict[str, int | float | str] = {"test_ratings": len(test)}
    counts: dict[str, int] = {}
    for side, size in (("user", len(test.users)), ("item", len(test.items))):
        rows = getattr(test.interactions, side)
        known = np.bincount(getattr(train.interactions, side), minlength=size) > 0
        occurring = distinct(rows)
        facts[f"of_new_{side}s"] = int((~known[rows]).sum())
        counts |= {f"test_{side}s": len(occurring), f"new_{side}s": int((~known[occurring]).sum())}
    return facts | counts
