"""Stacking: a weighted combination of other models' scores, learned on ratings held out from those models.

    rating     sigmoid(w_0 + sum_m w_m s_m(u, i))                        s_m: member m's score
    implicit   w_0 - sum_m w_m log rank_m(u, i)                          rank of i among all items in m's scores of u

Stacking (Wolpert 1992; for ratings Sill et al. 2009): train is split into folds, and each member, fitted without a
fold, scores its rows. On these out-of-fold scores a logistic regression learns the weights: for `rating` whether a
rating is a like, for `implicit` likes against sampled items without a rating. Then the members are fitted on all of
train. Implicit scores are often sums that grow with the number of ratings, so that scores of members fitted on part of
train and on all of it are comparable only as ranks.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le, MinLen
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked
from scipy.special import expit
from scipy.stats import rankdata

from recsys import progress
from recsys.dataset import Array, Dataset, read_only
from recsys.features import negative_sampling
from recsys.features.likes import expect_both
from recsys.recommender import Objective, Recommender, Scorer, pairs_from_grid


@checked(frozen=True, config=ConfigDict(extra="forbid", arbitrary_types_allowed=True))
class Stacking:
    """Wolpert 1992, Stacked Generalization, Neural Networks 5.

    members          any recommenders, by name
    like_threshold   a rating of at least this is a like
    folds            each member is fitted once for each, and once more
    negatives        items without a rating drawn for each like; objective `implicit`
    """

    members: Annotated[Mapping[str, Recommender], MinLen(1)]
    like_threshold: float = 4.0
    folds: Annotated[int, Ge(2), Le(100)] = 8
    negatives: Annotated[int, Gt(0)] = 13

    def fit(self, train: Dataset, seed: int) -> StackingScorer:
        rng, interactions = np.random.default_rng(seed), train.interactions
        likes = interactions.rating >= self.like_threshold
        expect_both(train.name, interactions.rating, self.like_threshold)
        fold = rng.permutation(len(interactions)) % self.folds
        rating_scores = np.empty((len(interactions), len(self.members)), np.float32)
        rank_scores: list[Array] = []
        positive: list[Array] = []
        for number in range(self.folds):
            rows = np.flatnonzero(fold == number)
            liked = rows[likes[rows]]
            negatives = negative_sampling.draw(
                interactions, np.repeat(interactions.user[liked], self.negatives), len(train.items), rng
            )
            users = np.append(interactions.user[liked], negatives[0])
            items = np.append(interactions.item[liked], negatives[1])
            scorers = self._fit_members(train.take(fold != number), seed)
            progress.report("stacking, fold", number + 1, self.folds + 1)
            rating_scores[rows] = _columns(
                [scorer.pairs(interactions.user[rows], interactions.item[rows], "rating") for scorer in scorers]
            )
            rank_scores.append(_columns([_negative_log_ranks_of_pairs(scorer, users, items) for scorer in scorers]))
            positive.append(np.arange(len(users)) < len(liked))
        combiners: dict[Objective, Combiner] = {
            "rating": Combiner.fit(rating_scores, likes),
            "implicit": Combiner.fit(np.concatenate(rank_scores), np.concatenate(positive)),
        }
        scorers = self._fit_members(train, seed)
        progress.report("stacking, fold", self.folds + 1, self.folds + 1)
        return StackingScorer(tuple(self.members), scorers, combiners)

    def _fit_members(self, train: Dataset, seed: int) -> tuple[Scorer, ...]:
        return tuple(member.fit(train, seed) for member in self.members.values())


@dataclass(frozen=True, slots=True)
class Combiner:
    """w_0 + sum_m w_m (s_m - center_m) / scale_m, summed member by member: a value depends on its own scores alone.

    center, scale   float64 (members,): mean and standard deviation of each member's scores in training
    weights         float64 (members,): w; bias: w_0
    """

    center: Array
    scale: Array
    weights: Array
    bias: float

    @classmethod
    def fit(cls, scores: Array, label: Array) -> Combiner:
        """Logistic regression of label, bool (n,), on scores, float (n, members), standardised."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.preprocessing import StandardScaler

        scaler = StandardScaler()
        regression = LogisticRegression().fit(scaler.fit_transform(scores), label)
        weights = np.asarray(regression.coef_[0], np.float64)
        center, scale = np.asarray(scaler.mean_, np.float64), np.asarray(scaler.scale_, np.float64)
        return cls(read_only(center), read_only(scale), read_only(weights), float(regression.intercept_[0]))

    def decision(self, scores: Sequence[Array]) -> Array:
        """float64: the log odds, of the shape of each member's scores."""
        total = np.full(scores[0].shape, self.bias)
        for score, center, scale, weight in zip(scores, self.center, self.scale, self.weights, strict=True):
            total += weight * ((score - center) / scale)
        return total


@dataclass(frozen=True, slots=True)
class StackingScorer:
    """names, scorers: of the members, in the order of the combiners' columns."""

    names: tuple[str, ...]
    scorers: tuple[Scorer, ...]
    combiners: Mapping[Objective, Combiner]
    # That of `implicit` depends on the number of negatives drawn: a score, not a probability.
    probabilities: Collection[Objective] = ("rating",)

    def grid(self, users: Array, objective: Objective) -> Array:
        if objective == "implicit":
            ranks = [negative_log_ranks(scorer.grid(users, "implicit")) for scorer in self.scorers]
            return self.combiners["implicit"].decision(ranks)
        return expit(self.combiners["rating"].decision([scorer.grid(users, "rating") for scorer in self.scorers]))

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        if objective == "implicit":
            return pairs_from_grid(lambda distinct: self.grid(distinct, "implicit"), users, items)
        scores = [scorer.pairs(users, items, "rating") for scorer in self.scorers]
        return expit(self.combiners["rating"].decision(scores))

    def weights(self, objective: Objective) -> Mapping[str, float]:
        """Each member's weight, per standard deviation of its scores."""
        return dict(zip(self.names, self.combiners[objective].weights.tolist(), strict=True))

    @property
    def learned(self) -> Mapping[str, float]:
        return {
            f"weight.{objective}.{name}": weight
            for objective in self.combiners
            for name, weight in self.weights(objective).items()
        }


def negative_log_ranks(scores: Array) -> Array:
    """float (users, n_items): -log of each item's rank in its row, 0 for the first; ties share their mean rank."""
    return -np.log(rankdata(-scores, axis=1)) if len(scores) else scores


def _negative_log_ranks_of_pairs(scorer: Scorer, users: Array, items: Array) -> Array:
    return pairs_from_grid(lambda distinct: negative_log_ranks(scorer.grid(distinct, "implicit")), users, items)


def _columns(values: list[Array]) -> Array:
    return np.stack(values, axis=-1).astype(np.float32)
