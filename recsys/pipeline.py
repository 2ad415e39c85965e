"""The pipeline: dataset -> splits -> fit -> rank -> measure. It yields; others print, write and track."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from recsys.dataset import Dataset
from recsys.evaluation.measurement import Measurement, Seconds, Stopwatch, measure
from recsys.evaluation.protocols import Protocol
from recsys.evaluation.references import references
from recsys.evaluation.splits import Split, Splitter
from recsys.recommender import Recommender, Scorer


@dataclass(frozen=True, slots=True)
class Repeat:
    """All that one split gave.

    measured      protocol name -> measurement of the model
    beside        reference name -> protocol name -> measurement
    peak_rss_mb   of the process since its start
    """

    split: Split
    scorer: Scorer
    fit_s: Seconds
    measured: Mapping[str, Measurement]
    beside: Mapping[str, Mapping[str, Measurement]]
    peak_rss_mb: float


def run(dataset: Dataset, splitter: Splitter, protocols: Sequence[Protocol], model: Recommender) -> Iterator[Repeat]:
    """One `Repeat` a split. The model sees the train set and a seed; the test set stays here."""
    for split in splitter.splits(dataset):
        watch = Stopwatch()
        scorer = model.fit(split.train, split.seed)
        fit_s = watch.read()
        measured = {protocol.name: measure(split, protocol, scorer) for protocol in protocols}
        beside: dict[str, dict[str, Measurement]] = {}
        for protocol in protocols:
            for name, reference in references(split, protocol).items():
                beside.setdefault(name, {})[protocol.name] = measure(split, protocol, reference)
        yield Repeat(split, scorer, fit_s, measured, beside, peak_rss_mb())
        del scorer, measured, beside  # they would stand in memory beside the next repeat's


def peak_rss_mb() -> float:
    """The most memory that this process has held, in MB (10^6 bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6
