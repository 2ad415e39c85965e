"""Differences of runs from a reference run: paired tests over repeats or over units, Holm's family, effect sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from recsys.comparison.equivalence import ROPE, Posterior, correlated_t_test
from recsys.comparison.power import repeats_needed, units_needed
from recsys.comparison.runs import Refused, Run, check
from recsys.comparison.significance import (
    Difference,
    contributions,
    corrected_t_test,
    effect_size,
    holm,
    permutation_test,
)
from recsys.dataset import Array
from recsys.evaluation.intervals import Over, bootstrap, spread
from recsys.evaluation.metric_name import JOINT, MetricName

ALPHA = 0.05
SEED = 1  # of the draws of units: equal runs give equal tables


@dataclass(frozen=True, slots=True)
class PerUnit:
    """The differences unit by unit, in each repeat. A unit of ranking is a user.

    effect          mean over repeats of Cohen's d over units
    better, worse   mean over repeats of the share of units with a higher, a lower value
    low, high       95% bootstrap interval of the mean difference in each repeat; () where the test itself is over units
    """

    effect: float
    better: float
    worse: float
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()

    @property
    def above(self) -> int:
        """Repeats whose interval lies above 0."""
        return sum(low > 0 for low in self.low)

    @property
    def below(self) -> int:
        return sum(high < 0 for high in self.high)


@dataclass(frozen=True, slots=True)
class Versus:
    """One run's difference from the reference in one metric.

    test        over repeats or over units, see `Comparison`
    sd          of the differences over repeats; None: one repeat
    adjusted    the test's p after Holm over its family; None: no test
    posterior   whether the two are practically equal; of tests over repeats
    needed      repeats, or units, to detect a difference of `Comparison.rope`; None: no number suffices, or no test
    per_unit    None for metrics that units do not have
    """

    label: str
    test: Difference
    sd: float | None
    adjusted: float | None = None
    posterior: Posterior | None = None
    needed: int | None = None
    per_unit: PerUnit | None = None

    @property
    def significant(self) -> bool:
        return self.adjusted is not None and self.adjusted < ALPHA

    @property
    def not_significant(self) -> bool:
        """Tested, and found not to be; False without a test, too."""
        return self.adjusted is not None and not self.adjusted < ALPHA


@dataclass(frozen=True, slots=True)
class Comparison:
    """Runs that share a stamp.

    reference   one of them
    over        what intervals and tests are over: repeats, where each draws its test rows anew, and there are two or
                more; units elsewhere
    rope        half of the region of practical equivalence
    versus      protocol -> metric without its protocol -> label -> difference from the reference, where both have it
    """

    runs: tuple[Run, ...]
    reference: Run
    over: Over
    rope: float
    versus: Mapping[str, Mapping[MetricName, Mapping[str, Versus]]]

    @classmethod
    def of(
        cls,
        runs: Sequence[Run],
        reference: str | None,
        tested: Sequence[MetricName] = (),
        differ: Sequence[str] = (),
        rope: float = ROPE,
    ) -> Comparison:
        """reference: a label; None: the first run; tested: metrics without a protocol; none: those that suit each.

        differ: parts of the stamps that may. Raises `Refused` on stamps that differ elsewhere, on an unknown label, and
        on a metric that was not measured.
        """
        check(runs, but=differ)
        base, asked = find(runs, reference), [name.under("") for name in tested]
        _expect_measured(base, asked)
        over: Over = "repeats" if all(run.resamples and run.repeats > 1 for run in runs) else "units"
        differences = _over_repeats if over == "repeats" else _over_units
        versus = {
            protocol: _adjusted(
                {name: differences(runs, base, name.under(protocol), rope) for name in asked or suited(base, protocol)}
            )
            for protocol in base.protocols
        }
        return cls(tuple(runs), base, over, rope, versus)

    def family(self, protocol: str) -> int:
        """The tests that Holm's adjustment is over."""
        return sum(row.adjusted is not None for rows in self.versus[protocol].values() for row in rows.values())


def _expect_measured(run: Run, asked: Sequence[MetricName]) -> None:
    known = sorted({name.under("") for name in map(MetricName.parse, run.summary["metrics"])})
    for name in asked:
        if name not in known:
            others = [str(one) for one in known if one.metric == name.metric] or sorted({one.metric for one in known})
            got, there = (text.replace(JOINT, "@") for text in (str(name), ", ".join(others)))
            raise Refused(f"{run.label}: expected metrics that were measured, got {got}; there are {there}")


def suited(run: Run, protocol: str) -> tuple[MetricName, ...]:
    """The metrics that are tested where none are asked for; without their protocol.

    Among held-out items, most users' lists at K = 10 hold nearly all candidates, so that precision@10 is much the same
    whatever the model: gauc and ndcg@10 look at the whole order. Where any event is relevant, there is one a user.
    """
    stamp = run.protocols[protocol]
    if "candidates" not in stamp:  # a task other than ranking
        return tuple(name.under("") for name in run.read_by(protocol)[:1])
    if stamp["candidates"] == "held_out":
        names = ("gauc", "ndcg@10")
    else:
        names = ("ndcg@10", "hit_rate@10") if stamp["relevant"] == "rating >= 0" else ("precision@10",)
    return tuple(map(MetricName.parse, names))


