"""The share of users whose first K hold all their candidates: there, no model can change precision@K.

Where the candidates are a user's held-out items, a user with C <= K of them has all of them among the first K, in
whatever order. precision@K is then R / C (see `recsys.evaluation.metrics`), and recall@K and the hit rate@K are 1 where
R > 0: the same for every model, the oracle included. NDCG, MRR and MAP still differ by order.
"""

from __future__ import annotations

from collections.abc import Mapping

from recsys.dataset import Array

NAME = "all_candidates_listed"
CUTOFFS = (1, 5, 10, 20)
"""The K that people are told of."""


def users(candidates: Array, cutoffs: Array) -> Array:
    """int (K,): how many users have C <= K.

    candidates   int (m,)   C
    """
    return (candidates[:, None] <= cutoffs).sum(axis=0)


def words(protocol: str, shares: Mapping[int, float]) -> str | None:
    """A sentence for below a table; None where every user has more candidates than any K.

    shares   K -> share
    """
    # What would round to 0% is not none.
    said = [(f"{part:.0%}" if part > 0.005 else "under 1%", str(k)) for k, part in shares.items() if part > 0]
    if not said:
        return None
    some = ", ".join(f"{part} {'at' if place else 'of the users at K ='} {k}" for place, (part, k) in enumerate(said))
    return f"`{protocol}`: {some} have K candidates or fewer: their precision@K is the same for every model."
