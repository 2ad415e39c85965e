"""One finished repeat, as it travels from where it ran to the run's folder: numbers, tables, and what was learned."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from recsys.dataset import Array, DataError, Dataset
from recsys.pipeline import Repeat
from recsys.recommender import Explains
from recsys.results import Finished, Job
from recsys.store import explanations, learned
from recsys.task import Measurement, Task

SPLITS = "splits"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shard:
    """Plain values and tables, so that it can be sent to another process.

    tables         file name without its ending -> rows of this repeat; see `recsys.output.artifacts`
    model          what was learned; None: not asked for
    explanations   of models that explain, see `recsys.store.explanations`
    """

    finished: Finished
    tables: Mapping[str, pa.Table]
    model: learned.Saved | None
    explanations: pa.Table | None

    @classmethod
    def of(cls, job: Job, repeat: Repeat, threads: int, keep_model: bool) -> Shard:
        task, data = job.task, job.data
        measured = list(repeat.measured.values())
        predictions = [
            {"protocol": measurement.protocol.name, **task.predictions(data, measurement)} for measurement in measured
        ]
        per_unit_rows = [part for measurement in measured for part in _values(task, measurement)]
        parts = {
            task.predicted: predictions,
            per_unit(task.unit): per_unit_rows,
            SPLITS: [task.test_rows(data, repeat.split)],
        }
        ids, number = task.unit_ids(data), repeat.split.repeat
        tables = {file: _table(rows, task.unit, ids, number) for file, rows in parts.items()}
        reasons = None
        if isinstance(repeat.fitted, Explains) and isinstance(data, Dataset):
            lists = tables[task.predicted].to_pandas()
            reasons = pa.Table.from_pandas(explanations.table(repeat.fitted, lists, data), preserve_index=False)
        model = _model(repeat.fitted) if keep_model else None
        return cls(Finished.of(job, repeat, threads), tables, model, reasons)


def _model(fitted: Any) -> learned.Saved | None:
    """A model that cannot be saved costs no repeat."""
    try:
        return learned.save(fitted)
    except DataError as error:
        logger.warning("the model is not kept: %s; keep_models=none says so from the start", error)
        return None


def per_unit(unit: str) -> str:
    """The file of the units' values, without its ending: per_user for `rank`."""
    return f"per_{unit}"


def _values(task: Task, measured: Measurement) -> list[dict[str, Any]]:
    """Of each metric, the values of all units at all cutoffs."""
    units, cutoffs = measured.units, np.array(measured.protocol.cutoffs, np.int32)
    columns: list[dict[str, Any]] = []
    for metric, values in measured.per_unit.items():
        ks = cutoffs if values.ndim == 2 else np.zeros(1, np.int32)
        columns.append(
            {
                "protocol": measured.protocol.name,
                task.unit: np.repeat(units, len(ks)),
                "metric": metric,
                "k": np.tile(ks, len(units)),
                "value": values.ravel(),
            }
        )
    return columns


def _table(parts: Sequence[Mapping[str, Any]], unit: str, ids: Array, repeat: int) -> Any:
    tables: list[pa.Table] = []
    for part in parts:
        rows = len(part[unit])
        columns = {"repeat": np.full(rows, repeat, np.int32), **part, unit: ids[part[unit]]}
        tables.append(pa.table({name: _column(values, rows) for name, values in columns.items()}))
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()


def _column(values: Any, rows: int) -> Any:
    if isinstance(values, str):
        return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int8)), pa.array([values]))
    return pa.array(values, from_pandas=True)  # NaN becomes null