def find(runs: Sequence[Run], label: str | None) -> Run:
    """The run of this label, the first where none is given; raises `Refused` where there is no such run."""
    by_label = {run.label: run for run in runs}
    if label is None:
        return runs[0]
    if label not in by_label:
        raise Refused(f"expected the reference to be one of {', '.join(by_label)}, got {label}")
    return by_label[label]


def _adjusted(versus: Mapping[MetricName, Mapping[str, Versus]]) -> Mapping[MetricName, Mapping[str, Versus]]:
    """The same with Holm's p over all of them; metrics without a difference are left out."""
    p = {(name, label): row.test.p for name, rows in versus.items() for label, row in rows.items()}
    known = {key: value for key, value in p.items() if value is not None}
    adjusted = dict(zip(known, holm(list(known.values())), strict=True))
    return {
        name: {label: replace(row, adjusted=adjusted.get((name, label))) for label, row in rows.items()}
        for name, rows in versus.items()
        if rows
    }


def _paired(runs: Sequence[Run], reference: Run, name: MetricName) -> Mapping[str, tuple[Run, list[float]]]:
    """Label -> the run and its differences repeat by repeat, of all other runs where both have the metric."""
    base = reference.metric(name)
    pairs: dict[str, tuple[Run, list[float]]] = {}
    for run in runs:
        values = run.metric(name)
        if run is not reference and values is not None and base is not None:
            pairs[run.label] = run, [a - b for a, b in zip(values.repeats, base.repeats, strict=True)]
    return pairs


def _over_repeats(runs: Sequence[Run], reference: Run, name: MetricName, rope: float) -> Mapping[str, Versus]:
    paired = _paired(runs, reference, name)
    differences = _unit_differences([run for run, _ in paired.values()], reference, name)
    per_unit = {} if differences is None else dict(zip(paired, _per_unit(differences, intervals=True), strict=True))
    rows: dict[str, Versus] = {}
    for label, (run, values) in paired.items():
        ratio, sd = run.test_to_train, spread(values).sd
        rows[label] = Versus(
            label,
            corrected_t_test(values, ratio),
            sd,
            posterior=correlated_t_test(values, ratio, rope),
            needed=None if sd is None else repeats_needed(sd, ratio, rope),
            per_unit=per_unit.get(label),
        )
    return rows


def _over_units(runs: Sequence[Run], reference: Run, name: MetricName, rope: float) -> Mapping[str, Versus]:
    paired = _paired(runs, reference, name)
    differences = _unit_differences([run for run, _ in paired.values()], reference, name)
    plain = {label: spread(values) for label, (_, values) in paired.items()}
    rows = {
        label: Versus(label, Difference(values.mean, None, None, None, None), values.sd)
        for label, values in plain.items()
    }
    if differences is None:
        return {
            label: _restored(row, paired[label][0].stored_test(reference.label, name)) for label, row in rows.items()
        }
    (low, high), p = bootstrap(differences, SEED), permutation_test(differences, SEED)
    means = contributions(differences).sum(axis=0)
    per_unit = _per_unit(differences, intervals=False)
    return {
        label: replace(
            row,
            test=Difference(float(means[at]), float(low[at]), float(high[at]), None, float(p[at])),
            needed=units_needed(differences[:, :, at], rope),
            per_unit=per_unit[at],
        )
        for at, (label, row) in enumerate(rows.items())
    }


def _restored(row: Versus, stored: Mapping[str, Any] | None) -> Versus:
    """With the test over units that results/NAME.json holds."""
    if stored is None:
        return row
    test = Difference(row.test.mean, stored["low"], stored["high"], None, stored["p"])
    return replace(row, test=test, needed=stored["needed"], per_unit=PerUnit(**stored["per_unit"]))


def _unit_differences(runs: Sequence[Run], reference: Run, name: MetricName) -> Array | None:
    """(repeats, units, runs): NaN where undefined; None where units do not have the metric, or were not kept."""
    base = reference.per_unit(name)
    if base.empty or not runs:
        return None
    tables = [(run.per_unit(name) - base).reindex(index=base.index, columns=base.columns) for run in runs]
    return np.stack([table.to_numpy(float).T for table in tables], axis=2)


def _per_unit(differences: Array, *, intervals: bool) -> list[PerUnit]:
    """One for each run; differences: (repeats, units, runs)."""
    effect: list[Array] = []
    shares: list[Array] = []
    ends: list[tuple[Array, Array]] = []
    for number, repeat in enumerate(differences, 1):
        defined = repeat[~np.isnan(repeat).any(axis=1)]
        effect.append(np.array([effect_size(column) for column in defined.T]))
        shares.append(np.stack([(defined > 0).mean(axis=0), (defined < 0).mean(axis=0)]))
        if intervals:
            ends.append(bootstrap(defined[None], seed=number))
    means, (better, worse) = np.mean(effect, axis=0), np.mean(shares, axis=0)
    found: list[PerUnit] = []
    for at in range(differences.shape[2]):
        low, high = (tuple(float(end[side][at]) for end in ends) for side in (0, 1))
        found.append(PerUnit(float(means[at]), float(better[at]), float(worse[at]), low, high))
    return found
