"""A run's numbers as MLflow draws them: (name, value, step), K as the step.

`rated/precision` has a point for every K, and `rated_spread/precision_sd`, `_low` and `_high` beside it; `rated/auc`
and its like, without a K, stand at step 0. For tables there are `rated/precision_at_1`, `_5`, `_10` and `_20`, and of
all metrics but the task's headline `_at_10` alone. Those of `recsys.evaluation.beyond_accuracy` have no spread here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeAlias, TypeGuard

from recsys.evaluation import beyond_accuracy
from recsys.evaluation.metric_name import MetricName
from recsys.results import Finished, Results

SHOWN = (1, 5, 10, 20)  # the K of the headline metric that tables show; of all others it is USUAL alone
USUAL = 10
Point: TypeAlias = tuple[str, float, int]


def of_repeat(finished: Finished, headline: str) -> list[Point]:
    numbers = {**finished.values, **finished.timings, "peak_rss_mb": finished.peak_rss_mb}
    return [*_single(numbers, headline), *_curves(finished.values)]


def of_all(results: Results, headline: str) -> list[Point]:
    """Means over the repeats, and their spread."""
    means = {name: metric.mean for name, metric in results.metrics.items()}
    seconds = {name: sum(spent) / len(spent) for name, spent in results.timings.items()}
    points = [*_single({**means, **seconds, "peak_rss_mb": results.peak_rss_mb}, headline), *_curves(means)]
    for name, metric in ((MetricName.parse(text), metric) for text, metric in results.metrics.items()):
        if name.metric in beyond_accuracy.NAMES:
            continue
        parts = (("sd", metric.sd), ("low", metric.low), ("high", metric.high))
        spread = f"{name.protocol}_spread/{name.metric}"
        points += [(f"{spread}_{part}", value, name.k) for part, value in parts if _is_number(value)]
    return points


def _single(numbers: Mapping[str, float], headline: str) -> list[Point]:
    """Those without a cutoff, and those that tables show: MLflow draws a chart for every name."""
    named = [(MetricName.parse(name), value) for name, value in numbers.items() if _is_number(value)]
    return [
        (str(name), value, 0)
        for name, value in named
        if name.k in (0, USUAL) or (name.k in SHOWN and name.metric == headline)
    ]


def _curves(values: Mapping[str, float]) -> list[Point]:
    """`rated/precision_at_10` as `rated/precision` at step 10, all cutoffs: MLflow draws a metric over its steps."""
    named = [(MetricName.parse(name), value) for name, value in values.items() if _is_number(value)]
    return [(name.curve, value, name.k) for name, value in named if name.k]


def _is_number(value: float | None) -> TypeGuard[float]:
    return value is not None and not math.isnan(value)
