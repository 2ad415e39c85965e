"""The files of a run: a contract that other tools read. Equal seeds give equal bytes, timings and memory apart.

    summary.json        key, status, repeats, task, unit, model, parameters, learned, seed, dataset, stamp, resamples,
                        intervals, read_by, test_to_train, metrics, references, timings, peak_rss_mb; learned: what the
                        last repeat's fit chose by itself; read_by: of each protocol, the metrics that tables show
    rankings.parquet    repeat, protocol, user, rank, item, score      the 50 best items of each user
    per_user.parquet    repeat, protocol, user, metric, k, value       k = 0: no cut-off (auc); null: undefined
    splits.parquet      repeat, user, item                             the test rows
    precision.png       precision by K
    config.yaml         what was asked for
    environment.json    git commit, Python, machine and package versions
    model/              what the last repeat learned, for `recsys.store.learned.load`
    explanations.csv    its reasons for what some users are recommended; of models that can say so alone

Rows stand by repeat, protocol, and block of users; readers go by columns, not by their order.

All are made from the finished repeats in the folder, also where some are missing: status says how the run ended
(finished, stopped, failed), and repeats which were asked for and which are finished.

These are the files of the task `rank`, whose unit is the user. Another task has its own file of predictions, its own
columns in splits.parquet, per_UNIT.parquet, and the picture of its own headline metric.

Users and items are the data set's own ids. A metric of summary.json is {mean, sd, low, high, repeats}: sd over the
repeats, and a 95% interval from low to high; null where there is none. `intervals` says what they are: over repeats
that each draw their test rows anew, corrected for the overlap of their training sets; over users, by the bootstrap,
where all repeats have their rows from one split (`resamples` is false); none. References have none over users.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import fields
from itertools import chain
from pathlib import Path

import pyarrow.parquet as pq

from recsys import atomic
from recsys.evaluation.intervals import Summary
from recsys.output import precision_curve
from recsys.results import Description, Results
from recsys.store.run_folder import EXPLANATIONS, MODEL, Record, RunFolder, Status
from recsys.store.tables import COMPRESSION, SPLITS, RowGroups, per_unit
from recsys.task import plural

SUMMARY, ENVIRONMENT, CONFIG = "summary.json", "environment.json", "config.yaml"


def files(description: Description) -> tuple[str, ...]:
    """Those that every run of the task leaves, beside its model."""
    parquet = (f"{name}.parquet" for name in _tables(description))
    return (SUMMARY, *parquet, f"{description.headline}.png", CONFIG, ENVIRONMENT)


def write(run: RunFolder, status: Status, *, picture: bool = True) -> tuple[Path, ...]:
    """Writes all files anew; gives their paths, relative to the folder. Without a finished repeat there are none.

    status    how the run ended
    picture   whether one of precision by K is among them
    """
    if not run.numbers:
        return ()
    record, results = run.record, run.results()
    description = record.description
    atomic.write_json(run.path / SUMMARY, _summary(record, status, results))
    for name in _tables(description):
        _gather(run, name)
    if picture:
        precision_curve.draw(description, results, run.path / f"{description.headline}.png")
    atomic.write_text(run.path / CONFIG, record.config)
    atomic.write_json(run.path / ENVIRONMENT, record.environment)
    _last_model(run)
    _last_explanations(run)
    return written(run)


def written(run: RunFolder) -> tuple[Path, ...]:
    """The files that are there, relative to the folder."""
    folder = run.path / MODEL
    model = sorted(file.relative_to(run.path) for file in folder.iterdir()) if folder.exists() else []
    named = (Path(file) for file in (*files(run.record.description), f"{EXPLANATIONS}.csv"))
    return (*(file for file in named if (run.path / file).exists()), *model)


def _tables(description: Description) -> tuple[str, str, str]:
    return description.predicted, per_unit(description.unit), SPLITS


def _summary(record: Record, status: Status, results: Results) -> dict[str, object]:
    description = record.description
    return {
        "key": record.key,
        "status": status,
        "repeats": {"asked": list(record.repeats), "finished": list(results.numbers)},
        "model": description.model,
        "parameters": dict(description.parameters),
        "learned": dict(results.learned),
        "seed": description.seed,
        "task": description.task,
        "unit": description.unit,
        "dataset": description.dataset,
        "stamp": dict(results.stamp),
        "resamples": description.resamples,
        "intervals": _intervals(description, results),
        "read_by": {protocol.name: list(protocol.read_by) for protocol in description.protocols},
        "test_to_train": results.test_to_train,
        "metrics": _values(results.metrics),
        "references": {reference: _values(metrics) for reference, metrics in results.references.items()},
        "timings": dict(results.timings),
        "peak_rss_mb": results.peak_rss_mb,
    }


def _intervals(description: Description, results: Results) -> str:
    words = {"repeats": "over repeats, corrected", "units": f"over {plural(description.unit)}, bootstrap"}
    return words.get(results.over, "none")


def _values(metrics: Mapping[str, Summary]) -> dict[str, dict[str, object]]:
    # `asdict` copies each value: a tenth of a second for two thousand metrics.
    names = [field.name for field in fields(Summary)]
    return {metric: {name: getattr(summary, name) for name in names} for metric, summary in metrics.items()}


def _gather(run: RunFolder, name: str) -> None:
    """One file of the repeats' tables, a row group at a time, in their order."""
    tables = [RowGroups(run.file(name, number)) for number in run.numbers]
    with (
        atomic.replacing(run.path / f"{name}.parquet") as file,
        pq.ParquetWriter(file, tables[0].schema, compression=COMPRESSION) as writer,
    ):
        for table in chain.from_iterable(tables):
            writer.write_table(table)


def _last_model(run: RunFolder) -> None:
    """The last repeat's model under a name that stays; the same files on the disk where it can link."""
    source, target = run.model(run.numbers[-1]), run.path / MODEL
    shutil.rmtree(target, ignore_errors=True)
    if source.exists():
        with atomic.folder(target) as folder:
            for file in source.iterdir():
                if file.name == atomic.CHECKSUMS:
                    continue
                try:
                    os.link(file, folder / file.name)
                except OSError:  # some file systems have no links
                    shutil.copy2(file, folder / file.name)


def _last_explanations(run: RunFolder) -> None:
    if run.file(EXPLANATIONS, run.numbers[-1]).exists():
        table = pq.read_table(run.file(EXPLANATIONS, run.numbers[-1])).to_pandas()
        with atomic.replacing(run.path / f"{EXPLANATIONS}.csv") as file:
            table.to_csv(file, index=False, float_format="%.6g")
