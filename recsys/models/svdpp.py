"""SVD++: biased matrix factorisation with implicit feedback: what a user rated counts beside how it was rated.

    score(u, i) = mean + b_u + b_i + q_i' (p_u + |N_u|^-1/2 sum_{j in N_u} y_j)              Koren 2008, equation 15

N_u are the items that u rated. It minimises, over the cells of the matrix of users and items,

    sum_ui w_ui (x_ui - score)^2 + l2 (sum_u n_u (|p_u|^2 + b_u^2) + sum_i n_i (|q_i|^2 + b_i^2 + |y_i|^2))

with n the sums of w over a row or a column. Ratings have weight w = 1, cells without one `unobserved_weight`: 0 is
Koren's SVD++, which predicts ratings, not what is rated at all; with more than 0 they are x = 0 (and mean = 0), as in
PureSVD (Cremonesi et al. 2010). The gradient over all cells is that over the ratings and products of f x f matrices
(as in Hu et al. 2008, section 4), so that no dense matrix of users x items is made. Steps are Adam's (Kingma and Ba
2015, algorithm 1) on the whole gradient.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Gt
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked
from scipy import sparse

from recsys.dataset import Array, Dataset
from recsys.features.factors import Factors
from recsys.features.item_item import matrix
from recsys.recommender import Diverged, Objective

Size = Annotated[int, Ge(1)]
Positive = Annotated[float, Gt(0)]
NotNegative = Annotated[float, Ge(0)]
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8
"""Of Adam."""
BLOCK = 1 << 12
"""Ratings whose rows of factors are gathered at a time: few enough to stay in the cache, which is 1.6 times as fast."""


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Training:
    """unobserved_weight: of a cell without a rating; l2: see above; learning_rate, steps: of Adam."""

    unobserved_weight: NotNegative
    l2: NotNegative
    learning_rate: Positive
    steps: Size


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class SvdPp:
    """Koren 2008, Factorization Meets the Neighborhood: a Multifaceted Collaborative Filtering Model, KDD.

    factors            length of p, q and y
    rating, implicit   how the factors that answer each objective are learned
    init_sd            standard deviation of q before the first step; all else starts at 0
    """

    factors: Size = 72
    rating: Training = Training(unobserved_weight=0.0, l2=0.158, learning_rate=0.0111, steps=100)
    implicit: Training = Training(unobserved_weight=0.807, l2=0.0676, learning_rate=0.0514, steps=100)
    init_sd: Positive = 0.1

    @property
    def predicts_ratings(self) -> bool:
        return self.rating.unobserved_weight == 0

    def fit(self, train: Dataset, seed: int) -> SvdPpScorer:
        rng = np.random.default_rng(seed)
        return SvdPpScorer(
            {
                "rating": fit_factors(train, self.factors, self.rating, self.init_sd, rng),
                "implicit": fit_factors(train, self.factors, self.implicit, self.init_sd, rng),
            },
            predicts_ratings=self.predicts_ratings,
        )


def fit_factors(train: Dataset, size: int, training: Training, init_sd: float, rng: np.random.Generator) -> Factors:
    """`training.steps` steps from a random start; the user's factors are p_u + |N_u|^-1/2 sum y_j.

    Raises `Diverged` where a score is not finite.
    """
    shape, unobserved = (len(train.users), len(train.items)), training.unobserved_weight
    mean = 0.0 if unobserved else float(train.interactions.rating.mean(dtype=np.float64))
    target = matrix(train.interactions, train.interactions.rating, *shape).astype(np.float64)
    target.data -= mean
    counts = np.diff(target.indptr), np.bincount(target.indices, minlength=shape[1])
    user, item = np.repeat(np.arange(shape[0]), counts[0]), target.indices
    rated = sparse.csr_matrix((1 / np.sqrt(counts[0][user]), item, target.indptr), shape)  # |N_u|^-1/2
    # Of each user's and each item's cells.
    weight_sums = [count + unobserved * (cells - count) for count, cells in zip(counts, shape[::-1], strict=True)]
    penalty = [training.l2 * weight_sum[:, None] for weight_sum in weight_sums]

    p = np.zeros((shape[0], size + 1))  # with b_u in the last column
    q = np.zeros((shape[1], size + 1))  # with b_i in the last column
    y = np.zeros((shape[1], size))
    q[:, :-1] = rng.normal(0, init_sd, (shape[1], size)) * (weight_sums[1] > 0)[:, None]
    adam = _Adam((p, q, y), training.learning_rate)
    for step in range(1, training.steps + 1):
        left, right = _sides(p, q, y, rated)
        scores = _products(left, right, user, item)
        if not np.isfinite(scores).all():
            raise Diverged.at("SVD++", f"step {step}", "learning_rate", training.learning_rate)
        error = sparse.csr_matrix((scores - target.data - unobserved * scores, item, target.indptr), shape)
        to_left = error @ right + unobserved * left @ (right.T @ right)
        to_right = error.T @ left + unobserved * right @ (left.T @ left)
        to_p, to_q = to_left[:, :-1], np.delete(to_right, size, axis=1)  # without those of the columns of ones
        to_y = rated.T @ to_left[:, :size]
        adam.step((to_p + penalty[0] * p, to_q + penalty[1] * q, to_y + penalty[1] * y))
    return Factors.of(p[:, :-1] + rated @ y, q[:, :-1], p[:, -1], q[:, -1], mean)


def _sides(p: Array, q: Array, y: Array, rated: Any) -> tuple[Array, Array]:
    """(n_users, f + 2) and (n_items, f + 2), whose products are the scores: [.., b_u, 1] and [q_i, 1, b_i]."""
    left = np.hstack([p[:, :-1] + rated @ y, p[:, -1:], np.ones((len(p), 1))])
    right = np.hstack([q[:, :-1], np.ones((len(q), 1)), q[:, -1:]])
    return left, right


def _products(left: Array, right: Array, user: Array, item: Array) -> Array:
    """float64 (n,): left_u' right_i of each rating; their rows are gathered BLOCK ratings at a time."""
    scores = np.empty(len(user))
    for start in range(0, len(user), BLOCK):
        rows = slice(start, start + BLOCK)
        scores[rows] = np.einsum("nf,nf->n", left[user[rows]], right[item[rows]])
    return scores


class _Adam:
    """Adam; updates the arrays in place."""

    def __init__(self, values: Sequence[Array], learning_rate: float) -> None:
        self.values, self.learning_rate, self.steps = values, learning_rate, 0
        self.means = [np.zeros_like(value) for value in values]
        self.squares = [np.zeros_like(value) for value in values]

    def step(self, gradients: Sequence[Array]) -> None:
        self.steps += 1
        rate = self.learning_rate * np.sqrt(1 - BETA_2**self.steps) / (1 - BETA_1**self.steps)
        for value, mean, square, gradient in zip(self.values, self.means, self.squares, gradients, strict=True):
            mean += (1 - BETA_1) * (gradient - mean)
            square += (1 - BETA_2) * (gradient**2 - square)
            value -= rate * mean / (np.sqrt(square) + EPSILON)


@dataclass(frozen=True, slots=True)
class SvdPpScorer:
    """The factors of each objective; predicts_ratings: see `recommender.PredictsRatings`."""

    factors: Mapping[Objective, Factors]
    probabilities: Collection[Objective] = ()
    predicts_ratings: bool = False

    def grid(self, users: Array, objective: Objective) -> Array:
        return self.factors[objective].grid(users)

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        return self.factors[objective].pairs(users, items)
