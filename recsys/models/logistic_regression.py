"""Classifies texts by logistic regression on TF-IDF: softmax over the categories, or, where texts have several, each
against the others.

min over w, b of |w|^2 / 2 - C sum_i log p(y_i | x_i),    p(k | x) = exp(w_k x + b_k) / sum_j exp(w_j x + b_j)
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from annotated_types import Gt
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.classifier import Labelled
from recsys.classifying import Features, LinearCategories, fit_linear
from recsys.dataset import Array
from recsys.task import TaskName


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class LogisticRegression(Features):
    """By scikit-learn's L-BFGS.

    c          the inverse of the regularisation
    balanced   whether texts weigh as the inverse of how many their category has
    steps      of L-BFGS, at most
    """

    tasks: ClassVar[tuple[TaskName, ...]] = ("classify",)
    c: Annotated[float, Gt(0)] = 10.0
    balanced: bool = False
    steps: Annotated[int, Gt(0)] = 1000

    def fit(self, labelled: Labelled, seed: int) -> LinearCategories:
        from sklearn.linear_model import LogisticRegression as Solver

        def solve(vectors: Any, target: Array) -> tuple[Array, Array]:
            weight = "balanced" if self.balanced else None
            fitted: Any = Solver(C=self.c, class_weight=weight, max_iter=self.steps).fit(vectors, target)
            return fitted.coef_, fitted.intercept_

        return fit_linear(self, labelled, solve)
