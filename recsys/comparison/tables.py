"""A comparison as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from recsys.comparison.differences import Comparison, Versus
from recsys.comparison.formats import Table
from recsys.comparison.runs import Run
from recsys.evaluation import references
from recsys.evaluation.intervals import Summary, summarize
from recsys.evaluation.metric_name import MetricName

Metrics = Sequence[MetricName]


def metrics(*names: str) -> tuple[MetricName, ...]:
    """`precision@10` and the like, parsed."""
    return tuple(map(MetricName.parse, names))


ACCURACY = metrics("precision@1", "precision@5", "precision@10", "precision@20", "ndcg@10", "gauc")
NEXT_ITEM = metrics("hit_rate@1", "hit_rate@5", "hit_rate@10", "ndcg@10", "mrr@10")
"""Where any event is relevant, and most users have one."""
BEYOND_ACCURACY = metrics(
    *("coverage@10", "gini@10", "novelty@10", "long_tail_share@10", "hamming@10", "intra_list_similarity@10")
)
"""Shown where models choose from the catalogue: among held-out items, users have chosen what can be in a list."""
HEADLINE = MetricName("", "precision", 10)
MARK = "n.s."
NONE = "none"


def tables(comparison: Comparison, protocol: str, columns: Metrics | None) -> list[Table]:
    """What a page shows of a protocol; columns: the metrics; None: accuracy, what is tested, what is beyond, costs."""
    run = comparison.runs[0]
    catalogue = run.protocols[protocol].get("candidates") in ("unseen", "sampled")
    tested = comparison.versus[protocol]
    read_by = tuple(name.under("") for name in accuracy(run, protocol))
    first = columns or (*read_by, *(name for name in tested if name not in (*read_by, *BEYOND_ACCURACY)))
    shown = [levels(comparison, protocol, first, tuple(tested), "accuracy")]
    shown += [differences(comparison, protocol, name) for name in tested]
    if columns is None and catalogue:
        shown.append(levels(comparison, protocol, BEYOND_ACCURACY, (), "beyond accuracy"))
    return [table for table in shown if len(table.head) > 1]


def levels(comparison: Comparison, protocol: str, columns: Metrics, tested: Metrics, title: str) -> Table:
    """Each metric's mean with half of its 95% interval; where some are tested, their differences, and costs.

    Where all repeats have one test set, the spread over seeds (and users) of the first one tested stands beside.
    """
    runs = comparison.runs
    measured = [name for name in columns if any(run.metric(name.under(protocol)) for run in runs)]
    differ_in = comparison.reference.repeats_differ_in
    seeded = tested[:1] if differ_in != "repeats" and comparison.reference.repeats > 1 else ()
    rows: list[tuple[str, ...]] = []
    for run, reference in with_references(runs):
        cells = [level(run.metric(name.under(protocol), reference)) for name in measured]
        cells += [_difference(comparison, name.under(protocol), run, reference) for name in tested]
        cells += [_sd(run.metric(name.under(protocol), reference)) for name in seeded]
        if tested:
            cells += ["", ""] if reference else [f"{run.cpu_seconds(stage):.1f}" for stage in ("fit", "score")]
        rows.append((reference or run.label, *cells))
    spreads = (f"sd over {differ_in} of {heading(name)}" for name in seeded)
    costs = (*(difference(comparison, name) for name in tested), *spreads, "fit CPU s", "score CPU s")
    return Table(f"{protocol}: {title}", ("model", *map(heading, measured), *(costs if tested else ())), tuple(rows))


def learned(runs: Sequence[Run], names: Sequence[str]) -> list[Table]:
    """What fitting chose, of the last repeat of each run; of no names, no table."""
    rows = [(run.label, *(_learned(run.summary.get("learned", {}).get(name)) for name in names)) for run in runs]
    return [Table("learned, in the last repeat", ("model", *names), tuple(rows))] if names else []


def _learned(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def accuracy(run: Run, protocol: str) -> Metrics:
    """What the protocol is read by; of older versions, those of ranking, or all of another task."""
    if "read_by" in run.summary:
        return run.read_by(protocol)
    if run.protocols[protocol].get("relevant") == "rating >= 0":
        return NEXT_ITEM
    is_ranking = any(run.metric(name.under(protocol)) for name in ACCURACY)
    return ACCURACY if is_ranking else run.metrics(protocol)


def with_references(runs: Sequence[Run]) -> list[tuple[Run, str | None]]:
    """The rows of a table: each run, and then popularity, random and oracle as the first run measured them.

    Those that are a run themselves, or that the first run has no values of, are left out.
    """
    labels = {run.label for run in runs}
    measured = [name for name in references.NAMES if name not in labels and runs[0].summary["references"].get(name)]
    return [*((run, None) for run in runs), *((runs[0], name) for name in measured)]


def differences(comparison: Comparison, protocol: str, name: MetricName) -> Table:
    """What is known of each difference from the reference in this metric."""
    versus, units = comparison.versus[protocol][name], comparison.reference.units
    per_unit = any(row.per_unit is not None for row in versus.values())  # not of metrics without a value for each user
    if comparison.over == "repeats":
        tested = ("P lower", "P equal", "P higher", f"repeats for {comparison.rope:g}")
        of_units = (f"d over {units}", f"{units} better", f"{units} worse", "CI above 0", "below 0")
    else:
        spreads = (f"sd over {comparison.reference.repeats_differ_in}",) if comparison.reference.repeats > 1 else ()
        tested = (*spreads, f"{units} for {comparison.rope:g}")
        of_units = (f"d over {units}", f"{units} better", f"{units} worse")
    head = ("model", "difference", "p", "p (Holm)", "verdict", *tested, *(of_units if per_unit else ()))
    rows = tuple(_row(comparison, row)[: len(head)] for row in versus.values())
    over = "repeats" if comparison.over == "repeats" else units
    title = f"{protocol}: {difference(comparison, name)}, over {over}"
    return Table(title, head, rows, family(comparison, protocol))


def family(comparison: Comparison, protocol: str) -> str:
    """Which tests Holm's adjustment in this protocol is over."""
    tested = comparison.versus[protocol]
    runs = max(sum(row.adjusted is not None for row in rows.values()) for rows in tested.values())
    if not runs:
        return "No tests."
    return (
        f"Holm's family: {counted(runs, 'run')} x {counted(len(tested), 'metric')} ({', '.join(map(heading, tested))}) "
        f"against {comparison.reference.label} in {protocol}: {counted(comparison.family(protocol), 'test')}."
    )


