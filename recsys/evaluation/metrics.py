"""Precision@K and the rest: one value per user, from hits in rank order.

A user's metric that is undefined is NaN and left out of the mean: recall, NDCG and average precision of a user without
a relevant held-out item, AUC of a user whose held-out items are all relevant or all not.

h_j is 1 where the item at rank j is relevant (0 past the end of a short list), C the user's candidates, R the relevant
ones among the held-out items.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from recsys.dataset import Array, Dataset, read_only
from recsys.evaluation.ranking import Rankings


@dataclass(frozen=True, slots=True)
class Hits:
    """What the ranking metrics need.

    hits         bool (m, depth)   h_j
    relevant     int (m,)          R
    candidates   int (m,)          C
    """

    hits: Array
    relevant: Array
    candidates: Array


def precision(lists: Hits, cutoffs: Array) -> Array:
    """(m, K): sum_{j<=K} h_j / min(K, C), the share of hits among the items recommended."""
    return _hits_at(lists, cutoffs) / np.minimum(cutoffs, lists.candidates[:, None])


def recall(lists: Hits, cutoffs: Array) -> Array:
    """(m, K): sum_{j<=K} h_j / R."""
    return _hits_at(lists, cutoffs) / _or_nan(lists.relevant)[:, None]


def hit_rate(lists: Hits, cutoffs: Array) -> Array:
    """(m, K): 1 where a hit is among the first K."""
    return (_hits_at(lists, cutoffs) > 0).astype(float)


def ndcg(lists: Hits, cutoffs: Array) -> Array:
    """(m, K): sum_{j<=K} h_j / log2(j + 1), over the same sum for a list with its min(K, R) hits first.

    Järvelin and Kekäläinen 2002, with binary gains.
    """
    discount = 1 / np.log2(np.arange(lists.hits.shape[1]) + 2)
    gained = np.cumsum(lists.hits * discount, axis=1)[:, cutoffs - 1]
    ideal = np.concatenate([[0], np.cumsum(discount)])[np.minimum(cutoffs, lists.relevant[:, None])]
    return gained / _or_nan(ideal)


def mrr(lists: Hits, cutoffs: Array) -> Array:
    """(m, K): 1 over the rank of the first hit among the first K, 0 without one."""
    first = np.where(lists.hits.any(axis=1), lists.hits.argmax(axis=1) + 1, np.inf)
    return np.where(first[:, None] <= cutoffs, 1 / first[:, None], 0.0)


def average_precision(lists: Hits, cutoffs: Array) -> Array:
    """(m, K): sum_{j<=K} h_j precision@j / R (TREC's map_cut)."""
    ranks = np.arange(lists.hits.shape[1]) + 1
    summed = np.cumsum(lists.hits * np.cumsum(lists.hits, axis=1) / ranks, axis=1)[:, cutoffs - 1]
    return summed / _or_nan(lists.relevant)[:, None]


RANKING = MappingProxyType(
    {
        "precision": precision,
        "recall": recall,
        "ndcg": ndcg,
        "hit_rate": hit_rate,
        "mrr": mrr,
        "map": average_precision,
    }
)


COUNTS = ("true_positives", "false_positives", "false_negatives", "true_negatives")


def confusion(lists: Hits, cutoffs: Array) -> dict[str, Array]:
    """COUNTS -> float (K,): the confusion matrix at K, counted over the candidates of all users.

    The first min(K, C) candidates of a user are recommended, R of the C are relevant:

        TP = sum_u sum_{j<=K} h_j        FP = sum_u min(K, C) - TP
        FN = sum_u R - TP                TN = sum_u C - TP - FP - FN

    TP / (TP + FP) weights a user by the length of the list; `precision` is a mean in which every user counts the same.
    """
    recommended = np.minimum(cutoffs, lists.candidates[:, None]).sum(axis=0, dtype=float)
    found = lists.hits.sum(axis=0, dtype=float).cumsum()[cutoffs - 1]
    missed = lists.relevant.sum(dtype=float) - found
    rest = lists.candidates.sum(dtype=float) - recommended - missed
    return dict(zip(COUNTS, (found, recommended - found, missed, rest), strict=True))


def first_ranks(rankings: Rankings, n_items: int) -> Array:
    """int (n_items,): the best rank, from 0, that each item has in any list; the lists' depth where it is in none.

    Of several blocks of users, the minimum.
    """
    first = np.full(n_items, rankings.items.shape[1])
    rank = np.broadcast_to(np.arange(rankings.items.shape[1]), rankings.items.shape)
    listed = rankings.items >= 0
    np.minimum.at(first, rankings.items[listed], rank[listed])
    return first


def coverage(first: Array, cutoffs: Array) -> Array:
    """(K,): the share of the catalogue's items that stand in at least one user's first K; first: see `first_ranks`."""
    return (first[:, None] < cutoffs).mean(axis=0)


def auc(scores: Array, relevant: Array) -> float:
    """The chance that a relevant pair outscores an irrelevant one, ties counting half; NaN without both kinds.

    Over all users' pairs, it rewards knowing who rates high, which no ranking needs: see `user_auc`.
    """
    return float(_aucs(np.zeros(len(scores), np.int64), 1, scores, relevant)[0])


def user_auc(test: Dataset, scores: Array, relevant: Array, users: Array) -> Array:
    """(m,): each user's AUC over that user's held-out items; its mean, every user counting the same, is GAUC."""
    return _aucs(test.interactions.user, len(test.users), scores, relevant)[users]


def _aucs(group: Array, groups: int, scores: Array, relevant: Array) -> Array:
    """(groups,): (sum of the relevant ranks - p (p + 1) / 2) / (p n) in each group of p relevant pairs and n others.

    Ranks count from the lowest score of the group; equal scores share the mean of their ranks (Mann and Whitney 1947).
    """
    order = np.lexsort((scores, group))
    group, scores, relevant = group[order], scores[order], relevant[order]
    sizes = np.bincount(group, minlength=groups)
    rank = np.arange(1, len(order) + 1) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    new = np.append(True, (np.diff(group) != 0) | (np.diff(scores) != 0))[: len(order)]
    tie = np.cumsum(new) - 1
    shared = (np.bincount(tie, rank) / np.maximum(np.bincount(tie), 1))[tie]
    positives = np.bincount(group, relevant, groups)
    pairs = positives * (sizes - positives)
    ranks = np.bincount(group, shared * relevant, groups)
    return (ranks - positives * (positives + 1) / 2) / _or_nan(pairs)


def log_loss(scores: Array, relevant: Array) -> float:
    """Mean of -log of the probability given to what happened, probabilities clipped to [1e-7, 1 - 1e-7]."""
    likely = np.clip(scores.astype(float), 1e-7, 1 - 1e-7)
    return float(-np.where(relevant, np.log(likely), np.log1p(-likely)).mean())


@dataclass(frozen=True, slots=True)
class Relevant:
    """The pairs of users and items whose held-out rating reaches the threshold.

    pairs     int64 (n,), ascending: user * n_items + item
    of_user   int (n_users,): how many of each user
    """

    pairs: Array
    of_user: Array
    n_items: int

    @classmethod
    def of(cls, test: Dataset, threshold: float) -> Relevant:
        liked = test.interactions.rating >= threshold
        user, item = test.interactions.user[liked], test.interactions.item[liked]
        pairs = np.sort(user.astype(np.int64) * len(test.items) + item)
        return cls(read_only(pairs), read_only(np.bincount(user, minlength=len(test.users))), len(test.items))

    def has(self, users: Array, items: Array) -> Array:
        """bool (n,): whether each pair is one of these."""
        if not len(self.pairs):
            return np.zeros(len(users), bool)
        pairs = users.astype(np.int64) * self.n_items + items
        return self.pairs[np.minimum(np.searchsorted(self.pairs, pairs), len(self.pairs) - 1)] == pairs


def hits(rankings: Rankings, relevant: Relevant) -> Hits:
    """The hits of each list: a listed item is a hit where it is relevant to the user."""
    is_hit = rankings.items >= 0
    row, column = np.nonzero(is_hit)
    is_hit[row, column] = relevant.has(rankings.users[row], rankings.items[row, column])
    return Hits(read_only(is_hit), read_only(relevant.of_user[rankings.users]), rankings.candidates)


def _hits_at(lists: Hits, cutoffs: Array) -> Array:
    return np.cumsum(lists.hits, axis=1)[:, cutoffs - 1]


def _or_nan(values: Array) -> Array:
    return np.where(values > 0, values, np.nan)
