"""One predictor of categories on one split, in numbers: the only place where it meets the test texts.

Of category k, with c_k of p_k predictions right among t_k texts that have it,

    precision_k = c_k / p_k,    recall_k = c_k / t_k,    F1_k = 2 c_k / (p_k + t_k)        0 where the denominator is

and the macro averages are the means over the categories of the test set (Sokolova and Lapalme 2009). Each is a mean of
ratios of sums over texts. A text's value is the mean over categories of the linearised values of
`recsys.evaluation.entity_counts`: the mean of these values over texts is the macro average, and the variance of that
mean is, to first order, the one of the average.
"""

from __future__ import annotations

import re
from types import MappingProxyType

import numpy as np

from recsys.classifier import CategoryPredictor, Predicted
from recsys.dataset import Array
from recsys.evaluation.classify_protocol import CategoryMatch
from recsys.evaluation.entity_counts import linearised
from recsys.evaluation.parted_split import TextSplit
from recsys.task import Block, Keep, Measurement
from recsys.timing import Stopwatch

NOT_IN_NAMES = re.compile(r"[^\w.-]|(?<=_)at(?=_)")
"""What the name of a metric may not have, since it stands for something there."""


class CategoryError(ValueError):
    """A predictor gave something that is not one category or more for each text."""


def measure(
    split: TextSplit, protocol: CategoryMatch, predictor: CategoryPredictor, keep: Keep | None = None
) -> Measurement:
    """Classifies the test texts. Units are texts, predictions a `Predicted`.

    keep   takes the block; None: it stays in the measurement

    Raises `CategoryError` where a text is without a category, or what is predicted is of another shape.
    """
    watch = Stopwatch()
    predicted = predictor.predict(split.test.views)
    score_s = watch.read()
    if predicted.labels.shape != split.test.labels.shape or not predicted.labels.any(axis=1).all():
        raise CategoryError(
            f"expected a category or more of {len(split.test.categories)} for each of {len(split.test)} texts, got "
            f"{predicted.labels.shape[1]} and {int(predicted.labels.any(axis=1).sum())} texts that have one"
        )
    watch = Stopwatch()
    values = {name: value.astype(np.float64) for name, value in _values(predicted, split.test.labels).items()}
    for column, category in enumerate(split.test.categories):
        if split.test.labels[:, column].any():
            found, true = predicted.labels[:, column], split.test.labels[:, column]
            values[f1_of(category)] = linearised(2 * (found & true), found * 1 + true)
    numbers = {name: float(value.mean()) for name, value in values.items()}
    block = Block(split.rows, MappingProxyType(values), predicted)
    rank_s = watch.read()
    if keep is not None:
        keep(block)
    blocks = (block,) if keep is None else ()
    return Measurement(protocol, MappingProxyType({}), MappingProxyType(numbers), score_s, rank_s, blocks)


def f1_of(category: str) -> str:
    """The name of the metric."""
    return f"f1_{NOT_IN_NAMES.sub('-', category)}"


def _values(predicted: Predicted, true: Array) -> dict[str, Array]:
    """Metric -> float (n,): values of texts whose mean is the metric."""
    tested = true.any(axis=0)
    found, true = predicted.labels[:, tested], true[:, tested]
    right = (found & true).T.astype(int)
    ratios = {
        "macro_f1": (2 * right, found.T.astype(int) + true.T),
        "macro_precision": (right, found.T.astype(int)),
        "macro_recall": (right, true.T.astype(int)),
    }
    values = {
        name: np.mean([linearised(*pair) for pair in zip(above, below, strict=True)], axis=0)
        for name, (above, below) in ratios.items()
    }
    wrong_elsewhere = predicted.labels[:, ~tested].any(axis=1)
    return {**values, "accuracy": (found == true).all(axis=1) & ~wrong_elsewhere}