def counted(number: int, noun: str) -> str:
    """`1 test`, `2 tests`."""
    return f"{number} {noun}{'s' * (number != 1)}"


def difference(comparison: Comparison, name: MetricName) -> str:
    """What is tested: `ΔP@10 vs ease`."""
    return f"Δ{heading(name)} vs {comparison.reference.label}"


def panels(comparison: Comparison) -> Mapping[str, Mapping[str, Versus]]:
    """`rated: ΔGAUC vs ease` -> label -> difference, for a figure."""
    return {
        f"{protocol}: {difference(comparison, name)}": rows
        for protocol, tested in comparison.versus.items()
        for name, rows in tested.items()
    }


def heading(name: MetricName) -> str:
    """`precision@10`: P@10."""
    return name.heading


def level(values: Summary | None) -> str:
    """`0.685 ± 0.004`."""
    if values is None:
        return ""
    if values.low is None or values.high is None:
        return f"{values.mean:.3f}"
    return f"{values.mean:.3f} ± {(values.high - values.low) / 2:.3f}"


def p_value(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _sd(values: Summary | None) -> str:
    return "" if values is None or values.sd is None else f"{values.sd:.4f}"


def _difference(comparison: Comparison, name: MetricName, run: Run, reference: str | None) -> str:
    """From the reference run: of a run as it was tested, of random, popularity and oracle as far as repeats tell."""
    if reference is None:
        row = comparison.versus[name.protocol][name.under("")].get(run.label)
        mark = f" {MARK}" if row is not None and row.not_significant else ""
        return "" if row is None else f"{_signed(row.test.mean, row.test.low, row.test.high, 3)}{mark}"
    values, base = run.metric(name, reference), comparison.reference.metric(name)
    if values is None or base is None:
        return ""
    if comparison.over != "repeats":
        return _signed(values.mean - base.mean, None, None, 3)
    pairs = zip(values.repeats, base.repeats, strict=True)
    paired = summarize([value - of_base for value, of_base in pairs], run.test_to_train)
    return _signed(paired.mean, paired.low, paired.high, 3)


def _row(comparison: Comparison, row: Versus) -> tuple[str, ...]:
    test, over_repeats = row.test, comparison.over == "repeats"
    mean = _signed(test.mean, test.low, test.high)
    if test.p is None or row.adjusted is None:
        cells = (mean, "", "", "no test")
    else:
        verdict = ("higher" if test.mean > 0 else "lower") if row.significant else MARK
        cells = (mean, p_value(test.p), p_value(row.adjusted), verdict)
    if row.posterior is not None:
        cells += tuple(f"{part:.3f}" for part in (row.posterior.lower, row.posterior.equal, row.posterior.higher))
    elif comparison.reference.repeats > 1:
        cells += ("" if row.sd is None else f"{row.sd:.4f}",)
    cells += ("" if row.adjusted is None else NONE if row.needed is None else f"{row.needed:,}",)
    per_unit = row.per_unit
    if per_unit is None:
        return (row.label, *cells, *[""] * (5 if over_repeats else 3))
    shares = (f"{per_unit.effect:+.2f}", f"{per_unit.better:.0%}", f"{per_unit.worse:.0%}")
    repeats = f"of {len(per_unit.low)}"
    counted = (f"{per_unit.above} {repeats}", f"{per_unit.below} {repeats}") if over_repeats else ()
    return (row.label, *cells, *shares, *counted)


def _signed(mean: float, low: float | None, high: float | None, digits: int = 4) -> str:
    return f"{mean:+.{digits}f}" + ("" if low is None or high is None else f" ± {(high - low) / 2:.{digits}f}")
