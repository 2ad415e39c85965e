"""Classifies texts by a linear support vector machine on TF-IDF, one category against the others.

min over w, b of (|w|^2 + b^2) / 2 + C sum_i max(0, 1 - y_i (w x_i + b))^2
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
class Svm(Features):
    """Joachims 1998, Text categorization with Support Vector Machines, ECML; squared hinge loss by LIBLINEAR (Fan et
    al. 2008), through scikit-learn.

    c          the inverse of the regularisation
    balanced   whether texts weigh as the inverse of how many their category has
    """

    tasks: ClassVar[tuple[TaskName, ...]] = ("classify",)
    c: Annotated[float, Gt(0)] = 1.0
    balanced: bool = False

    def fit(self, labelled: Labelled, seed: int) -> LinearCategories:
        from sklearn.svm import LinearSVC

        def solve(vectors: Any, target: Array) -> tuple[Array, Array]:
            weight = "balanced" if self.balanced else None
            fitted: Any = LinearSVC(C=self.c, class_weight=weight, random_state=seed % 2**32).fit(vectors, target)
            return fitted.coef_, fitted.intercept_

        return fit_linear(self, labelled, solve)
