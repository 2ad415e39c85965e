"""Which items compete, and what counts as right: the part of a number that its name does not tell."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from annotated_types import Ge
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import DataError, Dataset
from recsys.evaluation.metric_name import MetricName
from recsys.recommender import Objective

Candidates = Literal["held_out", "unseen"]

CANDIDATES: Mapping[str, str] = MappingProxyType(
    {"held_out": "the user's held-out items", "unseen": "all items that the user has not rated in train"}
)
"""In words, for captions."""
READ_BY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        # Most users have few held-out items: long lists hold all of them, whatever the model.
        "held_out": ("precision@1", "precision@5", "precision@10", "ndcg@10", "gauc"),
        "unseen": ("precision@1", "precision@5", "precision@10", "precision@20", "ndcg@10"),
        # One relevant item a user, as in leave-one-out: precision@K would be the hit rate over K.
        "next item": ("hit_rate@1", "hit_rate@5", "hit_rate@10", "ndcg@5", "ndcg@10"),
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


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Protocol:
    """One way to measure.

    candidates   held_out: the user's held-out items; unseen: every item that the user has not rated in train
    threshold    a held-out rating of at least this is relevant
    objective    which score the protocol asks a model for
    cutoffs      the K of precision@K and the others, ascending
    users        how many of the users with a held-out rating are measured, drawn from the split's seed; None: all
    """

    name: str
    candidates: Candidates
    threshold: float
    objective: Objective
    cutoffs: tuple[Annotated[int, Ge(1)], ...] = CUTOFFS
    users: Annotated[int, Ge(1)] | None = None

    def __post_init__(self) -> None:
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
        return f"candidates: {CANDIDATES[self.candidates]}; relevant: rating >= {self.threshold:g}{sample}"

    def check(self, data: Dataset) -> None:
        """Raises `DataError` where no rating is relevant, and where all are and nothing else competes with them.

        Among all unseen items (candidates `unseen`) every rating may be relevant: items without one compete with them.
        """
        rating = data.interactions.rating
        relevant = rating >= self.threshold
        found = f"protocol {self.name}: the ratings of {data.name} are {rating.min():g} to {rating.max():g}, and"
        if not relevant.any():
            raise DataError(
                f"{found} none reaches the threshold of {self.threshold:g}, so that no item is relevant; set "
                "like_threshold to what counts as a like there"
            )
        if self.candidates == "held_out" and relevant.all():
            raise DataError(
                f"{found} all reach the threshold of {self.threshold:g}, so that any order of held-out items is right; "
                "set like_threshold to what counts as a like there, or use protocol=full"
            )

    def stamp(self) -> dict[str, str | float]:
        """What must be equal for two numbers of the same metric to be comparable, beside the data and the splits."""
        return {
            "candidates": self.candidates,
            "relevant": f"rating >= {self.threshold:g}",
            "denominator": DENOMINATOR,
            "ties": TIES,
            "users": USERS if self.users is None else SAMPLED.format(count=self.users, users=USERS),
        }


RATED = Protocol("rated", "held_out", 4.0, "rating")
FULL = Protocol("full", "unseen", 4.0, "implicit")
NEXT_ITEM = Protocol("next_item", "unseen", 0.0, "implicit")
"""As in conf/protocol/."""
