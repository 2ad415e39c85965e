"""What every table stands beside: chance, popularity, and the best that any ranking of the candidates could reach."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from scipy import sparse

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

    relevant: Any  # sparse float32 (n_users, n_items)
    probabilities: Collection[Objective] = ()

    @classmethod
    def of(cls, split: Split, threshold: float) -> Oracle:
        test = split.test.interactions
        liked = test.take(test.rating >= threshold)
        ones = np.ones(len(liked), np.float32)
        shape = (len(split.test.users), len(split.test.items))
        return cls(sparse.csr_matrix((ones, (liked.user, liked.item)), shape))

    def grid(self, users: Array, objective: Objective) -> Array:
        return self.relevant[users].toarray()

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        return np.asarray(self.relevant[users, items]).ravel()


def references(split: Split, protocols: Sequence[Protocol]) -> Mapping[str, Mapping[str, Scorer]]:
    """Name -> protocol name -> scorer, of one split. The oracle alone depends on the protocol, by its threshold."""
    random, popularity = Random().fit(split.train, split.seed), Popularity().fit(split.train, split.seed)
    oracles = {threshold: Oracle.of(split, threshold) for threshold in {part.threshold for part in protocols}}
    return MappingProxyType(
        {
            "random": {protocol.name: random for protocol in protocols},
            "popularity": {protocol.name: popularity for protocol in protocols},
            "oracle": {protocol.name: oracles[protocol.threshold] for protocol in protocols},
        }
    )
