"""results/NAME.json: the values behind an experiment's tables, repeat by repeat, and runs made of them again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from recsys.comparison.confusion import K
from recsys.comparison.runs import Refused, Run
from recsys.comparison.tables import ACCURACY, BEYOND_ACCURACY, metrics
from recsys.evaluation import all_candidates_listed, references
from recsys.evaluation.intervals import summarize
from recsys.evaluation.metric_name import MetricName
from recsys.evaluation.metrics import COUNTS

KEPT = (
    *(*ACCURACY, *BEYOND_ACCURACY, *metrics("auc", "log_loss")),
    *(MetricName("", all_candidates_listed.NAME, k) for k in all_candidates_listed.CUTOFFS),
    *(MetricName("", count, K) for count in COUNTS),
)
"""Beside what a protocol is read by."""


def numbers(runs: Sequence[Run]) -> dict[str, Any]:
    """JSON. The stamp and the references are the first run's."""
    return {
        "stamp": runs[0].stamp,
        "read_by": {protocol: [name.short for name in runs[0].read_by(protocol)] for protocol in runs[0].protocols},
        "references": {name: _repeats(runs[0], name) for name in references.NAMES},
        "rows": {
            run.label: {
                "split": run.stamp["split"],
                "test_to_train": run.test_to_train,
                "commit": run.environment["commit"],
                "parameters": run.summary["parameters"],
                "metrics": _repeats(run, None),
                "timings": run.summary["timings"],
            }
            for run in runs
        },
    }


def read(file: Path) -> list[Run]:
    """The rows as runs without values per user, for tables and figures that need none.

    Files of older versions have no references and no test_to_train; that follows from a random split's share.
    Raises `Refused` where it does not, and where rows have different splits, of which the file holds only the first.
    """
    stored: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return [_run(file, stored, label) for label in stored["rows"]]


def _run(file: Path, stored: Mapping[str, Any], label: str) -> Run:
    stamp, row = stored["stamp"], stored["rows"][label]
    if row["split"] != stamp["split"]:
        raise Refused(f"{file}: {label}: expected the split {stamp['split']!r} of the first row, got {row['split']!r}")
    ratio = row["test_to_train"] if "test_to_train" in row else _test_to_train(file, stamp["split"])

    def summaries(values: Mapping[str, Sequence[float]]) -> dict[str, Any]:
        return {name: asdict(summarize(repeats, ratio)) for name, repeats in values.items()}

    summary = {
        "model": label,
        "dataset": stamp["dataset"]["name"],
        "parameters": row["parameters"],
        "stamp": stamp,
        **({"read_by": stored["read_by"]} if "read_by" in stored else {}),
        "test_to_train": ratio,
        "metrics": summaries(row["metrics"]),
        "references": {name: summaries(values) for name, values in stored.get("references", {}).items()},
        "timings": row["timings"],
    }
    return Run(label, None, summary, {"commit": row["commit"]})


def _test_to_train(file: Path, split: str) -> float:
    """n_test / n_train = share / (1 - share)."""
    random = re.fullmatch(r"random, (0?\.\d+) of the ratings, seed \d+", split)
    if random is None:
        raise Refused(
            f"{file}: expected test_to_train, or a split such as 'random, 0.2 of the ratings, seed 1' that it follows "
            f"from, got the split {split!r}; run the experiment anew"
        )
    share = float(random[1])
    return share / (1 - share)


def _repeats(run: Run, reference: str | None) -> dict[str, tuple[float, ...]]:
    names = [name.under(protocol) for protocol in run.protocols for name in (*KEPT, *run.read_by(protocol))]
    return {
        str(name): values.repeats
        for name in dict.fromkeys(names)
        if (values := run.metric(name, reference)) is not None
    }
