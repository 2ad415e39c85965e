"""What a model is: hyperparameters that, fitted to a training set, give a scorer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import numpy as np

from recsys.dataset import Array, DataError, Dataset

Objective = Literal["rating", "implicit"]
"""What a score estimates.

rating      how much the user likes an item that the user rates: P(relevant | rated). Ranks held-out ratings.
implicit    whether the user rates the item and likes it: P(rated and relevant). Ranks the whole catalogue.
A model that is good at one can be useless at the other, so a protocol says which of the two it asks for; a model that
has only one kind of score gives that one for both.
"""


class Scorer(Protocol):
    """What was learned; immutable. Higher is better; scores of different objectives are not comparable."""

    @property
    def probabilities(self) -> Collection[Objective]:
        """The objectives whose scores are probabilities, so that log loss applies to them."""
        ...

    def grid(self, users: Array, objective: Objective) -> Array:
        """float (len(users), n_items): every item's score for each of the users (row numbers).

        With the option `threads` above 1, several threads call it at the same time.
        """
        ...

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        """float (n,): the scores of n (user, item) pairs (row numbers)."""
        ...


class Diverged(DataError):
    """Training came to a loss or a value that is not finite: what was learned is worth nothing."""

    @classmethod
    def at(cls, model: str, when: str, option: str, learning_rate: float) -> Diverged:
        """when: epoch or step; option: that of the learning rate."""
        return cls(
            f"{model}: expected finite losses, got one that is not in {when}, with {option}={learning_rate:g}: "
            "training diverged; set the learning rate to less"
        )


class Reason(Protocol):
    """A reason for a recommendation; strength: its weight relative to the same item's other reasons."""

    @property
    def words(self) -> str: ...

    @property
    def strength(self) -> float: ...


@runtime_checkable
class Explains(Protocol):
    """A scorer that explains its recommendations. Optional; the explanations are kept with the run."""

    def explain(self, user: int, item: int, count: int) -> Sequence[Reason]:
        """At most `count` reasons for recommending the item (row numbers), strongest first; empty: there is none."""
        ...


@runtime_checkable
class Reports(Protocol):
    """A scorer that reports what fitting chose where its settings leave a choice. Optional."""

    @property
    def learned(self) -> Mapping[str, float]:
        """Dotted names, such as semantic_weight.rating, to numbers."""
        ...


@runtime_checkable
class PredictsRatings(Protocol):
    """A model and its scorer that say whether scores for the objective `rating` estimate ratings, on their scale.
    Optional: what does not say so does not."""

    @property
    def predicts_ratings(self) -> bool: ...


class Grid(Protocol):
    """Scores a user's items at once."""

    def grid(self, users: Array) -> Array:
        """float (len(users), n_items)."""
        ...


CHUNK = 256
"""Users whose grid is computed at a time."""


def pairs_from_grid(grid: Callable[[Array], Array], users: Array, items: Array) -> Array:
    """float32 (n,): grid(distinct users) (m, n_items) at the n pairs, for models that score a user's items at once."""
    scores = np.empty(len(users), np.float32)
    distinct, row = np.unique(users, return_inverse=True)
    for start in range(0, len(distinct), CHUNK):
        mask = (row >= start) & (row < start + CHUNK)
        scores[mask] = grid(distinct[start : start + CHUNK])[row[mask] - start, items[mask]]
    return scores


@dataclass(frozen=True, slots=True)
class ByObjective:
    """A scorer with a grid for each objective; pairs are taken from it. predicts_ratings: see `PredictsRatings`."""

    models: Mapping[Objective, Grid]
    probabilities: Collection[Objective] = ()
    predicts_ratings: bool = False

    def grid(self, users: Array, objective: Objective) -> Array:
        return self.models[objective].grid(users)

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        return pairs_from_grid(self.models[objective].grid, users, items)


@dataclass(frozen=True, slots=True)
class ItemScorer:
    """One score for each item, the same for every user and objective; scores: float32 (n_items,).

    predicts_ratings   see `PredictsRatings`
    """

    scores: Array
    probabilities: Collection[Objective] = ()
    predicts_ratings: bool = False

    def grid(self, users: Array, objective: Objective) -> Array:
        return np.broadcast_to(self.scores, (len(users), len(self.scores)))

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        return self.scores[items]


@runtime_checkable
class Recommender(Protocol):
    """A frozen dataclass of hyperparameters."""

    def fit(self, train: Dataset, seed: int) -> Scorer:
        """Learns from `train` alone; the same train and seed give the same scores."""
        ...
