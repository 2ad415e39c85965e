"""The units' values of all repeats of a run as one array, from the tables that each repeat left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from recsys.dataset import Array
from recsys.evaluation.intervals import UnitValues
from recsys.evaluation.metric_name import MetricName


def of(tables: Sequence[Any], unit: str) -> UnitValues:
    """tables: of per_UNIT.parquet, see `recsys.output.artifacts`, one a repeat."""
    repeats = [_by_metric(table.to_pandas(), unit) for table in tables]
    names = tuple(dict.fromkeys(name for repeat in repeats for name in repeat))
    ids = np.unique(np.concatenate([of_metric for repeat in repeats for of_metric, _ in repeat.values()]))
    values = np.full((len(repeats), len(ids), len(names)), np.nan)
    for number, repeat in enumerate(repeats):
        for name, (of_metric, column) in repeat.items():
            values[number, np.searchsorted(ids, of_metric), names.index(name)] = column
    return UnitValues(names, values)


def _by_metric(frame: Any, unit: str) -> dict[str, tuple[Array, Array]]:
    """Metric -> (unit ids, values)."""
    groups = frame.groupby(["protocol", "metric", "k"], observed=True, sort=False)
    return {
        str(MetricName(protocol, metric, int(k))): (rows[unit].to_numpy(), rows["value"].to_numpy(float))
        for (protocol, metric, k), rows in groups
    }
