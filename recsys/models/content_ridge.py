"""Ridge regression of items' mean ratings on their content, so that an item that nobody has rated has a score, too.

    y_i = sum_u (r_ui - mean) / (n_i + damping)               items' damped means, as deviations
    w = argmin sum_i (y_i - mean_y - x_i'w)^2 + l2 |w|^2      over the items with a rating
    f(i) = mean + mean_y + x_i'w                              what the content alone predicts
    score(i) = (sum_u r_ui + damping f(i)) / (n_i + damping)

x_i is made of blocks, one for each feature, whose squared length is its weight, or 0 where nothing is known of i. The
mean of an item with few ratings is shrunk towards what its content predicts; without ratings, the score is f(i). l2 is
chosen by the squared error on items held out of train, a fold of them at a time, which the regression has not seen.
Hoerl and Kennard 1970, Ridge Regression, Technometrics 12(1).
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Gt, MinLen
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked
from scipy import sparse
from scipy.sparse.linalg import lsmr

from recsys.dataset import Array, DataError, Dataset, read_only
from recsys.features.biases import damped_mean
from recsys.features.tags import item_tags, unit_rows
from recsys.recommender import Objective
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
    """A linear model of content for items, the same for all users.

    features         of items; those that the data set does not have are left out. year: Gaussian kernels on the line of
                     years; people: RELATIONS of the graph; any other is a column: flags as they are, texts by TF-IDF
    weights          of features; 1 of those that are not named. More is less regularised
    year_bandwidth   standard deviation of a kernel, in years
    damping          pseudo-ratings of each item's mean, see above
    l2               to choose from; a single one is taken as it is
    folds            of the items with a rating, to choose l2 by
    """

    predicts_ratings: ClassVar[bool] = True
    features: tuple[str, ...] = ("genres", "year", "people", "plot", "critics")
    weights: Mapping[str, Positive] = field(default_factory=lambda: {"plot": 0.5, "critics": 2.0})
    year_bandwidth: Positive = 3.0
    damping: Positive = 5.0
    l2: Annotated[tuple[Positive, ...], MinLen(1)] = (0.1, 0.3, 1.0, 3.0, 10.0)
    folds: Annotated[int, Ge(2)] = 5

    def fit(self, train: Dataset, seed: int) -> ContentRidgeScorer:
        """Raises `DataError` where no feature is left, and where fewer items than folds have a rating."""
        ratings, n_items = train.interactions, len(train.items)
        content = self.content(train)
        mean = float(ratings.rating.mean(dtype=np.float64))
        deviations = damped_mean(ratings.item, ratings.rating - mean, n_items, self.damping)
        rated = np.flatnonzero(np.bincount(ratings.item, minlength=n_items))
        l2 = self._chosen(content[rated], deviations[rated], train.name, seed)
        centre = deviations[rated].mean()
        predicted = centre + content @ _weights(content[rated], deviations[rated] - centre, l2)
        shrunk = damped_mean(ratings.item, np.zeros(len(ratings)), n_items, self.damping, prior_mean=1.0)
        scores = mean + deviations + shrunk * predicted
        return ContentRidgeScorer(read_only(scores.astype(np.float32)), l2)

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
        return TfIdf.fit(texts).vectors(texts) if any(texts) else None

    def _years(self, year: Array) -> Any:
        """Sparse (n_items, years): a kernel for every year near that of an item; 0 of an unknown year.

        Two items d years apart are as similar as exp(-d^2 / (4 bandwidth^2)), as in `content`.
        """
        known = year > 0
        reach = int(np.ceil(WIDTHS * self.year_bandwidth))
        years = year[known] if known.any() else np.ones(1)
        distance = (year[:, None] - np.arange(years.min() - reach, years.max() + reach + 1)) / self.year_bandwidth
        return sparse.csr_matrix(np.where(known[:, None] & (np.abs(distance) <= WIDTHS), np.exp(-(distance**2) / 2), 0))

    def _chosen(self, content: Any, target: Array, name: str, seed: int) -> float:
        """The l2 of the least squared error on items held out; of equal ones, the first."""
        if len(self.l2) == 1:
            return next(iter(self.l2))
        if len(target) < self.folds:
            raise DataError(
                f"{name}: expected ratings of at least {self.folds} items, for the folds that l2 is chosen by, got "
                f"{len(target)}; set model.folds to less, or model.l2 to a single one"
            )
        fold = np.random.default_rng(seed).permutation(len(target)) % self.folds
        errors = np.zeros(len(self.l2))
        for number in range(self.folds):
            learned, held_out = fold != number, fold == number
            centre = target[learned].mean()
            for place, l2 in enumerate(self.l2):
                weights = _weights(content[learned], target[learned] - centre, l2)
                errors[place] += ((target[held_out] - centre - content[held_out] @ weights) ** 2).sum()
        return self.l2[int(errors.argmin())]


@dataclass(frozen=True, slots=True)
class ContentRidgeScorer:
    """One score for each item, on the scale of the ratings; scores: float32 (n_items,); l2: what was chosen."""

    scores: Array
    l2: float
    probabilities: Collection[Objective] = ()
    predicts_ratings: bool = True

    def grid(self, users: Array, objective: Objective) -> Array:
        return np.broadcast_to(self.scores, (len(users), len(self.scores)))

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        return self.scores[items]

    @property
    def learned(self) -> Mapping[str, float]:
        return {"l2": self.l2}


def _weights(content: Any, target: Array, l2: float) -> Array:
    """float64 (d,): argmin |target - content w|^2 + l2 |w|^2, by LSMR (Fong and Saunders 2011), which is sparse."""
    return np.asarray(lsmr(content, target, damp=np.sqrt(l2), atol=TOLERANCE, btol=TOLERANCE, maxiter=2000)[0])
