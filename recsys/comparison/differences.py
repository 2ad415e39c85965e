"""Differences of runs from a reference run: paired tests over repeats, a paired bootstrap over units, effect sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recsys.comparison.runs import Refused, Run, check
from recsys.comparison.significance import Difference, bootstrap, corrected_t_test, effect_size, holm
from recsys.dataset import Array
from recsys.evaluation.metric_name import MetricName

ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class PerUnit:
    """The differences unit by unit, in each repeat. A unit of ranking is a user.

    effect          mean over repeats of Cohen's d over units
    better, worse   mean over repeats of the share of units with a higher, a lower value
    low, high       95% bootstrap interval of the mean difference in each repeat
    """

    effect: float
    better: float
    worse: float
    low: tuple[float, ...]
    high: tuple[float, ...]

    @property
    def above(self) -> int:
        """Repeats whose interval lies above 0."""
        return sum(low > 0 for low in self.low)

    @property
    def below(self) -> int:
        return sum(high < 0 for high in self.high)


@dataclass(frozen=True, slots=True)
class OverRepeats:
    """A paired test over repeats, one of several against the same reference.

    adjusted   the test's p after Holm over all of them; None for a single repeat
    """

    test: Difference
    adjusted: float | None

    @property
    def significant(self) -> bool:
        return self.adjusted is not None and self.adjusted < ALPHA

    @property
    def not_significant(self) -> bool:
        """Tested, and found not to be; False for a single repeat, too."""
        return self.adjusted is not None and not self.adjusted < ALPHA


@dataclass(frozen=True, slots=True)
class Versus:
    """One run's difference from the reference in one metric; per_unit: None for metrics that units do not have."""

    label: str
    over_repeats: OverRepeats
    per_unit: PerUnit | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Runs that share a stamp.

    reference   one of them
    tested      the metric of the differences, without a protocol
    versus      protocol -> label -> difference from the reference, where both have the metric
    """

    runs: tuple[Run, ...]
    reference: Run
    tested: MetricName
    versus: Mapping[str, Mapping[str, Versus]]

    @classmethod
    def of(
        cls, runs: Sequence[Run], reference: str | None, tested: MetricName, differ: Sequence[str] = ()
    ) -> Comparison:
        """reference: a label; None: the first run; differ: parts of the stamps that may.

        Raises `Refused` on stamps that differ elsewhere and on an unknown label.
        """
        check(runs, but=differ)
        base = find(runs, reference)
        versus = {protocol: _versus(runs, base, tested.under(protocol)) for protocol in base.protocols}
        return cls(tuple(runs), base, tested, versus)


def find(runs: Sequence[Run], label: str | None) -> Run:
    """The run of this label, the first where none is given; raises `Refused` where there is no such run."""
    by_label = {run.label: run for run in runs}
    if label is None:
        return runs[0]
    if label not in by_label:
        raise Refused(f"expected the reference to be one of {', '.join(by_label)}, got {label}")
    return by_label[label]


def over_repeats(runs: Sequence[Run], reference: Run, name: MetricName) -> Mapping[str, OverRepeats]:
    """Label -> the corrected t-test against the reference, for all other runs where both have the metric."""
    base = reference.metric(name)
    if base is None:
        return {}
    tests: dict[str, Difference] = {}
    for run in runs:
        values = run.metric(name)
        if run is not reference and values is not None:
            pairs = zip(values.repeats, base.repeats, strict=True)
            tests[run.label] = corrected_t_test([value - of_base for value, of_base in pairs], run.test_to_train)
    p = {label: test.p for label, test in tests.items() if test.p is not None}
    adjusted = dict(zip(p, holm(list(p.values())), strict=True))
    return {label: OverRepeats(test, adjusted.get(label)) for label, test in tests.items()}


def _versus(runs: Sequence[Run], reference: Run, name: MetricName) -> Mapping[str, Versus]:
    tests = over_repeats(runs, reference, name)
    per_unit = _per_unit([run for run in runs if run.label in tests], reference, name)
    return {label: Versus(label, test, per_unit.get(label)) for label, test in tests.items()}


def _per_unit(runs: Sequence[Run], reference: Run, name: MetricName) -> Mapping[str, PerUnit]:
    base = reference.per_unit(name)
    if base.empty or not runs:
        return {}
    tables = [run.per_unit(name) - base for run in runs]
    effect: list[Array] = []
    shares: list[tuple[Array, Array]] = []
    ends: list[tuple[Array, Array]] = []
    for repeat in base:
        differences = np.stack([table[repeat].to_numpy(float) for table in tables], axis=1)  # (units, runs)
        differences = differences[~np.isnan(differences).any(axis=1)]
        effect.append(np.array([effect_size(column) for column in differences.T]))
        shares.append(((differences > 0).mean(axis=0), (differences < 0).mean(axis=0)))
        ends.append(bootstrap(differences, seed=int(repeat)))
    means, (better, worse), (low, high) = np.mean(effect, axis=0), np.mean(shares, axis=0), np.stack(ends, axis=1)
    return {
        run.label: PerUnit(
            float(means[column]),
            float(better[column]),
            float(worse[column]),
            tuple(low[:, column].tolist()),
            tuple(high[:, column].tolist()),
        )
        for column, run in enumerate(runs)
    }
