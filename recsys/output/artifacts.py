"""The files of a run: a contract that other tools read. Equal seeds give equal bytes, timings and memory apart.

    summary.json        model, parameters, learned, seed, dataset, stamp, test_to_train, metrics, references, timings,
                        peak_rss_mb; learned: what the last repeat's fit settled, where the model says so
    rankings.parquet    repeat, protocol, user, rank, item, score      the 50 best items of each user
    per_user.parquet    repeat, protocol, user, metric, k, value       k = 0: no cut-off (auc); null: undefined
    splits.parquet      repeat, user, item                             the test rows
    precision.png       precision by K
    config.yaml         what was asked for
    environment.json    git commit, Python, machine and package versions
    model/scorer.pkl    what the last finished repeat learned, for `recsys.recommender.load`
    explanations.csv    its reasons for what some users are recommended; of models that can say so alone

Users and items are the data set's own ids. A metric of summary.json is {mean, sd, low, high, repeats}: 95% interval
from low to high; null where undefined or where there is a single repeat.
"""

from __future__ import annotations

import json
import math
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from recsys.dataset import Array, Dataset
from recsys.environment import environment
from recsys.output import explanations
from recsys.output.precision_curve import draw
from recsys.pipeline import Measurement, Repeat
from recsys.recommender import Explains, Reports, load, save
from recsys.results import Job, Results

DEPTH = 50
STREAMED = ("rankings.parquet", "per_user.parquet", "splits.parquet")
SCORER, EXPLANATIONS = "model/scorer.pkl", "explanations.csv"
FILES = ("summary.json", *STREAMED, "precision.png", "config.yaml", "environment.json", SCORER)
NAME = pa.dictionary(pa.int8(), pa.string())


class Stream:
    """Takes finished repeats; each becomes a row group of every parquet file."""

    def __init__(self, folder: Path, dataset: Dataset, opened: ExitStack) -> None:
        self.folder, self.dataset = folder, dataset
        user, item = pa.array(dataset.users.ids[:1]).type, pa.array(dataset.items.ids[:1]).type
        key = [("repeat", pa.int32()), ("protocol", NAME), ("user", user)]
        self.schemas = {
            "rankings.parquet": pa.schema([*key, ("rank", pa.int32()), ("item", item), ("score", pa.float32())]),
            "per_user.parquet": pa.schema([*key, ("metric", NAME), ("k", pa.int32()), ("value", pa.float64())]),
            "splits.parquet": pa.schema([("repeat", pa.int32()), ("user", user), ("item", item)]),
        }
        self.writers = {
            file: opened.enter_context(pq.ParquetWriter(folder / file, schema, compression="zstd"))
            for file, schema in self.schemas.items()
        }

    def add(self, repeat: Repeat) -> None:
        """Writes one repeat's rows, and its scorer over that of the repeat before."""
        number, test = repeat.split.repeat, repeat.split.test.interactions
        measured = list(repeat.measured.values())
        self._write("rankings.parquet", number, [_rankings(one) for one in measured])
        self._write("per_user.parquet", number, [rows for one in measured for rows in _per_user(one)])
        self._write("splits.parquet", number, [{"user": test.user, "item": test.item}])
        file = self.folder / SCORER
        save(repeat.scorer, file.with_suffix(".part"))
        file.with_suffix(".part").replace(file)  # at once: a stop halfway leaves the scorer before it whole

    def _write(self, file: str, repeat: int, parts: list[dict[str, Any]]) -> None:
        schema = self.schemas[file]
        tables: list[pa.Table] = []
        for part in parts:
            rows = len(part["user"])
            columns = dict(part) | {"repeat": np.full(rows, repeat), "user": self.dataset.users.ids[part["user"]]}
            if "item" in columns:
                columns["item"] = self.dataset.items.ids[part["item"]]
            arrays = [_column(columns[field.name], field.type, rows) for field in schema]
            tables.append(pa.Table.from_arrays(arrays, schema=schema))
        self.writers[file].write_table(pa.concat_tables(tables).unify_dictionaries().combine_chunks())


@contextmanager
def streaming(folder: Path, dataset: Dataset) -> Generator[Stream]:
    """Opens the files that grow with every repeat, and closes them whatever happens. Files of an older run go."""
    (folder / SCORER).parent.mkdir(parents=True, exist_ok=True)
    for file in (*FILES, EXPLANATIONS):
        (folder / file).unlink(missing_ok=True)
    with ExitStack() as opened:
        yield Stream(folder, dataset, opened)


def write(folder: Path, job: Job, results: Results, config: str) -> tuple[Path, ...]:
    """Writes the files that need all finished repeats; gives the paths of all files, relative to the folder."""
    scorer = load(folder / SCORER)
    summary = {
        "model": job.name,
        "parameters": dict(job.parameters),
        "learned": dict(scorer.learned) if isinstance(scorer, Reports) else {},
        "seed": job.seed,
        "dataset": job.dataset.name,
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
    draw(job, results, folder / "precision.png")
    if isinstance(scorer, Explains):
        last = [("repeat", "==", results.last)]
        lists = pq.read_table(folder / "rankings.parquet", filters=last).to_pandas()
        table = explanations.table(scorer, lists, job.dataset)
        table.to_csv(folder / EXPLANATIONS, index=False, float_format="%.6g")
    return tuple(Path(file) for file in (*FILES, EXPLANATIONS) if (folder / file).exists())


def _rankings(measured: Measurement) -> dict[str, Any]:
    items = measured.rankings.items[:, :DEPTH]
    row, column = np.nonzero(items >= 0)
    return {
        "protocol": measured.protocol.name,
        "user": measured.rankings.users[row],
        "rank": column + 1,
        "item": items[row, column],
        "score": measured.rankings.scores[row, column],
    }


def _per_user(measured: Measurement) -> list[dict[str, Any]]:
    users, cutoffs = measured.rankings.users, np.array(measured.protocol.cutoffs)
    columns: list[tuple[str, Array, Array]] = [
        (metric, cutoffs, values) for metric, values in measured.per_user.items()
    ]
    if measured.user_auc is not None:
        columns.append(("auc", np.zeros(1, int), measured.user_auc[:, None]))
    return [
        {
            "protocol": measured.protocol.name,
            "user": np.repeat(users, len(ks)),
            "metric": metric,
            "k": np.tile(ks, len(users)),
            "value": values.ravel(),
        }
        for metric, ks, values in columns
    ]


def _column(values: Any, kind: Any, rows: int) -> Any:
    if isinstance(values, str):
        return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int8)), pa.array([values]))
    return pa.array(values, kind, from_pandas=True)  # NaN becomes null


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
