"""The pipeline: dataset -> split -> fit -> predict -> measure. It gives values; others print, write and track."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
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
    """All repeats of the splitter, one after the other."""
    for number in splitter.numbers:
        yield repeat(task, data, splitter, protocols, model, number)


def repeat(
    task: Task, data: Data, splitter: Splitter, protocols: Sequence[MeasurementProtocol], model: Model, number: int
) -> Repeat:
    """The repeat of this number. The model sees the train set and a seed; the test set stays here."""
    split = splitter.split(data, number)
    for protocol in protocols:
        protocol.check_split(split)  # before hours are spent
    watch = Stopwatch()
    fitted = model.fit(split.train, split.seed)
    fit_s = watch.read()
    measured = {protocol.name: task.measure(split, protocol, fitted) for protocol in protocols}
    references: dict[str, dict[str, Measurement]] = {}
    for protocol in protocols:
        for name, reference in task.references(split, protocol).items():
            references.setdefault(name, {})[protocol.name] = task.measure(split, protocol, reference)
    return Repeat(split, fitted, fit_s, measured, references, peak_rss_mb())


def peak_rss_mb() -> float:
    """The most memory that this process has held, in MB (10^6 bytes)."""
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="utf-8").splitlines() if status.exists() else []
    own = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
    if own:  # of this process alone; rusage begins with the peak of the process that started it
        return own[0] * 1024 / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6
