"""Beyond accuracy: how varied, how personal, how novel the lists are, and how evenly they use the catalogue.

Measured where a model chooses from the catalogue (candidates `unseen`), or from a sample of it (`sampled`), where lists
differ between users since their candidates do. Among held-out items the users have chosen what can be in a list, and
the numbers would tell of them. None of these says whether anybody likes what is listed, and
random lists do well in most of them: read them beside precision.

At K a user with fewer than K candidates has no list of K items and is left out; what nobody is left for is NaN.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from recsys.dataset import Array, Dataset
from recsys.evaluation.ranking import Rankings
from recsys.features.likeness import compared_by
from recsys.features.tags import unit_rows

NAMES = ("intra_list_similarity", "novelty", "long_tail_share", "hamming", "gini")
HEAD = 0.8
"""The share of the train ratings that the short head holds."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What train tells of the items.

    information   float (n_items,), see `self_information`
    tail          bool (n_items,), see `long_tail`
    tags          what items are compared by, see `recsys.features.likeness.compared_by`; None: there is nothing
    """

    information: Array
    tail: Array
    tags: Any

    @classmethod
    def of(cls, train: Dataset) -> Catalogue:
        return cls(self_information(train), long_tail(train), compared_by(train))


def per_user(rankings: Rankings, cutoffs: Array, catalogue: Catalogue) -> Mapping[str, Array]:
    """(m, K) each; without `intra_list_similarity` where there is nothing that items are compared by."""
    values = {
        "novelty": novelty(rankings, cutoffs, catalogue.information),
        "long_tail_share": long_tail_share(rankings, cutoffs, catalogue.tail),
    }
    if catalogue.tags is not None:
        values["intra_list_similarity"] = intra_list_similarity(rankings, cutoffs, catalogue.tags)
    return values


def listed(rankings: Rankings, cutoffs: Array, n_items: int) -> Array:
    """int (K, n_items): how many lists hold each item, at each cutoff. Of several blocks of users, the sum."""
    return np.stack([np.bincount(_lists(rankings, k).ravel(), minlength=n_items) for k in cutoffs])


def self_information(train: Dataset) -> Array:
    """float (n_items,), bits: log2(U / max(1, U_i)), U users of whom U_i rated i in train. Zhou et al. 2010.

    An item that nobody rated counts as one that a single user did, the most novel that a rated one can be.
    """
    return np.log2(len(train.users) / np.maximum(_ratings(train), 1))


def long_tail(train: Dataset) -> Array:
    """bool (n_items,): not of the short head, the most rated items that together hold HEAD or more of the ratings.

    Items of equally many ratings are on one side: all that tie with the last one that the head needs are in the head.
    So the tail holds 1 - HEAD of the ratings at most, and what nobody rated is in it. HEAD as in Elliot (Anelli et al.
    2021, SIGIR), where the order of such ties decides.
    """
    rated = _ratings(train)
    counts, of_item = np.unique(rated, return_inverse=True)
    held = counts * np.bincount(of_item)
    by_more_rated = held.sum() - np.cumsum(held)
    return (by_more_rated >= HEAD * held.sum())[of_item]


def novelty(rankings: Rankings, cutoffs: Array, information: Array) -> Array:
    """(m, K): sum_{j<=K} I(i_j) / K, the mean self-information of the list in bits.

    Zhou et al. 2010, Solving the Apparent Diversity-Accuracy Dilemma of Recommender Systems, PNAS 107.
    """
    return _means(rankings, cutoffs, information)


def long_tail_share(rankings: Rankings, cutoffs: Array, tail: Array) -> Array:
    """(m, K): |{j <= K: i_j in the long tail}| / K. Its mean over users is the average percentage of long tail items.

    APLT in Abdollahpouri et al. 2019, Managing Popularity Bias in Recommender Systems with Personalized Re-Ranking.

    tail   see `long_tail`
    """
    return _means(rankings, cutoffs, tail)


def intra_list_similarity(rankings: Rankings, cutoffs: Array, tags: Any) -> Array:
    """(m, K): the mean of cos(t_i, t_j) over the pairs i < j of the list; 1: all items have the same tags.

    With unit rows u_i and their sum s over the n items of the list, this is (|s|^2 - n) / (n (n - 1)). Items without a
    tag are left out; with fewer than two others it is NaN, as it always is at K = 1.

    tags   sparse (n_items, t): how often each item has each tag
    Ziegler et al. 2005, Improving Recommendation Lists Through Topic Diversification, WWW, there the sum over pairs.
    """
    units, tagged = unit_rows(tags.astype(np.float64)), np.diff(tags.indptr) > 0
    values = np.full((len(rankings.users), len(cutoffs)), np.nan)
    for column, k in enumerate(cutoffs):
        lists, there = _lists(rankings, k), rankings.candidates >= k
        ends = np.arange(0, lists.size + 1, k)
        summed = sparse.csr_matrix((np.ones(lists.size), lists.ravel(), ends), (len(lists), len(tagged))) @ units
        row = np.repeat(np.arange(len(lists)), np.diff(summed.indptr))
        square, count = np.bincount(row, summed.data**2, len(lists)), tagged[lists].sum(axis=1)
        values[there, column] = (square - count) / np.where(count > 1, count * (count - 1), np.nan)
    return values


def hamming(listed: Array, cutoffs: Array) -> Array:
    """(K,): the mean of 1 - |L_u and L_v| / K over the pairs of users u < v; 0: one list for all, 1: nothing shared.

    Pairs need not be gone through: the c_i lists that hold item i share it c_i (c_i - 1) / 2 times.

    listed   c_i, see `listed`
    Zhou et al. 2010, personalization.
    """
    users = listed.sum(axis=1) / cutoffs
    shared = (listed * (listed - 1)).sum(axis=1)
    return 1 - shared / np.where(users > 1, cutoffs * users * (users - 1), np.nan)


def gini(listed: Array) -> Array:
    """(K,): sum_i (2 i - n - 1) p_i / (n - 1), p_i the shares of the n items of the catalogue in all lists, ascending.

    0: all items are listed equally often, 1: a single one is. The catalogue's items are all those of the data set, as
    in `metrics.coverage`. Shani and Gunawardana 2011, Evaluating Recommendation Systems, section 3.3.

    listed   see there
    """
    n, total = listed.shape[1], listed.sum(axis=1)
    weighted = np.sort(listed, axis=1) @ (2 * np.arange(1, n + 1) - n - 1)
    return weighted / np.where((total > 0) & (n > 1), total * (n - 1), np.nan)


def _ratings(train: Dataset) -> Array:
    """int (n_items,): how many each item has."""
    return np.bincount(train.interactions.item, minlength=len(train.items))


def _means(rankings: Rankings, cutoffs: Array, values: Array) -> Array:
    """(m, K): the mean over each list of its items' values (n_items,)."""
    summed = np.cumsum(values[rankings.items], axis=1)[:, cutoffs - 1]
    return np.where(rankings.candidates[:, None] >= cutoffs, summed / cutoffs, np.nan)


def _lists(rankings: Rankings, k: int) -> Array:
    """int (users with k candidates, k)."""
    return rankings.items[rankings.candidates >= k, :k]
