"""A comparison as tables, and the text that says how to read them and where the numbers come from."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from recsys.comparison.differences import ALPHA, Comparison, Versus
from recsys.comparison.formats import Table
from recsys.comparison.runs import Run, same_for_all
from recsys.evaluation import references
from recsys.evaluation.intervals import Summary, summarize
from recsys.evaluation.metric_name import MetricName
from recsys.evaluation.protocols import CANDIDATES

Metrics = Sequence[MetricName]


def metrics(*names: str) -> tuple[MetricName, ...]:
    """`precision@10` and the like, parsed."""
    return tuple(map(MetricName.parse, names))


ACCURACY = metrics("precision@1", "precision@5", "precision@10", "precision@20", "ndcg@10", "gauc")
BEYOND_ACCURACY = metrics("coverage@10", "gini@10", "novelty@10", "hamming@10", "intra_list_similarity@10")
"""Shown where models choose from the catalogue: among held-out items, users have chosen what can be in a list."""
TESTED = MetricName("", "precision", 10)
MARK = "n.s."
PER_UNIT = (
    "d over {units}: mean of the {units}' differences over their standard deviation, a mean over repeats. Interval "
    "above or below 0: in how many repeats the 95% interval of the paired bootstrap over {units} is."
)


def tables(comparison: Comparison, protocol: str, columns: Metrics | None) -> list[Table]:
    """What a page shows of a protocol; columns: the metrics; None: accuracy, what is beyond it, costs."""
    versus = comparison.versus[protocol]
    run = comparison.runs[0]
    catalogue = run.protocols[protocol].get("candidates") == "unseen"
    shown = [levels(comparison, protocol, columns or _accuracy(run, protocol), versus, "accuracy")]
    if versus:
        shown.append(differences(comparison, protocol, versus))
    if columns is None and catalogue:
        shown.append(levels(comparison, protocol, BEYOND_ACCURACY, {}, "beyond accuracy"))
    return [table for table in shown if len(table.head) > 1]


def levels(comparison: Comparison, protocol: str, columns: Metrics, versus: Mapping[str, Versus], title: str) -> Table:
    """Each metric's mean with half of its 95% interval; with `versus`, the difference tested, and costs."""
    runs, tested = comparison.runs, comparison.tested.under(protocol)
    measured = [name for name in columns if any(run.metric(name.under(protocol)) for run in runs)]
    base = comparison.reference.metric(tested)
    rows: list[tuple[str, ...]] = []
    for run, reference in with_references(runs):
        cells = [level(run.metric(name.under(protocol), reference)) for name in measured]
        if versus:
            values = run.metric(tested, reference)
            is_base = reference is None and run is comparison.reference
            if is_base or values is None or base is None:
                cells.append("")
            else:
                cells.append(_difference(values, base, run, versus.get(run.label) if reference is None else None))
            cells += ["", ""] if reference else [f"{run.cpu_seconds(stage):.1f}" for stage in ("fit", "score")]
        rows.append((reference or run.label, *cells))
    costs = (difference(comparison), "fit CPU s", "score CPU s")
    return Table(f"{protocol}: {title}", ("model", *map(heading, measured), *(costs if versus else ())), tuple(rows))


def _accuracy(run: Run, protocol: str) -> Metrics:
    """What the protocol is read by; of older versions, those of ranking, or all of another task."""
    if "read_by" in run.summary:
        return run.read_by(protocol)
    is_ranking = any(run.metric(name.under(protocol)) for name in ACCURACY)
    return ACCURACY if is_ranking else run.metrics(protocol)


def with_references(runs: Sequence[Run]) -> list[tuple[Run, str | None]]:
    """The rows of a table: each run, and then popularity, random and oracle as the first run measured them.

    Those that are a run themselves, or that the first run has no values of, are left out.
    """
    labels = {run.label for run in runs}
    measured = [name for name in references.NAMES if name not in labels and runs[0].summary["references"].get(name)]
    return [*((run, None) for run in runs), *((runs[0], name) for name in measured)]


def differences(comparison: Comparison, protocol: str, versus: Mapping[str, Versus]) -> Table:
    """What is known of each difference from the reference."""
    head = ("model", "difference", "t", "p", "p (Holm)", "verdict")
    units = comparison.reference.units
    per_unit = (f"d over {units}", f"{units} better", f"{units} worse", "interval above 0", "below 0")
    shown = any(row.per_unit is not None for row in versus.values())  # not of metrics without a value for each user
    rows = [_tested(row)[: None if shown else len(head)] for row in versus.values()]
    return Table(f"{protocol}: {difference(comparison)}", head + per_unit * shown, tuple(rows))


def difference(comparison: Comparison) -> str:
    """What is tested: `ΔP@10 vs ease`."""
    return f"Δ{heading(comparison.tested)} vs {comparison.reference.label}"


