"""What a claim is decided by: comparisons of stored rows, by the suite's own tests and intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from statistics import fmean
from typing import Literal, TypeAlias

from recsys.comparison.runs import Run, check
from recsys.comparison.significance import Difference, corrected_t_test
from recsys.comparison.tables import counted, heading
from recsys.evaluation.intervals import Summary
from recsys.evaluation.metric_name import ERRORS, MetricName

Verdict: TypeAlias = Literal["holds", "does not hold", "cannot be told", "not defined", "not measured yet"]
LOWER = (*ERRORS, "gini", "intra_list_similarity")
"""Of which lower is better."""


class Missing(Exception):
    """What the files of results/ lack."""


@dataclass(frozen=True, slots=True)
class Part:
    """One comparison.

    subject, against   what is compared, in words
    value, base        their means
    difference         subject minus against, or the other way round where lower is better, so that above 0 is as
                       claimed; without p: by its interval alone, or, without that, not decided
    over               what test or interval is over; why there is none
    """

    subject: str
    against: str
    metric: MetricName
    value: float
    base: float
    difference: Difference
    over: str


@dataclass(frozen=True, slots=True)
class Above:
    """Each of `rows` is better than each of `above`, in each metric.

    experiment   the name of its files in results/
    mean         better than the mean of `above`
    Over repeats, the corrected resampled t-test of the paired differences; elsewhere the test over units that the file
    holds, which is one against the experiment's reference.
    """

    experiment: str
    protocol: str
    metrics: tuple[str, ...]
    rows: tuple[str, ...]
    above: tuple[str, ...]
    mean: bool = False

    def parts(self, runs: Mapping[str, Run]) -> list[Part]:
        bases = [self.above] if self.mean else [(label,) for label in self.above]
        found = [(_row(runs, row), [_row(runs, label) for label in base]) for row, base in product(self.rows, bases)]
        for row, base in found:
            check([row, *base])
        return [
            _paired(row, base, MetricName.parse(metric).under(self.protocol))
            for (row, base), metric in product(found, self.metrics)
        ]


@dataclass(frozen=True, slots=True)
class Falls:
    """Each row's metric falls from each to the next, such as precision with K; paired, over repeats."""

    experiment: str
    protocol: str
    metrics: tuple[str, ...]
    rows: tuple[str, ...]

    def parts(self, runs: Mapping[str, Run]) -> list[Part]:
        names = [MetricName.parse(metric).under(self.protocol) for metric in self.metrics]
        return [self._part(_row(runs, row), *pair) for row, pair in product(self.rows, pairwise(names))]

    def _part(self, run: Run, first: MetricName, then: MetricName) -> Part:
        before, after = _values(run, first), _values(run, then)
        test, over = _test(run, [a - b for a, b in zip(before.repeats, after.repeats, strict=True)])
        against = f"its {heading(then)}"
        return Part(run.label, against, first, before.mean, after.mean, test, over)


@dataclass(frozen=True, slots=True)
class Reaches:
    """Each row's metric is above a level, by its 95% interval."""

    experiment: str
    protocol: str
    metrics: tuple[str, ...]
    rows: tuple[str, ...]
    level: float

    def parts(self, runs: Mapping[str, Run]) -> list[Part]:
        return [
            self._part(_row(runs, row), MetricName.parse(metric).under(self.protocol))
            for row, metric in product(self.rows, self.metrics)
        ]

    def _part(self, run: Run, name: MetricName) -> Part:
        values = _values(run, name)
        low, high = (None if end is None else end - self.level for end in (values.low, values.high))
        difference = Difference(values.mean - self.level, low, high, None, None)
        return Part(run.label, "level", name, values.mean, self.level, difference, _by_intervals(run))


@dataclass(frozen=True, slots=True)
class Grows:
    """The metric grows from each row to the next: their splits differ, so that intervals have to lie apart."""

    experiment: str
    protocol: str
    metrics: tuple[str, ...]
    rows: tuple[str, ...]

    def parts(self, runs: Mapping[str, Run]) -> list[Part]:
        names = [MetricName.parse(metric).under(self.protocol) for metric in self.metrics]
        rows = [_row(runs, row) for row in self.rows]
        return [self._part(*pair, name) for name, pair in product(names, pairwise(rows))]

    def _part(self, smaller: Run, larger: Run, name: MetricName) -> Part:
        before, after = _values(smaller, name), _values(larger, name)
        known = None not in (before.low, before.high, after.low, after.high)
        low, high = ((after.low or 0) - (before.high or 0), (after.high or 0) - (before.low or 0))
        ends = (low, high) if known else (None, None)
        difference = Difference(after.mean - before.mean, *ends, None, None)
        return Part(larger.label, smaller.label, name, after.mean, before.mean, difference, _by_intervals(larger))


@dataclass(frozen=True, slots=True)
class Open:
    """Nothing in results/ decides it; why says what would have to be measured, or what the paper leaves out."""

    verdict: Verdict
    why: str


Measured: TypeAlias = Above | Falls | Reaches | Grows
Evidence: TypeAlias = Measured | Open


def _paired(row: Run, base: Sequence[Run], name: MetricName) -> Part:
    value, others = _values(row, name), [_values(run, name) for run in base]
    sign = -1 if name.metric in LOWER else 1
    means = [fmean(repeat) for repeat in zip(*(of.repeats for of in others), strict=True)]
    differences = [sign * (a - b) for a, b in zip(value.repeats, means, strict=True)]
    test, over = _test(row, differences)
    if test.p is None and len(base) == 1:
        stored = _stored(row, base[0], name, sign)
        test, over = (stored, f"{row.units}, permutation") if stored is not None else (test, over)
    against = base[0].label if len(base) == 1 else f"the mean of {', '.join(run.label for run in base)}"
    return Part(row.label, against, name, value.mean, fmean(of.mean for of in others), test, over)


def _test(run: Run, differences: Sequence[float]) -> tuple[Difference, str]:
    """Over repeats, where each draws its test rows anew and there are two or more."""
    if run.resamples and run.repeats > 1:
        return corrected_t_test(differences, run.test_to_train), f"{run.repeats} repeats, corrected t"
    why = "one repeat" if run.repeats == 1 else f"{run.repeats} repeats whose test rows are not drawn anew"
    mean = Difference(fmean(differences), None, None, None, None)
    return mean, f"no test: {why}, and the file holds no test over {run.units} of this pair"


def _stored(row: Run, base: Run, name: MetricName, sign: int) -> Difference | None:
    """The test over units that the file holds of the pair, either way round; None: it holds none."""
    for subject, reference, turned in ((row, base, sign), (base, row, -sign)):
        test = subject.stored_test(reference.label, name)
        if test is not None:
            mean = turned * (_values(subject, name).mean - _values(reference, name).mean)
            low, high = sorted((turned * test["low"], turned * test["high"]))
            return Difference(mean, low, high, None, test["p"])
    return None


def _by_intervals(run: Run) -> str:
    over = counted(run.repeats, "repeat") if run.resamples else run.units
    return f"{over}, intervals alone"


def _row(runs: Mapping[str, Run], label: str) -> Run:
    if label not in runs:
        raise Missing(f"no row {label!r}")
    return runs[label]


def _values(run: Run, name: MetricName) -> Summary:
    values = run.metric(name)
    if values is None:
        raise Missing(f"no {name} of {run.label!r}")
    return values
