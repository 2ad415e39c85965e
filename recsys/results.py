"""What a run has shown: each finished repeat's numbers, without its scorer and lists, and their summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from types import MappingProxyType
from typing import TypeAlias, cast

from recsys.dataset import Dataset
from recsys.evaluation.intervals import Summary, summarize
from recsys.evaluation.measurement import Measurement, Seconds
from recsys.evaluation.protocols import Protocol
from recsys.evaluation.splits import Splitter
from recsys.pipeline import Repeat
from recsys.recommender import Recommender

Values: TypeAlias = Mapping[str, float]
"""Metric name (`rated/precision_at_10`, `rated/auc`) to value; NaN where undefined."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is run.

    name   the model's, as on the command line
    seed   of the splits
    """

    name: str
    seed: int
    dataset: Dataset
    splitter: Splitter
    protocols: tuple[Protocol, ...]
    model: Recommender

    @property
    def parameters(self) -> Mapping[str, object]:
        """The model's fields, nested ones joined with dots: numbers, strings, truth values, None and lists of these."""
        return MappingProxyType(_flat(self.model, ""))


@dataclass(frozen=True, slots=True)
class Finished:
    """One repeat.

    train, test   ratings in each
    references    reference name -> the values of random, popularity or oracle
    timings       of the model: fit_s, score_s and rank_s, and fit_cpu_s and so on for all threads' CPU time; seconds,
                  scoring and ranking summed over protocols
    """

    number: int
    train: int
    test: int
    stamp: Mapping[str, object]
    values: Values
    references: Mapping[str, Values]
    timings: Mapping[str, float]
    peak_rss_mb: float

    @classmethod
    def of(cls, job: Job, repeat: Repeat) -> Finished:
        measured = list(repeat.measured.values())
        return cls(
            repeat.split.repeat,
            len(repeat.split.train.interactions),
            len(repeat.split.test.interactions),
            stamp(job.dataset, job.splitter, job.protocols, [repeat]),
            values(repeat.measured),
            MappingProxyType({name: values(beside) for name, beside in repeat.beside.items()}),
            _timings(
                {
                    "fit": [repeat.fit_s],
                    "score": [one.score_s for one in measured],
                    "rank": [one.rank_s for one in measured],
                }
            ),
            repeat.peak_rss_mb,
        )


@dataclass(frozen=True, slots=True)
class Results:
    """All repeats together.

    last            the number of the repeat that finished last
    test_to_train   size of the test sets over that of the train sets, which intervals need
    timings         as `Finished.timings`, one a repeat
    peak_rss_mb     the largest over the repeats
    """

    last: int
    stamp: Mapping[str, object]
    metrics: Mapping[str, Summary]
    references: Mapping[str, Mapping[str, Summary]]
    test_to_train: float
    timings: Mapping[str, tuple[float, ...]]
    peak_rss_mb: float

    @classmethod
    def of(cls, finished: Sequence[Finished]) -> Results:
        first = finished[0]
        hashes = [cast(Mapping[str, str], one.stamp["test_rows"]) for one in finished]
        test_rows = {number: digest for one in hashes for number, digest in one.items()}
        # Folds differ in size by a row or so: one ratio stands for all.
        ratio = sum(one.test for one in finished) / sum(one.train for one in finished)
        return cls(
            finished[-1].number,
            MappingProxyType({**first.stamp, "test_rows": test_rows}),
            _summaries([one.values for one in finished], ratio),
            {name: _summaries([one.references[name] for one in finished], ratio) for name in first.references},
            ratio,
            {name: tuple(one.timings[name] for one in finished) for name in first.timings},
            max(one.peak_rss_mb for one in finished),
        )


def stamp(
    dataset: Dataset, splitter: Splitter, protocols: Sequence[Protocol], repeats: Sequence[Repeat]
) -> dict[str, object]:
    """What two results must share to be comparable: data, split, protocols and the hash of every repeat's test rows."""
    return {
        "dataset": {"name": dataset.name, "fingerprint": dataset.fingerprint},
        "split": splitter.describe(),
        "test_rows": {str(repeat.split.repeat): repeat.split.digest for repeat in repeats},
        "protocols": {protocol.name: protocol.stamp() for protocol in protocols},
    }


def values(measured: Mapping[str, Measurement]) -> Values:
    """The means over users of every protocol's metrics, by name."""
    named: dict[str, float] = {}
    for protocol, measurement in measured.items():
        for metric, curve in measurement.curves.items():
            for k, value in zip(measurement.protocol.cutoffs, curve.tolist(), strict=True):
                named[f"{protocol}/{metric}_at_{k}"] = value
        named |= {f"{protocol}/{metric}": float(value) for metric, value in measurement.numbers.items()}
    return MappingProxyType(named)


def _timings(spent: Mapping[str, Sequence[Seconds]]) -> Mapping[str, float]:
    named = {f"{stage}_s": sum(one.wall for one in parts) for stage, parts in spent.items()}
    return MappingProxyType(named | {f"{stage}_cpu_s": sum(one.cpu for one in parts) for stage, parts in spent.items()})


def _summaries(repeats: Sequence[Values], test_to_train: float) -> Mapping[str, Summary]:
    # A model may give probabilities in one repeat alone, in theory: a metric missing anywhere has no summary.
    shared = [name for name in repeats[0] if all(name in one for one in repeats)]
    return MappingProxyType({name: summarize([one[name] for one in repeats], test_to_train) for name in shared})


def _flat(value: object, name: str) -> dict[str, object]:
    if is_dataclass(value) and not isinstance(value, type):
        inner: dict[str, object] = {one.name: getattr(value, one.name) for one in fields(value)}
    elif isinstance(value, Mapping):
        inner = {str(key): part for key, part in cast(Mapping[object, object], value).items()}
    elif isinstance(value, (list, tuple)):
        return {name: [_plain(part) for part in cast(Sequence[object], value)]}
    else:
        return {name: _plain(value)}
    return {
        key: part for field, child in inner.items() for key, part in _flat(child, f"{name}.{field}".lstrip(".")).items()
    }


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
