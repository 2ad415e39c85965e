"""Ridge regression of items' mean ratings on their content, so that an item that nobody has rated has a score, too.

    y_i = sum_u (r_ui - mean) / (n_i + damping)               items' damped means, as deviations
    w = argmin sum_i (y_i - mean_y - x_i'w)^2 + l2 |w|^2      over the items with a rating
    f(i) = mean + mean_y + x_i'w                              what the content alone predicts
    score(i) = (sum_u r_ui + damping f(i)) / (n_i + damping)

x_i is made of blocks, one for each feature, whose squared length is its weight, or 0 where nothing is known of i. The
mean of an item with few ratings is shrunk towards what its content predicts; without ratings, the score is f(i). l2 is
chosen by the squared error on items held out of train, a fold of them at a time, which the regression has not seen.
Hoerl and Kennard 1970, Ridge Regression, Technometrics 12(1).

With `taste_l2`, each user has weights of their own for what the item's score leaves of their ratings, and the score is

    score(u, i) = score(i) + b_u + x_i'v_u

with b_u the damped mean of r_uj - score(j), and v_u as in `recsys.features.content_taste`.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Gt, MinLen
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked
from scipy import sparse
from scipy.sparse.linalg import lsmr

from recsys.dataset import Array, DataError, Dataset, Interactions, read_only
from recsys.features.biases import damped_mean
from recsys.features.content_taste import Taste, errors
from recsys.features.tags import item_tags, unit_rows
from recsys.recommender import Objective, pairs_from_grid
from recsys.text.tfidf import TfIdf

logger = logging.getLogger(__name__)

Positive = Annotated[float, Gt(0)]
PEOPLE, YEAR = "people", "year"
RELATIONS = ("director", "writer", "actor", "country", "language")
"""Of the data set's graph: what `people` stands for."""
WIDTHS = 4
"""Bandwidths from its year to which a kernel reaches."""
TOLERANCE = 1e-10
"""Of the least squares, relative to what they are given."""


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class ContentRidge:
    """A linear model of content: of items' means, and with `taste_l2` of each user's taste.

    features         of items; those that the data set does not have are left out. year: Gaussian kernels on the line of
                     years; people: RELATIONS of the graph; any other is a column: flags as they are, texts by TF-IDF
                     with words and frequencies of items that train has ratings of
    weights          of features; 1 of those that are not named. More is less regularised
    year_bandwidth   standard deviation of a kernel, in years
    damping          pseudo-ratings of each item's mean, see above
    l2               to choose from; a single one is taken as it is
    folds            of the items with a rating, to choose l2 by
    taste_l2         of the users' own weights, to choose from in the same way; none: one score for all users
    """

    predicts_ratings: ClassVar[bool] = True
    features: tuple[str, ...] = ("genres", "year", "people", "plot", "critics")
    weights: Mapping[str, Positive] = field(default_factory=lambda: {"plot": 0.5, "critics": 2.0})
    year_bandwidth: Positive = 3.0
    damping: Positive = 5.0
    l2: Annotated[tuple[Positive, ...], MinLen(1)] = (0.1, 0.3, 1.0, 3.0, 10.0)
    folds: Annotated[int, Ge(2)] = 5
    taste_l2: tuple[Positive, ...] = ()

    def fit(self, train: Dataset, seed: int) -> ContentRidgeScorer:
        """Raises `DataError` where no feature is left, and where fewer items than folds have a rating."""
        ratings, n_items = train.interactions, len(train.items)
        content = self.content(train)
        _, deviations, rated = self._means(ratings, n_items)
        fold = np.full(n_items, -1)
        fold[rated] = np.random.default_rng(seed).permutation(len(rated)) % self.folds
        if len(rated) < self.folds and max(len(self.l2), len(self.taste_l2)) > 1:
            raise DataError(
                f"{train.name}: expected ratings of at least {self.folds} items, for the folds that l2 is chosen by, "
                f"got {len(rated)}; set model.folds to less, or model.l2 and model.taste_l2 to a single one"
            )
        l2 = self._chosen(content[rated], deviations[rated], fold[rated])
        scores = self._scores(ratings, content, l2)
        means = ContentRidgeScorer(read_only(scores.astype(np.float32)), l2)
        if not self.taste_l2:
            return means
        taste_l2 = self._chosen_taste(ratings, len(train.users), content, l2, fold)
        bias, left = self._left(ratings, len(train.users), scores)
        taste = Taste.of(ratings.user, ratings.item, left, len(train.users), content, taste_l2)
        return replace(means, bias=read_only(bias.astype(np.float32)), taste=taste, taste_l2=taste_l2)

    def _means(self, ratings: Interactions, n_items: int) -> tuple[float, Array, Array]:
        """The mean rating, the items' damped deviations from it, and the items that have a rating."""
        mean = float(ratings.rating.mean(dtype=np.float64))
        deviations = damped_mean(ratings.item, ratings.rating - mean, n_items, self.damping)
        return mean, deviations, np.flatnonzero(np.bincount(ratings.item, minlength=n_items))

    def _scores(self, ratings: Interactions, content: Any, l2: float) -> Array:
        """float64 (n_items,)."""
        n_items = content.shape[0]
        mean, deviations, rated = self._means(ratings, n_items)
        centre = deviations[rated].mean()
        predicted = centre + content @ _weights(content[rated], deviations[rated] - centre, l2)
        shrunk = damped_mean(ratings.item, np.zeros(len(ratings)), n_items, self.damping, prior_mean=1.0)
        return mean + deviations + shrunk * predicted

    def _left(self, ratings: Interactions, n_users: int, scores: Array) -> tuple[Array, Array]:
        """b of each user, and what is left of each rating after the item's score and b."""
        left = ratings.rating - scores[ratings.item]
        bias = damped_mean(ratings.user, left, n_users, self.damping)
        return bias, left - bias[ratings.user]

    def _chosen_taste(self, ratings: Interactions, n_users: int, content: Any, l2: float, fold: Array) -> float:
        """The taste_l2 of the least squared error on ratings of items held out; of equal ones, the first."""
        if len(self.taste_l2) == 1:
            return self.taste_l2[0]
        total = np.zeros(len(self.taste_l2))
        for number in range(self.folds):
            is_held_out = fold[ratings.item] == number
            learned, held_out = ratings.take(~is_held_out), ratings.take(is_held_out)
            scores = self._scores(learned, content, l2)
            bias, left = self._left(learned, n_users, scores)
            rest = held_out.rating - scores[held_out.item] - bias[held_out.user]
            parts = ((learned.user, learned.item, left), (held_out.user, held_out.item, rest))
            total += errors(*parts, content, self.taste_l2)
        return self.taste_l2[int(total.argmin())]

    def content(self, train: Dataset) -> Any:
        """Sparse float64 (n_items, d): the blocks of the features side by side."""
        blocks: list[Any] = []
        for feature in self.features:
            block = self._block(train, feature)
            if block is None:
                logger.warning("%s has nothing of %r: content_ridge runs without it", train.name, feature)
            else:
                weight = np.sqrt(self.weights.get(feature, 1.0))
                blocks.append(weight * unit_rows(sparse.csr_matrix(block, dtype=np.float64)))
        if not blocks:
            raise DataError(
                f"{train.name}: expected content of items, any of {', '.join(self.features) or 'model.features'}, "
                "found none; set model.features to columns that it has, or use another model"
            )
        return sparse.hstack(blocks, format="csr")

    def _block(self, train: Dataset, feature: str) -> Any | None:
        column = train.item_table.get(feature)
        if feature == PEOPLE:
            counts = item_tags(train, RELATIONS).counts
            return counts if counts.shape[1] else None
        if column is None:
            return None
        if feature == YEAR:
            return self._years(column)
        if column.ndim == 2:
            return column
        texts = [str(text) for text in column]
        rated = np.flatnonzero(np.bincount(train.interactions.item, minlength=len(texts)))
        learned = [texts[item] for item in rated.tolist()]
        return TfIdf.fit(learned).vectors(texts) if any(learned) else None

    def _years(self, year: Array) -> Any:
        """Sparse (n_items, years): a kernel for every year near that of an item; 0 of an unknown year.

        Two items d years apart are as similar as exp(-d^2 / (4 bandwidth^2)), as in `content`.
        """
        known = year > 0
        reach = int(np.ceil(WIDTHS * self.year_bandwidth))
        years = year[known] if known.any() else np.ones(1)
        distance = (year[:, None] - np.arange(years.min() - reach, years.max() + reach + 1)) / self.year_bandwidth
        return sparse.csr_matrix(np.where(known[:, None] & (np.abs(distance) <= WIDTHS), np.exp(-(distance**2) / 2), 0))

    def _chosen(self, content: Any, target: Array, fold: Array) -> float:
        """The l2 of the least squared error on items held out; of equal ones, the first."""
        if len(self.l2) == 1:
            return self.l2[0]
        total = np.zeros(len(self.l2))
        for number in range(self.folds):
            learned, held_out = fold != number, fold == number
            centre = target[learned].mean()
            for place, l2 in enumerate(self.l2):
                weights = _weights(content[learned], target[learned] - centre, l2)
                total[place] += ((target[held_out] - centre - content[held_out] @ weights) ** 2).sum()
        return self.l2[int(total.argmin())]


