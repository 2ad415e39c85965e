"""Runs less a reference run: paired tests over repeats, a paired bootstrap over users, effect sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.runs import Refused, Run, check, key, paired, parts
from recsys.significance import Difference, bootstrap, corrected_t_test, effect_size, holm

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
    def told_apart(self) -> bool:
        return self.adjusted is not None and self.adjusted < ALPHA


@dataclass(frozen=True, slots=True)
class Comparison:
    """Runs that share a stamp; `reference` is one of them, and `tested` the metric of the differences."""

    runs: tuple[Run, ...]
    reference: Run
    tested: str

    @classmethod
    def of(cls, runs: Sequence[Run], reference: str | None, tested: str) -> Comparison:
        """reference: a label; None: the first run. Raises `Refused` on differing stamps and an unknown label."""
        check(runs)
        labels = [run.label for run in runs]
        if reference is not None and reference not in labels:
            raise Refused(f"expected the reference to be one of {', '.join(labels)}, got {reference}")
        return cls(tuple(runs), runs[labels.index(reference) if reference is not None else 0], tested)

    def versus(self, protocol: str) -> dict[str, Versus]:
        """Label -> difference from the reference, for the runs that have the metric under this protocol."""
        name = key(protocol, self.tested)
        base = self.reference.metric(name)
        if base is None:
            return {}
        tests: dict[str, Difference] = {}
        for run in self.runs:
            found = run.metric(name)
            if run is not self.reference and found is not None:
                pairs = zip(found.repeats, base.repeats, strict=True)
                ratio: float = run.summary["test_to_train"]
                tests[run.label] = corrected_t_test([one - other for one, other in pairs], ratio)
        known = {label: test.p for label, test in tests.items() if test.p is not None}
        adjusted = dict(zip(known, holm(list(known.values())), strict=True))
        users = self._users(protocol, list(tests))
        return {label: Versus(label, test, adjusted.get(label), users.get(label)) for label, test in tests.items()}

    def _users(self, protocol: str, labels: Sequence[str]) -> dict[str, Users]:
        name, k = parts(self.tested)
        base = self.reference.users(protocol, name, k)
        if base.empty or not labels:
            return {}
        runs = [run for run in self.runs if run.label in labels]
        differences = [paired(run.users(protocol, name, k), base) for run in runs]
        together = {repeat: np.stack([one[repeat] for one in differences], axis=1) for repeat in differences[0]}
        ends = {repeat: bootstrap(columns, seed=repeat) for repeat, columns in together.items()}
        found: dict[str, Users] = {}
        for place, (run, own) in enumerate(zip(runs, differences, strict=True)):
            found[run.label] = Users(
                float(np.mean([effect_size(values) for values in own.values()])),
                float(np.mean([(values > 0).mean() for values in own.values()])),
                float(np.mean([(values < 0).mean() for values in own.values()])),
                tuple(float(low[place]) for low, _ in ends.values()),
                tuple(float(high[place]) for _, high in ends.values()),
            )
        return found
