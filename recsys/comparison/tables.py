"""A comparison as tables, and the text that says how to read them and where the numbers come from."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from recsys.comparison.differences import ALPHA, Comparison, Versus
from recsys.comparison.formats import Table
from recsys.comparison.runs import REFERENCES, Run, key
from recsys.evaluation.intervals import Summary, summarize

ACCURACY = ("precision@1", "precision@5", "precision@10", "precision@20", "ndcg@10", "gauc")
BESIDE = ("coverage@10", "gini@10", "novelty@10", "hamming@10", "intra_list_similarity@10")
"""Shown where models choose from the catalogue: among held-out items, users have chosen what can be in a list."""
TESTED = "precision@10"
CANDIDATES = {
    "held_out": "each user's held-out items compete",
    "unseen": "all items not rated in train compete",
}
MARK = "="
USERS = (
    "d over users: mean of the users' differences over their standard deviation, a mean over repeats. Interval above "
    "or below 0: in how many repeats the 95% interval of the paired bootstrap over users is."
)


def tables(comparison: Comparison, protocol: str, metrics: Sequence[str] | None) -> list[Table]:
    """What a page shows of a protocol; metrics: the columns; None: accuracy, what stands beside it, costs."""
    versus = comparison.versus[protocol]
    catalogue = comparison.runs[0].protocols[protocol]["candidates"] == "unseen"
    made = [levels(comparison, protocol, metrics or ACCURACY, versus, "precision and its like")]
    if versus:
        made.append(differences(comparison, protocol, versus))
    if metrics is None and catalogue:
        made.append(levels(comparison, protocol, BESIDE, {}, "beside accuracy"))
    return [table for table in made if len(table.head) > 1]


def levels(
    comparison: Comparison, protocol: str, metrics: Sequence[str], versus: Mapping[str, Versus], title: str
) -> Table:
    """Each metric's mean with half of its 95% interval; with `versus`, the difference tested, and costs."""
    runs = comparison.runs
    columns = [name for name in metrics if any(run.metric(key(protocol, name)) for run in runs)]
    base = comparison.reference.metric(key(protocol, comparison.tested))
    rows: list[tuple[str, ...]] = []
    beside = [name for name in REFERENCES if all(run.label != name for run in runs)]
    for run, reference in [*((run, None) for run in runs), *((runs[0], name) for name in beside)]:
        cells = [level(run.metric(key(protocol, name), reference)) for name in columns]
        if versus:
            own = run.metric(key(protocol, comparison.tested), reference)
            found = versus.get(run.label) if reference is None else None
            same = reference is None and run is comparison.reference
            cells.append("" if same or own is None or base is None else _less(own, base, run, found))
            spent = () if reference else (run.summary["timings"][name] for name in ("fit_cpu_s", "score_cpu_s"))
            cells += [f"{sum(values) / len(values):.1f}" for values in spent] or ["", ""]
        rows.append((reference or run.label, *cells))
    last = (difference(comparison), "fit CPU s", "score CPU s")
    head = ("model", *map(heading, columns), *(last if versus else ()))
    return Table(f"{protocol}: {title}", head, tuple(rows))


def differences(comparison: Comparison, protocol: str, versus: Mapping[str, Versus]) -> Table:
    """What is known of each difference from the reference."""
    head = ("model", "difference", "t", "p", "p (Holm)", "verdict")
    users = ("d over users", "users better", "users worse", "interval above 0", "below 0")
    known = any(one.users is not None for one in versus.values())  # not of metrics without a value for each user
    rows = [_tested(one)[: None if known else len(head)] for one in versus.values()]
    return Table(f"{protocol}: {difference(comparison)}", head + users * known, tuple(rows))


def difference(comparison: Comparison) -> str:
    """What is tested, in words."""
    return f"{heading(comparison.tested)} less that of {comparison.reference.label}"


def numbers(comparison: Comparison, metrics: Sequence[str] | None) -> str:
    """CSV, one line for each run, protocol and metric, and one for each difference tested: unrounded."""
    text = io.StringIO()
    write = csv.writer(text, lineterminator="\n")
    write.writerow(("label", "protocol", "metric", "less", "mean", "low", "high", "p", "p_holm", "effect_users"))
    for protocol in comparison.runs[0].protocols:
        names = metrics or (*ACCURACY, *BESIDE)
        for run, name in ((run, name) for run in comparison.runs for name in names):
            if (found := run.metric(key(protocol, name))) is not None:
                write.writerow((run.label, protocol, name, "", found.mean, found.low, found.high, "", "", ""))
        for one in comparison.versus[protocol].values():
            test, less = one.over_repeats, comparison.reference.label
            effect = "" if one.users is None else one.users.effect
            cells = (test.mean, test.low, test.high, test.p, one.adjusted, effect)
            write.writerow((one.label, protocol, comparison.tested, less, *cells))
    return text.getvalue()