@dataclass(frozen=True, slots=True)
class ContentRidgeScorer:
    """On the scale of the ratings.

    scores         float32 (n_items,): of each item
    l2, taste_l2   what was chosen
    bias, taste    float32 (n_users,), and what comes on top for each user; None: the scores are the same for all
    """

    scores: Array
    l2: float
    bias: Array | None = None
    taste: Taste | None = None
    taste_l2: float | None = None
    probabilities: Collection[Objective] = ()
    predicts_ratings: bool = True

    def grid(self, users: Array, objective: Objective) -> Array:
        if self.taste is None or self.bias is None:
            return np.broadcast_to(self.scores, (len(users), len(self.scores)))
        return (self.scores + self.bias[users, None] + self.taste.grid(users)).astype(np.float32)

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        if self.taste is None:
            return self.scores[items]
        return pairs_from_grid(lambda distinct: self.grid(distinct, objective), users, items)

    @property
    def learned(self) -> Mapping[str, float]:
        return {"l2": self.l2, **({} if self.taste_l2 is None else {"taste_l2": self.taste_l2})}


def _weights(content: Any, target: Array, l2: float) -> Array:
    """float64 (d,): argmin |target - content w|^2 + l2 |w|^2, by LSMR (Fong and Saunders 2011), which is sparse."""
    return np.asarray(lsmr(content, target, damp=np.sqrt(l2), atol=TOLERANCE, btol=TOLERANCE, maxiter=2000)[0])