def numbers(comparison: Comparison, columns: Metrics | None) -> str:
    """CSV, one line for each run, protocol and metric, and one for each difference tested: unrounded."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(("label", "protocol", "metric", "reference", "mean", "low", "high", "p", "p_holm", "effect_users"))
    for protocol in comparison.runs[0].protocols:
        for run in comparison.runs:
            for name in columns or (*_accuracy(run, protocol), *BEYOND_ACCURACY):
                if (values := run.metric(name.under(protocol))) is not None:
                    interval = (values.mean, values.low, values.high)
                    lines.writerow((run.label, protocol, name.short, "", *interval, "", "", ""))
        for row in comparison.versus[protocol].values():
            test, reference = row.over_repeats.test, comparison.reference.label
            effect = "" if row.per_unit is None else row.per_unit.effect
            cells = (test.mean, test.low, test.high, test.p, row.over_repeats.adjusted, effect)
            lines.writerow((row.label, protocol, comparison.tested.short, reference, *cells))
    return text.getvalue()


def notes(comparison: Comparison) -> list[str]:
    """How to read the tables, and where the numbers come from; paragraphs."""
    run, runs = comparison.runs[0], comparison.runs
    reading = (
        f"±: half of the 95% interval of the mean over {run.repeats} repeats, corrected for the overlap of the "
        "training sets (Nadeau and Bengio 2003); of differences, too, which are paired repeat by repeat. "
        f"{MARK}: does not differ significantly from {comparison.reference.label} (corrected resampled t-test, Holm "
        f"over the {len(runs) - 1} runs compared with it, level {ALPHA}). "
        "CPU seconds: of a repeat, all threads."
    )
    if run.repeats == 1:
        reading = "One repeat: no intervals and no tests, which need two or more."
    versus = [row for rows in comparison.versus.values() for row in rows.values()]
    per_unit = [PER_UNIT.format(units=run.units)] if any(row.per_unit is not None for row in versus) else []
    early = [words for run in runs if (words := run.stopped_early) is not None]
    stopped = [f"Stopped early: {'; '.join(early)}."] if early else []
    meanings = [words for protocol in run.protocols for words in (terms(protocol, run), *same_for_all(runs, protocol))]
    return [*meanings, reading, *per_unit, *stopped, source(runs)]


def terms(protocol: str, run: Run) -> str:
    """What a protocol's numbers mean."""
    stamp = run.protocols[protocol]
    if "candidates" not in stamp:  # a task other than ranking
        return f"`{protocol}`: {'; '.join(f'{name}: {value}' for name, value in stamp.items())}."
    return (
        f"`{protocol}`: the candidates are {CANDIDATES[stamp['candidates']]}; relevant: {stamp['relevant']}; "
        f"precision@K divides by {stamp['denominator']}."
    )


def source(runs: Sequence[Run]) -> str:
    """Data, split, machine, code and versions of the runs."""

    def distinct(values: Sequence[str]) -> str:
        return ", ".join(dict.fromkeys(values))

    environments = [run.environment for run in runs]
    data = [f"{run.stamp['dataset']['name']} (fingerprint {run.stamp['dataset']['fingerprint']})" for run in runs]
    commits = [f"{of['commit'][:12]}{' with changes' if of['dirty'] == 'true' else ''}" for of in environments]
    machines = [f"{of['cpus']} cores, {of['processor']}" for of in environments]
    versions = [f"Python {of['python']}, TensorFlow {of['packages']['tensorflow']}" for of in environments]
    return (
        f"Data: {distinct(data)}. Split: {'; '.join(dict.fromkeys(run.stamp['split'] for run in runs))}; "
        f"{distinct([str(run.repeats) for run in runs])} repeats. "
        f"Machine: {distinct(machines)}; peak memory "
        f"{max(run.summary['peak_rss_mb'] for run in runs):,.0f} MB. Code: commit {distinct(commits)}; "
        f"{distinct(versions)}."
    )


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


def _difference(values: Summary, base: Summary, run: Run, versus: Versus | None) -> str:
    pairs = zip(values.repeats, base.repeats, strict=True)
    paired = summarize([value - of_base for value, of_base in pairs], run.test_to_train)
    mark = f" {MARK}" if versus is not None and versus.over_repeats.not_significant else ""
    return f"{_signed(paired.mean, paired.low, paired.high, 3)}{mark}"


def _tested(row: Versus) -> tuple[str, ...]:
    test, adjusted, per_unit = row.over_repeats.test, row.over_repeats.adjusted, row.per_unit
    if test.t is None or test.p is None or adjusted is None:
        cells = ("", "", "", "one repeat: no test")
    else:
        verdict = ("higher" if test.mean > 0 else "lower") if row.over_repeats.significant else MARK
        cells = (f"{test.t:+.2f}", p_value(test.p), p_value(adjusted), verdict)
    mean = _signed(test.mean, test.low, test.high)
    if per_unit is None:
        return (row.label, mean, *cells, "", "", "", "", "")
    repeats = f"of {len(per_unit.low)}"
    shares = (f"{per_unit.effect:+.2f}", f"{per_unit.better:.0%}", f"{per_unit.worse:.0%}")
    return (row.label, mean, *cells, *shares, f"{per_unit.above} {repeats}", f"{per_unit.below} {repeats}")


def _signed(mean: float, low: float | None, high: float | None, digits: int = 4) -> str:
    return f"{mean:+.{digits}f}" + ("" if low is None or high is None else f" ± {(high - low) / 2:.{digits}f}")
