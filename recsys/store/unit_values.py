"""The units' values of all repeats of a run as one array, from the tables that each repeat left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from recsys.dataset import Array
from recsys.evaluation.intervals import UnitValues
from recsys.evaluation.metric_name import MetricName

KEYS = ["protocol", "metric", "k"]


def of(repeats: Sequence[Iterable[Any]], unit: str) -> UnitValues:
    """repeats: of each the tables of per_UNIT.parquet, see `recsys.output.artifacts`; gone through twice."""
    names: dict[str, int] = {}
    found: list[Array] = []
    for frame in _frames(repeats):
        found.append(frame[unit].unique())
        for protocol, metric, k in frame[KEYS].drop_duplicates().itertuples(index=False):
            names.setdefault(str(MetricName(protocol, metric, int(k))), len(names))
    ids = np.unique(np.concatenate(found))
    values = np.full((len(repeats), len(ids), len(names)), np.nan)
    for number, tables in enumerate(repeats):
        for frame in _frames([tables]):
            for (protocol, metric, k), rows in frame.groupby(KEYS, observed=True, sort=False):
                place = names[str(MetricName(protocol, metric, int(k)))]
                values[number, np.searchsorted(ids, rows[unit].to_numpy()), place] = rows["value"].to_numpy(float)
    return UnitValues(tuple(names), values)


def _frames(repeats: Sequence[Iterable[Any]]) -> Iterator[Any]:
    return (table.to_pandas() for tables in repeats for table in tables)
