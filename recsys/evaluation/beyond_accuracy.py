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
from recsys.features.tags import compared_by, unit_rows

NAMES = ("intra_list_similarity", "novelty", "hamming", "gini")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What train tells of the items.

    information   float (n_items,), see `self_information`
    tags          sparse (n_items, t): how often each item has each tag that items are compared by; None: there is none
    """

    information: Array
    tags: Any

    @classmethod
    def of(cls, train: Dataset) -> Catalogue:
        return cls(self_information(train), compared_by(train))


def per_user(rankings: Rankings, cutoffs: Array, catalogue: Catalogue) -> Mapping[str, Array]:
    """(m, K) each; without `intra_list_similarity` where no item has a tag."""
    values = {"novelty": novelty(rankings, cutoffs, catalogue.information)}
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
    rated = np.bincount(train.interactions.item, minlength=len(train.items))
    return np.log2(len(train.users) / np.maximum(rated, 1))


def novelty(rankings: Rankings, cutoffs: Array, information: Array) -> Array:
    """(m, K): sum_{j<=K} I(i_j) / K, the mean self-information of the list in bits.

    Zhou et al. 2010, Solving the Apparent Diversity-Accuracy Dilemma of Recommender Systems, PNAS 107.
    """
    summed = np.cumsum(information[rankings.items], axis=1)[:, cutoffs - 1]
    return np.where(_long_enough(rankings, cutoffs), summed / cutoffs, np.nan)


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


def _long_enough(rankings: Rankings, cutoffs: Array) -> Array:
    return rankings.candidates[:, None] >= cutoffs


def _lists(rankings: Rankings, k: int) -> Array:
    """int (users with k candidates, k)."""
    return rankings.items[rankings.candidates >= k, :k]