def notes(comparison: Comparison) -> list[str]:
    """How to read the tables, and where the numbers come from; paragraphs."""
    run, runs = comparison.runs[0], comparison.runs
    reading = (
        f"±: half of the 95% interval of the mean over {run.repeats} repeats, corrected for the overlap of the "
        "training sets (Nadeau and Bengio 2003); of differences, too, which are paired repeat by repeat. "
        f"{MARK}: not distinguishable from {comparison.reference.label} (corrected resampled t-test, Holm over the "
        f"{len(runs) - 1} runs compared with it, level {ALPHA}). "
        "CPU seconds: of a repeat, all threads."
    )
    if run.repeats == 1:
        reading = "One repeat: no intervals and no tests, which need two or more."
    versus = [one for found in comparison.versus.values() for one in found.values()]
    users = [USERS] if any(one.users is not None for one in versus) else []
    return [*(terms(protocol, run) for protocol in run.protocols), reading, *users, source(runs)]


def terms(protocol: str, run: Run) -> str:
    """What a protocol's numbers mean."""
    own = run.protocols[protocol]
    return (
        f"`{protocol}`: {CANDIDATES[own['candidates']]}; relevant: {own['relevant']}; "
        f"precision@K divides by {own['denominator']}."
    )


def source(runs: Sequence[Run]) -> str:
    """Data, split, machine, code and versions of the runs."""

    def each(words: Sequence[str]) -> str:
        return ", ".join(dict.fromkeys(words))

    places = [run.environment for run in runs]
    data = [f"{run.stamp['dataset']['name']} (fingerprint {run.stamp['dataset']['fingerprint']})" for run in runs]
    commits = [f"{one['commit'][:12]}{' with changes' if one['dirty'] == 'true' else ''}" for one in places]
    machines = [f"{one['cpus']} cores, {one['processor']}" for one in places]
    versions = [f"Python {one['python']}, TensorFlow {one['packages']['tensorflow']}" for one in places]
    return (
        f"Data: {each(data)}. Split: {'; '.join(dict.fromkeys(run.stamp['split'] for run in runs))}; "
        f"{each([str(run.repeats) for run in runs])} repeats. "
        f"Machine: {each(machines)}; peak memory "
        f"{max(run.summary['peak_rss_mb'] for run in runs):,.0f} MB. Code: commit {each(commits)}; {each(versions)}."
    )


def heading(metric: str) -> str:
    """`precision@10`: P@10."""
    name, at, k = metric.partition("@")
    short = {"precision": "P", "ndcg": "NDCG", "gauc": "GAUC", "auc": "AUC", "mrr": "MRR", "map": "MAP"}.get(name)
    return f"{short or name.replace('_', ' ')}{at}{k}"


def level(found: Summary | None) -> str:
    """`0.685 ± 0.004`."""
    if found is None:
        return ""
    if found.low is None or found.high is None:
        return f"{found.mean:.3f}"
    return f"{found.mean:.3f} ± {(found.high - found.low) / 2:.3f}"


def _less(own: Summary, base: Summary, run: Run, versus: Versus | None) -> str:
    pairs = zip(own.repeats, base.repeats, strict=True)
    found = summarize([one - other for one, other in pairs], run.test_to_train)
    mark = "" if versus is None or versus.adjusted is None or versus.significant else f" {MARK}"
    return f"{_signed(found.mean, found.low, found.high, 3)}{mark}"


def _tested(one: Versus) -> tuple[str, ...]:
    test, users = one.over_repeats, one.users
    if test.t is None or test.p is None or one.adjusted is None:
        cells = ("", "", "", "one repeat: no test")
    else:
        verdict = ("higher" if test.mean > 0 else "lower") if one.significant else MARK
        cells = (f"{test.t:+.2f}", chance(test.p), chance(one.adjusted), verdict)
    if users is None:
        return (one.label, _signed(test.mean, test.low, test.high), *cells, "", "", "", "", "")
    of = f"of {len(users.low)}"
    shares = (f"{users.effect:+.2f}", f"{users.better:.0%}", f"{users.worse:.0%}")
    return (
        one.label,
        _signed(test.mean, test.low, test.high),
        *cells,
        *shares,
        f"{users.above} {of}",
        f"{users.below} {of}",
    )


def _signed(mean: float, low: float | None, high: float | None, digits: int = 4) -> str:
    return f"{mean:+.{digits}f}" + ("" if low is None or high is None else f" ± {(high - low) / 2:.{digits}f}")


def chance(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
