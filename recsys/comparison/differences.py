"""Runs less a reference run: paired tests over repeats, a paired bootstrap over users, effect sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recsys.comparison.runs import Refused, Run, check, key, parts
from recsys.comparison.significance import Difference, bootstrap, corrected_t_test, effect_size, holm
from recsys.dataset import Array

ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Users:
    """What users say, repeat by repeat.

    effect          mean over repeats of Cohen's d over users
    better, worse   mean over repeats of the share of users with a higher, a lower value
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
class Versus:
    """One run less the reference in one metric.

    over_repeats   corrected t-test
    adjusted       its p after Holm over all runs compared with this reference; None for a single repeat
    users          None for metrics of which users have no value
    """

    label: str
    over_repeats: Difference
    adjusted: float | None
    users: Users | None

    @property
    def significant(self) -> bool:
        return self.adjusted is not None and self.adjusted < ALPHA


@dataclass(frozen=True, slots=True)
class Comparison:
    """Runs that share a stamp.

    reference   one of them
    tested      the metric of the differences
    versus      protocol -> label -> difference from the reference, where both have the metric
    """

    runs: tuple[Run, ...]
    reference: Run
    tested: str
    versus: Mapping[str, Mapping[str, Versus]]

    @classmethod
    def of(cls, runs: Sequence[Run], reference: str | None, tested: str, differ: Sequence[str] = ()) -> Comparison:
        """reference: a label; None: the first run; differ: parts of the stamps that may.

        Raises `Refused` on stamps that differ elsewhere and on an unknown label.
        """
        check(runs, but=differ)
        labels = [run.label for run in runs]
        if reference is not None and reference not in labels:
            raise Refused(f"expected the reference to be one of {', '.join(labels)}, got {reference}")
        base = runs[labels.index(reference) if reference is not None else 0]
        versus = {protocol: _versus(runs, base, protocol, tested) for protocol in base.protocols}
        return cls(tuple(runs), base, tested, versus)


def _versus(runs: Sequence[Run], reference: Run, protocol: str, tested: str) -> Mapping[str, Versus]:
    name = key(protocol, tested)
    base = reference.metric(name)
    if base is None:
        return {}
    tests: dict[str, Difference] = {}
    for run in runs:
        found = run.metric(name)
        if run is not reference and found is not None:
            pairs = zip(found.repeats, base.repeats, strict=True)
            tests[run.label] = corrected_t_test([one - other for one, other in pairs], run.test_to_train)
    known = {label: test.p for label, test in tests.items() if test.p is not None}
    adjusted = dict(zip(known, holm(list(known.values())), strict=True))
    users = _users([run for run in runs if run.label in tests], reference, protocol, tested)
    return {label: Versus(label, test, adjusted.get(label), users.get(label)) for label, test in tests.items()}


def _users(runs: Sequence[Run], reference: Run, protocol: str, tested: str) -> Mapping[str, Users]:
    name, k = parts(tested)
    base = reference.users(protocol, name, k)
    if base.empty or not runs:
        return {}
    differences = [run.users(protocol, name, k) - base for run in runs]
    effect: list[Array] = []
    shares: list[tuple[Array, Array]] = []
    ends: list[tuple[Array, Array]] = []
    for repeat in base:
        columns = np.stack([one[repeat].to_numpy(float) for one in differences], axis=1)  # (users, runs)
        columns = columns[~np.isnan(columns).any(axis=1)]
        effect.append(np.array([effect_size(column) for column in columns.T]))
        shares.append(((columns > 0).mean(axis=0), (columns < 0).mean(axis=0)))
        ends.append(bootstrap(columns, seed=int(repeat)))
    means, (better, worse), (low, high) = np.mean(effect, axis=0), np.mean(shares, axis=0), np.stack(ends, axis=1)
    return {
        run.label: Users(
            float(means[place]),
            float(better[place]),
            float(worse[place]),
            tuple(low[:, place].tolist()),
            tuple(high[:, place].tolist()),
        )
        for place, run in enumerate(runs)
    }
