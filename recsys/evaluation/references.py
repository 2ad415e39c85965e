"""What every table stands beside: chance, popularity, and the best that any ranking of the candidates could reach."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from recsys.dataset import Array
from recsys.evaluation.protocols import Protocol
from recsys.evaluation.splits import Split
from recsys.models.popularity import Popularity
from recsys.models.random import Random
from recsys.recommender import Objective, Scorer

NAMES = ("popularity", "random", "oracle")
"""As tables list them."""


@dataclass(frozen=True, slots=True)
class Oracle:
    """Knows the test set: 1 for relevant held-out items, 0 for all others. No recommender; never handed to one."""

    relevant: Array  # bool (n_users, n_items)
    probabilities: Collection[Objective] = ()

    @classmethod
    def of(cls, split: Split, threshold: float) -> Oracle:
        interactions = split.test.interactions
        liked = interactions.rating >= threshold
        relevant = np.zeros((len(split.test.users), len(split.test.items)), bool)
        relevant[interactions.user[liked], interactions.item[liked]] = True
        return cls(relevant)

    def grid(self, users: Array, objective: Objective) -> Array:
        return self.relevant[users].astype(np.float32)

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        return self.relevant[users, items].astype(np.float32)


def references(split: Split, protocol: Protocol) -> Mapping[str, Scorer]:
    """The three, by name, for one split."""
    return MappingProxyType(
        {
            "random": Random().fit(split.train, split.seed),
            "popularity": Popularity().fit(split.train, split.seed),
            "oracle": Oracle.of(split, protocol.threshold),
        }
    )
