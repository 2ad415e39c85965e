"""results/NAME.json: the values behind an experiment's tables, repeat by repeat, and runs made of them again."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from recsys.comparison.confusion import K
from recsys.comparison.differences import Comparison
from recsys.comparison.runs import Refused, Run
from recsys.comparison.tables import ACCURACY, BEYOND_ACCURACY, NEXT_ITEM, Metrics, metrics
from recsys.evaluation import all_candidates_listed, references
from recsys.evaluation.intervals import Summary, spread, summarize
from recsys.evaluation.metric_name import MetricName
from recsys.evaluation.metrics import COUNTS

KEPT = (
    *(*ACCURACY, *NEXT_ITEM, *BEYOND_ACCURACY, *metrics("auc", "log_loss")),
    *(MetricName("", all_candidates_listed.NAME, k) for k in all_candidates_listed.CUTOFFS),
    *(MetricName("", count, K) for count in COUNTS),
)
"""Beside what a protocol is read by."""


def numbers(runs: Sequence[Run], tests: Mapping[str, Any], tested: Metrics = ()) -> dict[str, Any]:
    """JSON. The stamp and the references are the first run's; intervals: of runs whose intervals are over units.

    tests    as `tests_over_units` gives them
    tested   metrics that are kept beside those of `KEPT`, without their protocols
    """
    return {
        "stamp": runs[0].stamp,
        "unit": runs[0].unit,
        "resamples": runs[0].resamples,
        "read_by": {protocol: [name.short for name in runs[0].read_by(protocol)] for protocol in runs[0].protocols},
        "references": {name: _repeats(runs[0], name, tested) for name in references.NAMES},
        "rows": {
            run.label: {
                "split": run.stamp["split"],
                "test_to_train": run.test_to_train,
                "commit": run.environment["commit"],
                "parameters": run.summary["parameters"],
                "metrics": _repeats(run, None, tested),
                "intervals": {} if run.resamples else _intervals(run, tested),
                "tests": tests.get(run.label, {}),
                "timings": run.summary["timings"],
                **({"learned": run.summary["learned"]} if run.summary.get("learned") else {}),
            }
            for run in runs
        },
    }


def tests_over_units(comparison: Comparison) -> dict[str, Any]:
    """Label -> reference -> metric -> a test over units, which cannot be made again without the units' values.

    Of tests over repeats there are none: those follow from the repeats.
    """
    found: dict[str, Any] = {}
    if comparison.over == "repeats":
        return found
    for protocol, tested in comparison.versus.items():
        for name, rows in tested.items():
            for row in rows.values():
                if row.test.p is not None and row.per_unit is not None:
                    against = found.setdefault(row.label, {}).setdefault(comparison.reference.label, {})
                    ends = {"low": row.test.low, "high": row.test.high, "p": row.test.p}
                    per_unit = {part: getattr(row.per_unit, part) for part in ("effect", "better", "worse")}
                    against[str(name.under(protocol))] = {**ends, "needed": row.needed, "per_unit": per_unit}
    return found


def read(file: Path, *, own_splits: bool = False) -> list[Run]:
    """The rows as runs without values per user, for tables and figures that need none.

    own_splits   rows may have different splits; those that differ from the first have their own words for it, and no
                 hashes of test rows, which the file holds of the first alone

    Files of older versions have no references and no test_to_train; that follows from a random split's share. They have
    no intervals and tests over units either: runs on one test set are then without.
    Raises `Refused` where test_to_train is unknown, and, without own_splits, where rows have different splits.
    """
    stored: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return [_run(file, stored, label, own_splits) for label in stored["rows"]]


def _run(file: Path, stored: Mapping[str, Any], label: str, own_splits: bool) -> Run:
    stamp: dict[str, Any] = stored["stamp"]
    row = stored["rows"][label]
    digests = list(stamp["test_rows"].values())
    resamples = stored.get("resamples", len(digests) == 1 or len(set(digests)) > 1)
    if row["split"] != stamp["split"]:
        if not own_splits:
            raise Refused(
                f"{file}: {label}: expected the split {stamp['split']!r} of the first row, got {row['split']!r}"
            )
        stamp = {**stamp, "split": row["split"], "test_rows": dict.fromkeys(stamp["test_rows"])}
    ratio: float = row["test_to_train"] if "test_to_train" in row else _test_to_train(file, stamp["split"], resamples)

    def summaries(values: Mapping[str, Sequence[float]]) -> dict[str, Summary]:
        return {name: summarize(repeats, ratio) if resamples else spread(repeats) for name, repeats in values.items()}

    metrics = summaries(row["metrics"])
    for name, (low, high) in row.get("intervals", {}).items():
        metrics[name] = replace(metrics[name], low=low, high=high)
    summary = {
        "model": label,
        "dataset": stamp["dataset"]["name"],
        "parameters": row["parameters"],
        "unit": stored.get("unit", "user"),
        "stamp": stamp,
        "resamples": resamples,
        "intervals": "as stored",
        **({"read_by": stored["read_by"]} if "read_by" in stored else {}),
        "test_to_train": ratio,
        "metrics": {name: asdict(values) for name, values in metrics.items()},
        "tests": row.get("tests", {}),
        "references": {
            name: {metric: asdict(values) for metric, values in summaries(of).items()}
            for name, of in stored.get("references", {}).items()
        },
        "timings": row["timings"],
        "learned": row.get("learned", {}),
    }
    return Run(label, None, summary, {"commit": row["commit"]})


def _test_to_train(file: Path, split: str, resamples: bool) -> float:
    """n_test / n_train = share / (1 - share); NaN where intervals over repeats have no meaning and none need it."""
    if not resamples:
        return math.nan
    random = re.fullmatch(r"random, (0?\.\d+) of the ratings, seed \d+", split)
    if random is None:
        raise Refused(
            f"{file}: expected test_to_train, or a split such as 'random, 0.2 of the ratings, seed 1' that it follows "
            f"from, got the split {split!r}; run the experiment anew"
        )
    share = float(random[1])
    return share / (1 - share)


def _kept(run: Run, reference: str | None, tested: Metrics) -> dict[str, Summary]:
    names = [name.under(protocol) for protocol in run.protocols for name in (*KEPT, *run.read_by(protocol), *tested)]
    return {str(name): values for name in dict.fromkeys(names) if (values := run.metric(name, reference)) is not None}


def _repeats(run: Run, reference: str | None, tested: Metrics) -> dict[str, tuple[float, ...]]:
    return {name: values.repeats for name, values in _kept(run, reference, tested).items()}


def _intervals(run: Run, tested: Metrics) -> dict[str, tuple[float, float]]:
    kept = _kept(run, None, tested)
    return {
        name: (values.low, values.high)
        for name, values in kept.items()
        if values.low is not None and values.high is not None
    }
