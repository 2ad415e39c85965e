"""iALS: matrix factorisation of likes in which every cell without a like is a weak negative.

    minimises  sum_ui c_ui (x_ui - p_u' q_i)^2 + l2 (sum_u |p_u|^2 + sum_i |q_i|^2)

    score(u, i) = p_u' q_i                                               Hu, Koren and Volinsky 2008, equation 3

x = 1 and c = alpha for a like, x = 0 and c = 1 for all other cells, low ratings among them: an item that was rated low
is not relevant. Solved by the package implicit, with three conjugate gradient steps a row (Takács,
Pilászy and Tikk 2011). It has one kind of score and gives that one for both objectives.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked
from threadpoolctl import threadpool_limits

from recsys.dataset import Dataset
from recsys.features.factor_scorer import FactorScorer
from recsys.features.factors import Factors
from recsys.features.item_item import matrix
from recsys.features.likes import expect_likes

Size = Annotated[int, Ge(1)]


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Ials:
    """Hu, Koren and Volinsky 2008, Collaborative Filtering for Implicit Feedback Datasets, ICDM.

    like_threshold   a rating of at least this is a like
    factors          length of p and q
    alpha, l2        see above
    sweeps           over users and then items
    """

    like_threshold: float = 4.0
    factors: Size = 128
    alpha: Annotated[float, Gt(0)] = 5.0
    l2: Annotated[float, Ge(0)] = 40.0
    sweeps: Size = 15

    def fit(self, train: Dataset, seed: int) -> FactorScorer:
        from implicit.cpu.als import AlternatingLeastSquares

        expect_likes(train.name, train.interactions.rating, self.like_threshold)
        liked = train.interactions.take(train.interactions.rating >= self.like_threshold)
        likes = matrix(liked, np.ones(len(liked)), len(train.users), len(train.items))
        # One thread, of the package and of the linear algebra below it: sums in one order, so that equal seeds give
        # equal bits, and no two thread pools compete for the cores.
        with threadpool_limits(1, "blas"):
            model = AlternatingLeastSquares(
                factors=self.factors,
                regularization=self.l2,
                alpha=self.alpha,
                iterations=self.sweeps,
                num_threads=1,
                random_state=seed,
            )
            model.fit(likes, show_progress=False)
        return FactorScorer(Factors.of(model.user_factors, model.item_factors))
