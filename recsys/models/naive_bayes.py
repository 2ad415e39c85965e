"""Classifies texts by multinomial naive Bayes on TF-IDF.

log p(k | x) = log p(k) + sum_w x_w log p(w | k) + const,    p(w | k) = (N_kw + alpha) / (sum_w N_kw + alpha V)

N_kw: the sum of x_w over the training texts of category k. Where texts have several categories, the score of each is
log p(k | x) - log p(not k | x).
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Gt
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.classifier import Labelled
from recsys.classifying import Features, LinearCategories, fit_linear
from recsys.dataset import Array
from recsys.task import TaskName


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class NaiveBayes(Features):
    """McCallum and Nigam 1998, A Comparison of Event Models for Naive Bayes Text Classification; TF-IDF in the place of
    counts: Rennie et al. 2003. By scikit-learn.

    alpha   what is added to each word's count in each category
    """

    tasks: ClassVar[tuple[TaskName, ...]] = ("classify",)
    alpha: Annotated[float, Gt(0)] = 0.1

    def fit(self, labelled: Labelled, seed: int) -> LinearCategories:
        from sklearn.naive_bayes import MultinomialNB

        def solve(vectors: Any, target: Array) -> tuple[Array, Array]:
            fitted: Any = MultinomialNB(alpha=self.alpha).fit(vectors, target)
            weights, bias = fitted.feature_log_prob_, fitted.class_log_prior_
            return (np.diff(weights, axis=0), np.diff(bias)) if len(bias) == 2 else (weights, bias)

        return fit_linear(self, labelled, solve)
