"""The pipeline: dataset -> split -> fit -> predict -> measure. It gives values; others print, write and track."""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from recsys.task import Block, Data, Keep, Measurement, MeasurementProtocol, Model, Split, Splitter, Task
from recsys.timing import Seconds, Stopwatch

References: TypeAlias = Mapping[str, Mapping[str, Measurement]]
"""Reference name -> protocol name -> measurement. They are the same for all models on a split."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """All that one split gave.

    fitted        what the model learned; for `rank`, a scorer
    measured      protocol name -> measurement of the model
    references    see `References`
    peak_rss_mb   of the process since its start
    """

    split: Split
    fitted: Any
    fit_s: Seconds
    measured: Mapping[str, Measurement]
    references: References
    peak_rss_mb: float


def run(
    task: Task, data: Data, splitter: Splitter, protocols: Sequence[MeasurementProtocol], model: Model
) -> Iterator[Repeat]:
    """All repeats of the splitter, one after the other."""
    for number in splitter.numbers:
        yield repeat(task, data, splitter, protocols, model, number)


def repeat(
    task: Task,
    data: Data,
    splitter: Splitter,
    protocols: Sequence[MeasurementProtocol],
    model: Model,
    number: int,
    keep: Callable[[MeasurementProtocol, Block], None] | None = None,
    known: dict[object, References] | None = None,
) -> Repeat:
    """The repeat of this number. The model sees the train set and a seed; the test set stays here.

    keep    takes what is measured of the model, some units at a time, and nobody what is measured of a reference; None:
            all of both stays in the repeat
    known   references measured before, for other models on the same splits; those that come new are added
    """
    split = splitter.split(data, number)
    for protocol in protocols:
        protocol.check_split(split)  # before hours are spent
    watch = Stopwatch()
    fitted = model.fit(split.train, split.seed)
    fit_s = watch.read()
    measured = {part.name: task.measure(split, part, fitted, keep and partial(keep, part)) for part in protocols}
    known = {} if known is None else known
    # As words: what differs in any setting, or cannot be told by its words, is measured anew.
    parts = (repr(task), data.fingerprint, splitter.describe(), split.repeat, split.seed, split.digest, repr(protocols))
    if parts not in known:
        known[parts] = _references(task, protocols, split, None if keep is None else _drop)
    return Repeat(split, fitted, fit_s, measured, known[parts], peak_rss_mb())


def _references(task: Task, protocols: Sequence[MeasurementProtocol], split: Split, keep: Keep | None) -> References:
    return {
        name: {
            part.name: task.measure(split, part, scorers[part.name], keep) for part in protocols if part.name in scorers
        }
        for name, scorers in task.references(split, protocols).items()
    }


def _drop(block: Block) -> None:
    """References leave no values of single units."""


def peak_rss_mb() -> float:
    """The most memory that this process has held, in MB (10^6 bytes)."""
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="utf-8").splitlines() if status.exists() else []
    own = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
    if own:  # of this process alone; rusage begins with the peak of the process that started it
        return own[0] * 1024 / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6
