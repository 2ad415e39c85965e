"""The protocol `rmse`: how far predicted ratings are from those held out.

    rmse = sqrt(mean (r_ui - score(u, i))^2)        mae = mean |r_ui - score(u, i)|         over all held-out ratings

Scores count as they are: none is cut off at the ends of the scale. Only models whose scores estimate ratings can be
measured so, and they say it themselves, see `recsys.recommender.PredictsRatings`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

import numpy as np
from annotated_types import Ge
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import Array, DataError, Dataset
from recsys.evaluation.protocols import Protocol
from recsys.evaluation.ranking import rank
from recsys.evaluation.splits import Split, of_some_users
from recsys.evaluation.timed import Timed
from recsys.recommender import PredictsRatings, Recommender, Scorer
from recsys.task import Block, Keep, Measurement

LISTED = 50
"""Held-out items of a user that are kept with their predicted ratings, the highest ones."""


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class RatingError:
    """users: how many of the users with a held-out rating are measured, drawn from the split's seed; None: all."""

    name: str = "rmse"
    users: Annotated[int, Ge(1)] | None = None

    @property
    def cutoffs(self) -> tuple[int, ...]:
        return ()

    @property
    def read_by(self) -> tuple[str, ...]:
        return ("rmse", "mae")

    def describe(self) -> str:
        sample = "" if self.users is None else f"; users: a sample of {self.users:,}"
        return f"predicted against held-out ratings; lower is better{sample}"

    def check(self, data: Dataset) -> None:
        """Raises `DataError` where all ratings are one number."""
        rating = data.interactions.rating
        if rating.min() == rating.max():
            raise DataError(
                f"protocol {self.name}: all ratings of {data.name} are {rating.min():g}, so that there is nothing to "
                "predict; use protocol=full"
            )

    def check_model(self, model: Recommender) -> None:
        """Raises `DataError` where the model does not say that its scores estimate ratings."""
        self.expect_ratings(model)

    def expect_ratings(self, part: object) -> None:
        """part: a model, or its scorer."""
        if not (isinstance(part, PredictsRatings) and part.predicts_ratings):
            raise DataError(
                f"protocol {self.name} compares scores with ratings, and those of {type(part).__name__} do not "
                "estimate ratings; choose a model that predicts them, such as biases, biased_mf or svdpp, or "
                "protocol=rated"
            )

    def check_split(self, split: Split) -> None:
        """Every held-out rating can be measured."""

    def stamp(self) -> Mapping[str, str | float]:
        users = "all with a held-out rating" if self.users is None else f"a sample of {self.users} drawn from the seed"
        return {"error": "of each held-out rating, on the scale of the data; scores are not cut off", "users": users}


def measure_ratings(split: Split, protocol: RatingError, scorer: Scorer, keep: Keep | None = None) -> Measurement:
    """Errors over all held-out ratings, and `user_rmse` and `user_mae` over those of each user.

    keep   see `recsys.evaluation.measurement.measure`; a block's predictions are the user's held-out items by
           predicted rating

    Raises `DataError` where the model's scores are no estimates of ratings.
    """
    protocol.expect_ratings(scorer)
    if protocol.users is not None:
        split = of_some_users(split, protocol.users)
    test, timed = split.test.interactions, Timed(scorer)
    error = test.rating - timed.pairs(test.user, test.item, "rating").astype(np.float64)
    per_user = _of_users(test.user, error)
    listed, kept = Protocol(protocol.name, "held_out", 0.0, "rating", (LISTED,)), list[Block]()
    for lists in timed.ranking(rank(split, listed, timed)):
        values = {name: column[lists.users] for name, column in per_user.items()}
        (kept.append if keep is None else keep)(Block(lists.users, MappingProxyType(values), lists))
    numbers = {"rmse": float(np.sqrt((error**2).mean())), "mae": float(np.abs(error).mean())}
    return Measurement(
        protocol=protocol,
        curves=MappingProxyType({}),
        numbers=MappingProxyType(numbers),
        score_s=timed.score_s,
        rank_s=timed.rank_s,
        blocks=tuple(kept),
    )


def _of_users(user: Array, error: Array) -> dict[str, Array]:
    """float64 (n_users,): NaN for users without a held-out rating."""
    with np.errstate(invalid="ignore"):
        squared, absolute = (np.bincount(user, values) / np.bincount(user) for values in (error**2, np.abs(error)))
    return {"user_rmse": np.sqrt(squared), "user_mae": absolute}
