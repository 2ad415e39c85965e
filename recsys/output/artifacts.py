"""The files of a run: a contract that other tools read. Equal seeds give equal bytes, timings and memory apart.

    summary.json        task, unit, model, parameters, learned, seed, dataset, stamp, test_to_train, metrics,
                        references, timings, peak_rss_mb; learned: what the last repeat's fit chose by itself
    rankings.parquet    repeat, protocol, user, rank, item, score      the 50 best items of each user
    per_user.parquet    repeat, protocol, user, metric, k, value       k = 0: no cut-off (auc); null: undefined
    splits.parquet      repeat, user, item                             the test rows
    precision.png       precision by K
    config.yaml         what was asked for
    environment.json    git commit, Python, machine and package versions
    model/scorer.pkl    what the last finished repeat learned, for `recsys.recommender.load`
    explanations.csv    its reasons for what some users are recommended; of models that can say so alone

These are the files of the task `rank`, whose unit is the user. Another task has its own file of predictions, its own
columns in splits.parquet, per_UNIT.parquet, and the picture of its own headline metric.

Users and items are the data set's own ids. A metric of summary.json is {mean, sd, low, high, repeats}: 95% interval
from low to high; null where undefined or where there is a single repeat.
"""

from __future__ import annotations

import json
import math
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from recsys.dataset import Dataset
from recsys.environment import environment
from recsys.output import explanations
from recsys.output.precision_curve import draw
from recsys.pipeline import Repeat
from recsys.recommender import Explains, Reports, load, save
from recsys.results import Job, Results
from recsys.task import Data, Measurement, Task

SCORER, EXPLANATIONS = "model/scorer.pkl", "explanations.csv"


class Stream:
    """Takes finished repeats; each becomes a row group of every parquet file."""

    def __init__(self, folder: Path, task: Task, data: Data, opened: ExitStack) -> None:
        self.folder, self.task, self.data, self.opened = folder, task, data, opened
        self.ids = task.unit_ids(data)
        self.writers: dict[str, pq.ParquetWriter] = {}

    def add(self, repeat: Repeat) -> None:
        """Writes one repeat's rows, and what it learned over that of the repeat before."""
        number, task, data = repeat.split.repeat, self.task, self.data
        measured = list(repeat.measured.values())
        predictions = [
            {"protocol": measurement.protocol.name, **task.predictions(data, measurement)} for measurement in measured
        ]
        self._write(task.predicted, number, predictions)
        self._write(per_unit(task), number, [part for measurement in measured for part in self._values(measurement)])
        self._write("splits", number, [task.test_rows(data, repeat.split)])
        file = self.folder / SCORER
        save(repeat.fitted, file.with_suffix(".part"))
        file.with_suffix(".part").replace(file)  # at once: a stop halfway leaves the model before it whole

    def _values(self, measured: Measurement) -> list[dict[str, Any]]:
        """Of each metric, the values of all units at all cutoffs."""
        units, cutoffs = measured.units, np.array(measured.protocol.cutoffs, np.int32)
        columns: list[dict[str, Any]] = []
        for metric, values in measured.per_unit.items():
            ks = cutoffs if values.ndim == 2 else np.zeros(1, np.int32)
            columns.append(
                {
                    "protocol": measured.protocol.name,
                    self.task.unit: np.repeat(units, len(ks)),
                    "metric": metric,
                    "k": np.tile(ks, len(units)),
                    "value": values.ravel(),
                }
            )
        return columns

    def _write(self, file: str, repeat: int, parts: Sequence[Mapping[str, Any]]) -> None:
        unit = self.task.unit
        tables: list[pa.Table] = []
        for part in parts:
            rows = len(part[unit])
            columns = {"repeat": np.full(rows, repeat, np.int32), **part, unit: self.ids[part[unit]]}
            tables.append(pa.table({name: _column(values, rows) for name, values in columns.items()}))
        table = pa.concat_tables(tables).unify_dictionaries().combine_chunks()
        if file not in self.writers:
            writer = pq.ParquetWriter(self.folder / f"{file}.parquet", table.schema, compression="zstd")
            self.writers[file] = self.opened.enter_context(writer)
        self.writers[file].write_table(table)


def per_unit(task: Task) -> str:
    """The file of the units' values, without its ending: per_user for `rank`."""
    return f"per_{task.unit}"


def files(task: Task) -> tuple[str, ...]:
    """Those that every run of the task leaves."""
    parquet = (f"{name}.parquet" for name in (task.predicted, per_unit(task), "splits"))
    return ("summary.json", *parquet, f"{task.headline}.png", "config.yaml", "environment.json", SCORER)


@contextmanager
def streaming(folder: Path, task: Task, data: Data) -> Generator[Stream]:
    """Takes the repeats as they finish, and closes the files whatever happens. Files of an older run go."""
    (folder / SCORER).parent.mkdir(parents=True, exist_ok=True)
    for file in (*files(task), EXPLANATIONS):
        (folder / file).unlink(missing_ok=True)
    with ExitStack() as opened:
        yield Stream(folder, task, data, opened)


def write(folder: Path, job: Job, results: Results, config: str) -> tuple[Path, ...]:
    """Writes the files that need all finished repeats; gives the paths of all files, relative to the folder."""
    fitted = load(folder / SCORER)
    summary = {
        "model": job.name,
        "parameters": dict(job.parameters),
        "learned": dict(fitted.learned) if isinstance(fitted, Reports) else {},
        "seed": job.seed,
        "task": job.task.name,
        "unit": job.task.unit,
        "dataset": job.data.name,
        "stamp": dict(results.stamp),
        "test_to_train": results.test_to_train,
        "metrics": {name: asdict(metric) for name, metric in results.metrics.items()},
        "references": {
            reference: {name: asdict(metric) for name, metric in metrics.items()}
            for reference, metrics in results.references.items()
        },
        "timings": dict(results.timings),
        "peak_rss_mb": results.peak_rss_mb,
    }
    _write_json(folder / "summary.json", summary)
    _write_json(folder / "environment.json", environment())
    (folder / "config.yaml").write_text(config, encoding="utf-8")
    draw(job, results, folder / f"{job.task.headline}.png")
    if isinstance(fitted, Explains) and isinstance(job.data, Dataset):
        last = [("repeat", "==", results.last)]
        lists = pq.read_table(folder / f"{job.task.predicted}.parquet", filters=last).to_pandas()
        table = explanations.table(fitted, lists, job.data)
        table.to_csv(folder / EXPLANATIONS, index=False, float_format="%.6g")
    return tuple(Path(file) for file in (*files(job.task), EXPLANATIONS) if (folder / file).exists())


def _column(values: Any, rows: int) -> Any:
    if isinstance(values, str):
        return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int8)), pa.array([values]))
    return pa.array(values, from_pandas=True)  # NaN becomes null


def _write_json(file: Path, value: Mapping[str, object]) -> None:
    text = json.dumps(_without_nan(value), indent=1, ensure_ascii=False, allow_nan=False)
    file.write_text(text + "\n", encoding="utf-8")


def _without_nan(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _without_nan(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(part) for part in value]
    return value
