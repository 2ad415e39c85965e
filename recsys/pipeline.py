"""The pipeline: dataset -> splits -> fit -> predict -> measure. It yields; others print, write and track."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recsys.task import Data, Measurement, MeasurementProtocol, Model, Split, Splitter, Task
from recsys.timing import Seconds, Stopwatch


@dataclass(frozen=True, slots=True)
class Repeat:
    """All that one split gave.

    fitted        what the model learned; for `rank`, a scorer
    measured      protocol name -> measurement of the model
    references    reference name -> protocol name -> measurement
    peak_rss_mb   of the process since its start
    """

    split: Split
    fitted: Any
    fit_s: Seconds
    measured: Mapping[str, Measurement]
    references: Mapping[str, Mapping[str, Measurement]]
    peak_rss_mb: float


def run(
    task: Task, data: Data, splitter: Splitter, protocols: Sequence[MeasurementProtocol], model: Model
) -> Iterator[Repeat]:
    """One `Repeat` a split. The model sees the train set and a seed; the test set stays here."""
    for split in splitter.splits(data):
        watch = Stopwatch()
        fitted = model.fit(split.train, split.seed)
        fit_s = watch.read()
        measured = {protocol.name: task.measure(split, protocol, fitted) for protocol in protocols}
        references: dict[str, dict[str, Measurement]] = {}
        for protocol in protocols:
            for name, reference in task.references(split, protocol).items():
                references.setdefault(name, {})[protocol.name] = task.measure(split, protocol, reference)
        yield Repeat(split, fitted, fit_s, measured, references, peak_rss_mb())
        del fitted, measured, references  # they would stand in memory beside the next repeat's


def peak_rss_mb() -> float:
    """The most memory that this process has held, in MB (10^6 bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6
