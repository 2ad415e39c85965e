"""A run's metrics as MLflow draws them: (name, value, step), with the cutoff K as the step.

`rated/precision` has a point for every K, and so have its standard deviation and confidence interval,
`rated_spread/precision_sd`, `_low` and `_high`. Metrics without a cutoff, such as `rated/auc`, are logged at step 0.
Tables show the task's headline metric at K = 1, 5, 10 and 20 (`rated/precision_at_1` ...), and all others at 10.
Metrics beyond accuracy (`recsys.evaluation.beyond_accuracy`) have no standard deviation and no interval here. The share
of users whose candidates are all listed, which no model changes, is logged at 10 alone, and the counts of true
positives and so on are left to summary.json.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeAlias, TypeGuard

from recsys.evaluation import all_candidates_listed, beyond_accuracy, metrics
from recsys.evaluation.metric_name import MetricName
from recsys.results import Finished, Results

HEADLINE_CUTOFFS = (1, 5, 10, 20)
"""At which tables show the headline metric."""
CUTOFF = 10
"""At which they show all others."""
Point: TypeAlias = tuple[str, float, int]


def of_repeat(finished: Finished, headline: str) -> list[Point]:
    """Metrics, seconds and memory of one repeat."""
    numbers = {**finished.values, **finished.timings, "peak_rss_mb": finished.peak_rss_mb}
    return [*_single(numbers, headline), *_curves(finished.values)]


def of_all(results: Results, headline: str) -> list[Point]:
    """Means over the repeats, with standard deviation and confidence interval."""
    means = {name: metric.mean for name, metric in results.metrics.items()}
    seconds = {name: sum(spent) / len(spent) for name, spent in results.timings.items()}
    points = [*_single({**means, **seconds, "peak_rss_mb": results.peak_rss_mb}, headline), *_curves(means)]
    for name, metric in ((MetricName.parse(text), metric) for text, metric in results.metrics.items()):
        if name.metric in (*beyond_accuracy.NAMES, *metrics.COUNTS, all_candidates_listed.NAME):
            continue
        parts = (("sd", metric.sd), ("low", metric.low), ("high", metric.high))
        spread = f"{name.protocol}_spread/{name.metric}"
        points += [(f"{spread}_{part}", value, name.k) for part, value in parts if _is_number(value)]
    return points


def _single(numbers: Mapping[str, float], headline: str) -> list[Point]:
    """Metrics without a cutoff, and at the cutoffs of tables alone, as MLflow draws a chart for each."""
    named = [(MetricName.parse(name), value) for name, value in numbers.items() if _is_number(value)]
    return [
        (str(name), value, 0)
        for name, value in named
        if name.metric not in metrics.COUNTS
        and (name.k in (0, CUTOFF) or (name.k in HEADLINE_CUTOFFS and name.metric == headline))
    ]


def _curves(values: Mapping[str, float]) -> list[Point]:
    """`rated/precision_at_10` as `rated/precision` at step 10, all cutoffs: MLflow draws a metric over its steps."""
    named = [(MetricName.parse(name), value) for name, value in values.items() if _is_number(value)]
    left_out = (*metrics.COUNTS, all_candidates_listed.NAME)
    return [(name.curve, value, name.k) for name, value in named if name.k and name.metric not in left_out]


def _is_number(value: float | None) -> TypeGuard[float]:
    return value is not None and not math.isnan(value)
