"""nDCG and the rest of lists with grades: one value a query.

g_j is the grade of the item at rank j, 0 where it is not relevant; R the number of relevant items, in the list or not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.dataset import Array


@dataclass(frozen=True, slots=True)
class GradedLists:
    """What the metrics need.

    grades     float (m, depth)   g_j
    ideal      float (m, depth)   the grades of all relevant items, highest first, then 0
    relevant   int (m,)           R, at least 1
    """

    grades: Array
    ideal: Array
    relevant: Array


def ndcg(lists: GradedLists, cutoffs: Array) -> Array:
    """(m, K): sum_{j<=K} (2^g_j - 1) / log2(j + 1), over the same sum for the best possible list.

    Burges et al. 2005, Learning to Rank using Gradient Descent; Järvelin and Kekäläinen 2002 with another gain.
    """
    return _gained(lists.grades)[:, cutoffs - 1] / _gained(lists.ideal)[:, cutoffs - 1]


def recall(lists: GradedLists, cutoffs: Array) -> Array:
    """(m, K): relevant items among the first K, over R."""
    return np.cumsum(lists.grades > 0, axis=1)[:, cutoffs - 1] / lists.relevant[:, None]


def hit_rate(lists: GradedLists, cutoffs: Array) -> Array:
    """(m, K): 1 where a relevant item is among the first K."""
    return (np.cumsum(lists.grades > 0, axis=1)[:, cutoffs - 1] > 0).astype(float)


def reciprocal_rank(scores: Array, grades: Array, tie_order: Array) -> Array:
    """(m,): 1 over the rank of the first relevant item among all n; its mean is MRR.

    scores, grades   (m, n); a row has a grade above 0
    tie_order        int (n,): the place of each item among equal scores
    """
    among = np.where(grades > 0, scores, -np.inf)
    best = among.max(axis=1, keepdims=True)
    place = np.where(among == best, tie_order, len(tie_order)).min(axis=1, keepdims=True)
    before = (scores > best) | ((scores == best) & (tie_order < place))
    return 1 / (1 + before.sum(axis=1))


def _gained(grades: Array) -> Array:
    return np.cumsum((np.exp2(grades) - 1) / np.log2(np.arange(grades.shape[1]) + 2), axis=1)
