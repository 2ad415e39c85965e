"""Stacking: other models' scores, weighed by how well they foretell ratings that the models had not seen.

    rating     sigmoid(w_0 + sum_m w_m s_m(u, i))                        s_m: member m's score
    implicit   w_0 - sum_m w_m log rank_m(u, i)                          rank of i among all items in m's scores of u

Stacking (Wolpert 1992; for ratings Sill et al. 2009): train is dealt to folds, and each member, fitted without a fold,
scores its rows. On these scores a logistic regression learns the weights: for `rating` whether a rating is a like, for
`implicit` likes against sampled items without a rating. Then the members are fitted on all of train. Scores of the
catalogue are sums that grow with what was rated, so that those of a part of train compare with those of all of it only
as ranks.
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
from recsys.dataset import Array, DataError, Dataset, read_only
from recsys.features import negative_sampling
from recsys.recommender import Objective, Recommender, Scorer, pairs_from_grid


@checked(frozen=True, config=ConfigDict(extra="forbid", arbitrary_types_allowed=True))
class Stacking:
    """Wolpert 1992, Stacked Generalization, Neural Networks 5.

    members     any recommenders, by name
    threshold   a rating of at least this is a like
    folds       each member is fitted once for each, and once more
    negatives   items without a rating drawn for each like; objective `implicit`
    """

    members: Annotated[Mapping[str, Recommender], MinLen(1)]
    threshold: float
    folds: Annotated[int, Ge(2), Le(100)]
    negatives: Annotated[int, Gt(0)]

    def fit(self, train: Dataset, seed: int) -> StackingScorer:
        rng, interactions = np.random.default_rng(seed), train.interactions
        likes = interactions.rating >= self.threshold
        if likes.all() or not likes.any():
            least, most = interactions.rating.min(), interactions.rating.max()
            raise DataError(
                f"{train.name}: expected ratings on both sides of {self.threshold:g}, got {least:g} to {most:g}; "
                "set model.threshold to what counts as a like there"
            )
        fold = rng.permutation(len(interactions)) % self.folds
        rated = np.empty((len(interactions), len(self.members)), np.float32)
        ranked: list[Array] = []
        taken: list[Array] = []
        for number in range(self.folds):
            rows = np.flatnonzero(fold == number)
            liked = rows[likes[rows]]
            left = negative_sampling.draw(
                interactions, np.repeat(interactions.user[liked], self.negatives), len(train.items), rng
            )
            users, items = np.append(interactions.user[liked], left[0]), np.append(interactions.item[liked], left[1])
            scorers = self._fitted(train.take(fold != number), seed)
            progress.report("stacking, fold", number + 1, self.folds + 1)
            rated[rows] = _columns(
                [one.pairs(interactions.user[rows], interactions.item[rows], "rating") for one in scorers]
            )
            ranked.append(_columns([_ranks(one, users, items) for one in scorers]))
            taken.append(np.arange(len(users)) < len(liked))
        combiners: dict[Objective, Combiner] = {
            "rating": Combiner.fit(rated, likes),
            "implicit": Combiner.fit(np.concatenate(ranked), np.concatenate(taken)),
        }
        scorers = self._fitted(train, seed)
        progress.report("stacking, fold", self.folds + 1, self.folds + 1)
        return StackingScorer(tuple(self.members), scorers, combiners)

    def _fitted(self, train: Dataset, seed: int) -> tuple[Scorer, ...]:
        return tuple(member.fit(train, seed) for member in self.members.values())


@dataclass(frozen=True, slots=True)
class Combiner:
    """w_0 + sum_m w_m (s_m - center_m) / scale_m, summed member by member: a cell's value depends on no other cell.

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
        found = LogisticRegression().fit(scaler.fit_transform(scores), label)
        weights = np.asarray(found.coef_[0], np.float64)
        center, scale = np.asarray(scaler.mean_, np.float64), np.asarray(scaler.scale_, np.float64)
        return cls(read_only(center), read_only(scale), read_only(weights), float(found.intercept_[0]))

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
    # That of `implicit` depends on how many negatives were drawn: a score, no probability of anything.
    probabilities: Collection[Objective] = ("rating",)

    def grid(self, users: Array, objective: Objective) -> Array:
        if objective == "implicit":
            return self.combiners["implicit"].decision([standing(one.grid(users, "implicit")) for one in self.scorers])
        return expit(self.combiners["rating"].decision([one.grid(users, "rating") for one in self.scorers]))

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        if objective == "implicit":
            return pairs_from_grid(lambda chosen: self.grid(chosen, "implicit"), users, items)
        return expit(self.combiners["rating"].decision([one.pairs(users, items, "rating") for one in self.scorers]))

    def weights(self, objective: Objective) -> Mapping[str, float]:
        """What each member counts, in units of its own spread."""
        return dict(zip(self.names, self.combiners[objective].weights.tolist(), strict=True))

    @property
    def learned(self) -> Mapping[str, float]:
        return {f"weight.{one}.{name}": value for one in self.combiners for name, value in self.weights(one).items()}


def standing(scores: Array) -> Array:
    """float (users, n_items): minus the logarithm of each item's rank in its row, 0 for the best; ties share a rank."""
    return -np.log(rankdata(-scores, axis=1)) if len(scores) else scores


def _ranks(scorer: Scorer, users: Array, items: Array) -> Array:
    return pairs_from_grid(lambda chosen: standing(scorer.grid(chosen, "implicit")), users, items)


def _columns(values: list[Array]) -> Array:
    return np.stack(values, axis=-1).astype(np.float32)
