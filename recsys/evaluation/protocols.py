"""Which items compete, and what counts as right: the part of a number that its name does not tell."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import IMPLICIT, DataError, Dataset
from recsys.evaluation.metric_name import MetricName
from recsys.recommender import Objective
from recsys.task import Split

logger = logging.getLogger(__name__)

Candidates = Literal["held_out", "unseen", "sampled"]

CANDIDATES: Mapping[str, str] = MappingProxyType(
    {
        "held_out": "the user's held-out items",
        "unseen": "all items that the user has not rated in train",
        "sampled": "the user's held-out items and a sample of those that the user has not rated",
    }
)
"""In words, for captions."""
READ_BY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        # Most users have few held-out items: long lists hold all of them, whatever the model.
        "held_out": ("precision@1", "precision@5", "precision@10", "ndcg@10", "gauc"),
        "unseen": ("precision@1", "precision@5", "precision@10", "precision@20", "ndcg@10"),
        # One relevant item a user, as in leave-one-out: precision@K would be the hit rate over K.
        "next item": ("hit_rate@1", "hit_rate@5", "hit_rate@10", "ndcg@5", "ndcg@10"),
        "sampled": ("hit_rate@10", "ndcg@10", "intra_list_similarity@10", "hamming@10"),
    }
)
"""The metrics that tables show of a protocol, said here alone; the first is drawn over K."""
CUTOFFS = (*range(1, 21), 30, 50)
DENOMINATOR = "min(K, candidates)"
TIES = "a permutation of the items drawn from the split's seed"
# A user without any held-out rating cannot be measured: counting such users as misses would halve `full` on the
# official folds, whose first test set holds 459 of the 943 users.
USERS = "with a held-out rating and a candidate"
SAMPLED = "{users}, of a sample of {count} drawn from the split's seed"
DRAWN = "uniformly without replacement, from the split's seed and the user"
SAMPLED_METRICS = "metrics over sampled negatives can order models otherwise than full ranking does"
"""Krichene and Rendle 2020, On Sampled Metrics for Item Recommendation, KDD."""
ODD = 0.02
"""Likes that are a smaller share of the ratings than this, or all but a smaller share, are warned of."""


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Protocol:
    """One way to measure.

    candidates   held_out: the user's held-out items; unseen: every item that the user has not rated in train; sampled:
                 the held-out items and `negatives` others, see `recsys.evaluation.sampled_negatives`
    threshold    a held-out rating of at least this is relevant
    objective    which score the protocol asks a model for
    cutoffs      the K of precision@K and the others, ascending
    users        how many of the users with a held-out rating are measured, drawn from the split's seed; None: all
    negatives    of `sampled`: items without a rating by the user that compete with the held-out ones; None: of others
    """

    name: str
    candidates: Candidates
    threshold: float
    objective: Objective
    cutoffs: tuple[Annotated[int, Ge(1)], ...] = CUTOFFS
    users: Annotated[int, Ge(1)] | None = None
    negatives: Annotated[int, Ge(1)] | None = None

    def __post_init__(self) -> None:
        if (self.negatives is None) == (self.candidates == "sampled"):
            raise ValueError(
                f"protocol {self.name}: expected a number of negatives with candidates=sampled and none otherwise, got "
                f"candidates={self.candidates} and negatives={self.negatives}"
            )
        if not self.cutoffs or list(self.cutoffs) != sorted(set(self.cutoffs)):
            raise ValueError(f"protocol {self.name}: expected ascending cutoffs, got {list(self.cutoffs)}")

    @property
    def depth(self) -> int:
        """The longest list that any metric looks at."""
        return self.cutoffs[-1]

    @property
    def read_by(self) -> tuple[str, ...]:
        """Of READ_BY, those at the protocol's cutoffs; where there are none, the first metric at its own."""
        whatever_rating = self.candidates == "unseen" and self.threshold <= 0
        names = [MetricName.parse(name) for name in READ_BY["next item" if whatever_rating else self.candidates]]
        own = [name.short for name in names if name.k in (0, *self.cutoffs)]
        if not any(name.k in self.cutoffs for name in names):
            own = [MetricName("", names[0].metric, k).short for k in self.cutoffs[: len(names)]]
        return tuple(own)

    def describe(self) -> str:
        """Candidates, relevance, and whether a sample of users is measured, for people."""
        sample = "" if self.users is None else f"; users: a sample of {self.users:,}"
        sampled = "" if self.negatives is None else f", {self.negatives:,} at most; {SAMPLED_METRICS}"
        return f"candidates: {CANDIDATES[self.candidates]}{sampled}; relevant: rating >= {self.threshold:g}{sample}"

    def check(self, data: Dataset) -> None:
        """Raises `DataError` where nothing can be measured, and warns of what can be measured but is odd.

        Nothing can be where no rating is relevant, and where nothing competes with what is. Where items without a
        rating compete (candidates `unseen` and `sampled`), every rating may be relevant. Odd are one user, and likes
        that are rare or nearly all of the ratings.
        """
        user, item, rating = data.interactions.user, data.interactions.item, data.interactions.rating
        likes, held_out = int((rating >= self.threshold).sum()), self.candidates == "held_out"
        if data.interactions.implicit and (held_out or not likes):
            raise DataError(
                f"protocol {self.name}: {data.name} has no ratings, so that every interaction counts as a like, of "
                f"rating {IMPLICIT:g}; pass like_threshold={IMPLICIT:g} and protocol=full, which ranks all items"
            )
        found = f"protocol {self.name}: the ratings of {data.name} are {rating.min():g} to {rating.max():g}, and"
        if not likes:
            raise DataError(
                f"{found} none reaches the threshold of {self.threshold:g}, so that no item is relevant; set "
                "like_threshold to what counts as a like there"
            )
        if held_out and likes == len(rating):
            raise DataError(
                f"{found} all reach the threshold of {self.threshold:g}, so that any order of held-out items is right; "
                "set like_threshold to what counts as a like there, or use protocol=full"
            )
        if item.min() == item.max():
            raise DataError(
                f"protocol {self.name}: all ratings of {data.name} are of one item, {data.items.ids[item[0]]}, so that "
                "there is nothing to rank; correct the data, or the column that names the item"
            )
        if held_out and np.bincount(user).max() == 1:
            raise DataError(
                f"protocol {self.name}: no user of {data.name} has two ratings, so that there is nothing to rank among "
                "held-out items; use protocol=full"
            )
        if user.min() == user.max():
            logger.warning("%s has one user, %s: every mean is that user's", data.name, data.users.ids[user[0]])
        # A threshold at the lowest rating, or at 0, means all of them.
        all_meant = likes == len(rating) and (self.threshold <= 0 or self.threshold == rating.min())
        if not all_meant and not ODD * len(rating) <= likes <= (1 - ODD) * len(rating):
            logger.warning(
                f"{data.name}: {likes:,} of the {len(rating):,} ratings are likes: they are {rating.min():g} to "
                f"{rating.max():g}, and a like is {self.threshold:g} or more; should another rating count as a like, "
                "set like_threshold"
            )

    def check_split(self, split: Split) -> None:
        """Raises `DataError` where no test rating is relevant: all models would have a precision of 0."""
        rating = split.test.interactions.rating
        if not (rating >= self.threshold).any():
            raise DataError(
                f"protocol {self.name}: the {len(rating)} test ratings of repeat {split.repeat} are {rating.min():g} "
                f"to {rating.max():g}, and none reaches the threshold of {self.threshold:g}, so that no item is "
                "relevant; use a larger test set, or set like_threshold to what counts as a like there"
            )

    def stamp(self) -> dict[str, str | float]:
        """What must be equal for two numbers of the same metric to be comparable, beside the data and the splits."""
        return {
            "candidates": self.candidates,
            "relevant": f"rating >= {self.threshold:g}",
            "denominator": DENOMINATOR,
            "ties": TIES,
            "users": USERS if self.users is None else SAMPLED.format(count=self.users, users=USERS),
            **({} if self.negatives is None else {"negatives": self.negatives, "negatives_drawn": DRAWN}),
        }


RATED = Protocol("rated", "held_out", 4.0, "rating")
FULL = Protocol("full", "unseen", 4.0, "implicit")
NEXT_ITEM = Protocol("next_item", "unseen", 0.0, "implicit")
SAMPLED_NEGATIVES = Protocol("sampled", "sampled", 0.0, "implicit", negatives=1000)
"""As in conf/protocol/."""
