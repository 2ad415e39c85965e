"""What a run is and what it has shown: each finished repeat's numbers, without its scorer and lists, and their summary.

All but `Job` are plain values that JSON holds, so that a run's outputs can be made of its folder alone.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from typing import Any, TypeAlias, cast

from recsys.evaluation.intervals import Over, Summary, UnitValues, bootstrap, spread, summarize
from recsys.evaluation.metric_name import MetricName
from recsys.evaluation.protocols import USERS
from recsys.pipeline import Repeat
from recsys.recommender import Reports
from recsys.task import Data, Measurement, MeasurementProtocol, Model, Splitter, Task
from recsys.timing import Seconds

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
    task: Task
    data: Data
    splitter: Splitter
    protocols: tuple[MeasurementProtocol, ...]
    model: Model

    @property
    def parameters(self) -> Mapping[str, object]:
        """The model's fields, nested ones joined with dots: numbers, strings, truth values, None and lists of these."""
        return _flat(self.model, "")


@dataclass(frozen=True, slots=True)
class ProtocolDescription:
    """name, cutoffs and read_by as in `MeasurementProtocol`; words: what it measures, for people."""

    name: str
    cutoffs: tuple[int, ...]
    read_by: tuple[str, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Description:
    """What a run is: all that its files, its tracking and the screen need to know of the job.

    model, seed, parameters           as in `Job`
    task, unit, headline, predicted   as in `Task`
    dataset, origin, fingerprint      as in `Data`
    sizes                             how many there are of what
    resamples                         as in `Splitter`
    """

    model: str
    parameters: Mapping[str, object]
    seed: int
    task: str
    unit: str
    headline: str
    predicted: str
    dataset: str
    origin: str
    fingerprint: str
    sizes: Mapping[str, int]
    split: str
    resamples: bool
    protocols: tuple[ProtocolDescription, ...]

    @classmethod
    def of(cls, job: Job) -> Description:
        task, data = job.task, job.data
        protocols = (
            ProtocolDescription(part.name, part.cutoffs, tuple(part.read_by), part.describe()) for part in job.protocols
        )
        return cls(
            model=job.name,
            parameters=dict(job.parameters),
            seed=job.seed,
            task=task.name,
            unit=task.unit,
            headline=task.headline,
            predicted=task.predicted,
            dataset=data.name,
            origin=data.origin,
            fingerprint=data.fingerprint,
            sizes=dict(data.sizes),
            split=job.splitter.describe(),
            resamples=job.splitter.resamples,
            protocols=tuple(protocols),
        )

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Description:
        protocols = (
            ProtocolDescription(
                part["name"],
                tuple(part["cutoffs"]),
                tuple(part.get("read_by", ())),  # which runs of older versions do not say
                part["words"],
            )
            for part in value["protocols"]
        )
        parts: dict[str, Any] = {**value, "protocols": tuple(protocols)}
        return cls(**parts)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


BY_REPEAT = ("test_rows", "facts")
"""Parts of a stamp that have an entry for each repeat."""
OF_THE_MACHINE = ("timings", "peak_rss_mb", "ended")
"""Fields of `Finished` that differ where and whenever a repeat runs; all others do not."""


@dataclass(frozen=True, slots=True)
class Finished:
    """One repeat.

    train, test   examples in each, such as ratings
    references    reference name -> the values of random, popularity or oracle
    learned       what fitting chose by itself, by dotted name; empty for most models
    timings       of the model: fit_s, score_s and rank_s, and fit_cpu_s and so on for all threads' CPU time; seconds,
                  scoring and ranking summed over protocols
    threads       that a fit was allowed
    ended         Unix time in milliseconds
    """

    number: int
    train: int
    test: int
    stamp: Mapping[str, object]
    values: Values
    references: Mapping[str, Values]
    learned: Mapping[str, float]
    timings: Mapping[str, float]
    peak_rss_mb: float
    threads: int
    ended: int

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Finished:
        parts: dict[str, Any] = {**value, "values": _with_nan(value["values"])}
        parts["references"] = {name: _with_nan(numbers) for name, numbers in value["references"].items()}
        return cls(**parts)

    def to_json(self) -> dict[str, Any]:
        """NaN as null; `from_json` gives equal numbers back, to the bit."""
        return asdict(self)

    @classmethod
    def of(cls, job: Job, repeat: Repeat, threads: int) -> Finished:
        measured = repeat.measured.values()
        return cls(
            repeat.split.repeat,
            len(repeat.split.train),
            len(repeat.split.test),
            stamp(job.data, job.splitter, job.protocols, [repeat]),
            values(repeat.measured),
            {name: values(protocols) for name, protocols in repeat.references.items()},
            dict(repeat.fitted.learned) if isinstance(repeat.fitted, Reports) else {},
            _timings(
                {
                    "fit": [repeat.fit_s],
                    "score": [measurement.score_s for measurement in measured],
                    "rank": [measurement.rank_s for measurement in measured],
                }
            ),
            repeat.peak_rss_mb,
            threads,
            int(time.time() * 1000),
        )


def differ_in(stamp: Mapping[str, Any]) -> str:
    """What repeats differ in: `repeats`, with test rows of their own; `seeds`, on one test set, `seeds and users` on
    samples of its users."""
    if len(set(stamp["test_rows"].values())) > 1:
        return "repeats"
    all_users = all(protocol.get("users", USERS) == USERS for protocol in stamp["protocols"].values())
    return "seeds" if all_users else "seeds and users"


@dataclass(frozen=True, slots=True)
class Results:
    """All repeats together.

    over            what the metrics' intervals are over; references have none over units, of which they leave no values
    numbers         of the repeats, ascending
    learned         of the last of them, see `Finished`
    test_to_train   size of the test sets over that of the train sets, which intervals need
    timings         as `Finished.timings`, one a repeat
    peak_rss_mb     the largest over the repeats
    """

    over: Over
    numbers: tuple[int, ...]
    learned: Mapping[str, float]
    stamp: Mapping[str, object]
    metrics: Mapping[str, Summary]
    references: Mapping[str, Mapping[str, Summary]]
    test_to_train: float
    timings: Mapping[str, tuple[float, ...]]
    peak_rss_mb: float

    @property
    def repeats_differ_in(self) -> str:
        """See `differ_in`."""
        return differ_in(self.stamp)

    @classmethod
    def of(cls, finished: Sequence[Finished], seed: int, units: UnitValues | None) -> Results:
        """units: of the same repeats, where they do not draw their test rows anew; seed: of the draws of units."""
        finished = sorted(finished, key=lambda repeat: repeat.number)  # as if they had run one after the other
        first = finished[0]
        # Folds differ in size by a row or so: one ratio stands for all.
        ratio = sum(repeat.test for repeat in finished) / sum(repeat.train for repeat in finished)
        values = _by_name([repeat.values for repeat in finished])
        references = {name: _by_name([repeat.references[name] for repeat in finished]) for name in first.references}

        def summarized(named: Mapping[str, Sequence[float]]) -> Mapping[str, Summary]:
            return {
                name: summarize(numbers, ratio) if units is None else spread(numbers) for name, numbers in named.items()
            }

        return cls(
            "units" if units is not None else "repeats" if len(finished) > 1 else "none",
            tuple(repeat.number for repeat in finished),
            finished[-1].learned,
            {**first.stamp, **{part: _of_all(finished, part) for part in BY_REPEAT if part in first.stamp}},
            summarized(values) if units is None else _over_units(summarized(values), units, seed),
            {name: summarized(named) for name, named in references.items()},
            ratio,
            {name: tuple(repeat.timings[name] for repeat in finished) for name in first.timings},
            max(repeat.peak_rss_mb for repeat in finished),
        )


def stamp(
    data: Data, splitter: Splitter, protocols: Sequence[MeasurementProtocol], repeats: Sequence[Repeat]
) -> dict[str, object]:
    """What two results must share to be comparable: data, split, protocols and the hash of every repeat's test rows.

    Facts of the data, and those of splits, which follow from data and split, are in it where there are any.
    """
    facts = {str(repeat.split.repeat): dict(repeat.split.facts) for repeat in repeats if repeat.split.facts}
    return {
        "dataset": {
            "name": data.name,
            "fingerprint": data.fingerprint,
            **({"facts": dict(data.facts)} if data.facts else {}),
        },
        "split": splitter.describe(),
        "test_rows": {str(repeat.split.repeat): repeat.split.digest for repeat in repeats},
        **({"facts": facts} if facts else {}),
        "protocols": {protocol.name: dict(protocol.stamp()) for protocol in protocols},
    }


def values(measured: Mapping[str, Measurement]) -> Values:
    """The means over units of every protocol's metrics, by name."""
    named: dict[str, float] = {}
    for protocol, measurement in measured.items():
        for metric, curve in measurement.curves.items():
            for k, value in zip(measurement.protocol.cutoffs, curve.tolist(), strict=True):
                named[str(MetricName(protocol, metric, k))] = value
        named |= {str(MetricName(protocol, metric)): float(value) for metric, value in measurement.numbers.items()}
    return named


def _of_all(finished: Sequence[Finished], part: str) -> dict[str, object]:
    parts = [cast(Mapping[str, object], repeat.stamp[part]) for repeat in finished]
    return {number: entry for entries in parts for number, entry in entries.items()}


def _timings(spent: Mapping[str, Sequence[Seconds]]) -> Mapping[str, float]:
    wall = {f"{stage}_s": sum(seconds.wall for seconds in parts) for stage, parts in spent.items()}
    cpu = {f"{stage}_cpu_s": sum(seconds.cpu for seconds in parts) for stage, parts in spent.items()}
    return wall | cpu


def _by_name(repeats: Sequence[Values]) -> Mapping[str, Sequence[float]]:
    # A model may give probabilities in one repeat alone, in theory: a metric missing anywhere has no summary.
    shared = [name for name in repeats[0] if all(name in values for values in repeats)]
    return {name: [values[name] for values in repeats] for name in shared}


def _over_units(metrics: Mapping[str, Summary], units: UnitValues, seed: int) -> Mapping[str, Summary]:
    """The same with intervals over units, where units have the metric and no repeat's mean is undefined."""
    low, high = bootstrap(units.values, seed)
    column = {name: at for at, name in enumerate(units.names)}
    found = dict(metrics)
    for name, metric in metrics.items():
        at = column.get(str(MetricName.parse(name).of_units))
        if at is not None and not math.isnan(metric.mean + low[at]):
            found[name] = replace(metric, low=float(low[at]), high=float(high[at]))
    return found


def _flat(value: object, name: str) -> dict[str, object]:
    if is_dataclass(value) and not isinstance(value, type):
        inner: dict[str, object] = {field.name: getattr(value, field.name) for field in fields(value)}
    elif isinstance(value, Mapping):
        inner = {str(key): part for key, part in cast(Mapping[object, object], value).items()}
    elif isinstance(value, (list, tuple)):
        return {name: [_plain(part) for part in cast(Sequence[object], value)]}
    else:
        return {name: _plain(value)}
    return {
        key: part for field, child in inner.items() for key, part in _flat(child, f"{name}.{field}".lstrip(".")).items()
    }


def _with_nan(values: Mapping[str, float | None]) -> dict[str, float]:
    return {name: math.nan if value is None else value for name, value in values.items()}


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
