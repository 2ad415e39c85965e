"""Tables without paired tests: samples of several sizes, spreads over repeats, and seeds on one split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from recsys.comparison.differences import ALPHA
from recsys.comparison.formats import Table
from recsys.comparison.runs import REFERENCES, Run, key, parts
from recsys.comparison.significance import equal_variances, holm, sd_interval
from recsys.comparison.tables import MARK, TESTED, chance, heading, level
from recsys.evaluation.intervals import Summary

SIZED = ("precision@1", "precision@5", "precision@10", "ndcg@10", "gauc")
LEVELS = (
    "±: half of the 95% interval of the mean over {repeats} repeats, corrected for the overlap of the training sets as "
    "it is at 100% (Nadeau and Bengio 2003); smaller samples overlap less, so that theirs are wider than they need be."
)
NEXT = ("hit_rate@10", "ndcg@10", "mrr@10")
SEEDS = (
    "Mean over {repeats} seeds (least to most) on one split: initialisation, sampling and ties differ, users do not. "
    "se: standard error of the mean over users, which is what other users would change."
)
SPREADS = (
    "sd: over repeats, with its interval from the chi-squared distribution; p: F-test against the first row of the "
    "same model, Holm over the rows; =: not distinguishable. The test takes rows for independent: where two share "
    "their splits, it finds less than there is. Repeats are drawn independently from one data set: this is the spread "
    "of results on these ratings, not over other ratings of the kind."
)


def sizes(runs: Mapping[float, Run], protocol: str) -> Table:
    """Precision by the share of the ratings, with the best that any model could reach and chance."""
    rows: list[tuple[str, ...]] = []
    for run in runs.values():
        cells = [level(run.metric(key(protocol, name))) for name in SIZED]
        cells += [level(run.metric(key(protocol, TESTED), name)) for name in REFERENCES]
        rows.append((run.label, *cells))
    beside = (f"{heading(TESTED)} of {name}" for name in REFERENCES)
    model = next(iter(runs.values())).summary["model"]
    return Table(f"{protocol}: {model}", ("ratings", *map(heading, SIZED), *beside), tuple(rows))


def spreads(runs: Sequence[Run], protocol: str, metric: str) -> Table:
    """How far apart the repeats of each row are, beside the first row of its model."""
    name = key(protocol, metric)
    found = [(run, own) for run in runs if (own := run.metric(name)) is not None and own.sd]
    firsts = {run.summary["model"]: (run, own) for run, own in reversed(found)}
    tests: dict[str, float] = {}
    for run, own in found:
        first, base = firsts[run.summary["model"]]
        if run is not first and own.sd and base.sd:
            tests[run.label] = equal_variances(own.sd, run.repeats, base.sd, first.repeats)
    adjusted = dict(zip(tests, holm(list(tests.values())), strict=True))
    rows: list[tuple[str, ...]] = []
    for run, own in found:
        sd, base = own.sd or 0.0, firsts[run.summary["model"]][1].sd or 1.0
        low, high = sd_interval(sd, run.repeats)
        tested = ("", "", "")
        if run.label in tests:
            same = adjusted[run.label] >= ALPHA
            verdict = MARK if same else ("smaller" if sd < base else "larger")
            tested = (f"{(sd / base) ** 2:.2f}", chance(adjusted[run.label]), verdict)
        cells = (f"{own.mean:.4f}", f"{sd:.4f}", f"{low:.4f} to {high:.4f}", *tested)
        rows.append((run.label, str(run.repeats), *cells))
    head = ("row", "repeats", "mean", "sd", "its 95% interval", "variance over the first's", "p (Holm)", "verdict")
    return Table(f"{protocol}: spread of {heading(metric)} over repeats", head, tuple(rows))


def seeds(runs: Sequence[Run], protocol: str, tested: str) -> Table:
    """Each metric's mean over the repeats and, where they differ, the least and the most of them; cost of a fit."""
    rows: list[tuple[str, ...]] = []
    for run in runs:
        found = [run.metric(key(protocol, name)) for name in NEXT]
        users = run.users(protocol, *parts(tested))
        error = users.sem().mean()
        spent = run.summary["timings"]["fit_cpu_s"]
        rows.append((run.label, *map(_range, found), f"{error:.3f}", f"{sum(spent) / len(spent):.1f}"))
    head = ("model", *map(heading, NEXT), f"se of {heading(tested)}", "fit CPU s")
    return Table(f"{protocol}: over seeds", head, tuple(rows))


def _range(found: Summary | None) -> str:
    if found is None:
        return ""
    least, most = min(found.repeats), max(found.repeats)
    return f"{found.mean:.3f}" + (f" ({least:.3f} to {most:.3f})" if least < most else "")
