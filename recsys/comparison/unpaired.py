"""Tables without paired tests: samples of several sizes, and spreads over repeats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from recsys.comparison.differences import ALPHA
from recsys.comparison.formats import Table
from recsys.comparison.runs import Run
from recsys.comparison.significance import equal_variances, holm, sd_interval
from recsys.comparison.tables import HEADLINE, MARK, heading, level, metrics, p_value
from recsys.evaluation import references
from recsys.evaluation.metric_name import MetricName

SIZED = metrics("precision@1", "precision@5", "precision@10", "ndcg@10", "gauc")
LEVELS = (
    "±: half of the 95% interval of the mean over {repeats} repeats, corrected for the overlap of the training sets as "
    "it is at 100% (Nadeau and Bengio 2003); smaller samples overlap less, so that theirs are wider than they need be."
)
SPREADS = (
    "sd: over repeats, with its interval from the chi-squared distribution; p: F-test against the first row of the "
    f"same model, Holm over the rows; {MARK}: not significant. The test assumes independent rows; it is conservative "
    "for rows that share their splits. Repeats are drawn independently from one data set: this is the spread of "
    "results on these ratings, not on other ratings of the kind."
)


def sizes(runs: Mapping[float, Run], protocol: str) -> Table:
    """Precision by the share of the ratings, with the best that any model could reach and chance."""
    rows: list[tuple[str, ...]] = []
    for run in runs.values():
        cells = [level(run.metric(name.under(protocol))) for name in SIZED]
        cells += [level(run.metric(HEADLINE.under(protocol), reference)) for reference in references.NAMES]
        rows.append((run.label, *cells))
    bounds = (f"{heading(HEADLINE)} of {reference}" for reference in references.NAMES)
    model = next(iter(runs.values())).summary["model"]
    return Table(f"{protocol}: {model}", ("ratings", *map(heading, SIZED), *bounds), tuple(rows))


def spreads(runs: Sequence[Run], protocol: str, tested: MetricName) -> Table:
    """The standard deviation of each row over its repeats, tested against the first row of the same model."""
    name = tested.under(protocol)
    measured = [(run, values) for run in runs if (values := run.metric(name)) is not None and values.sd]
    firsts = {run.summary["model"]: (run, values) for run, values in reversed(measured)}
    tests: dict[str, float] = {}
    for run, values in measured:
        first, base = firsts[run.summary["model"]]
        if run is not first and values.sd and base.sd:
            tests[run.label] = equal_variances(values.sd, run.repeats, base.sd, first.repeats)
    adjusted = dict(zip(tests, holm(list(tests.values())), strict=True))
    rows: list[tuple[str, ...]] = []
    for run, values in measured:
        sd, base = values.sd or 0.0, firsts[run.summary["model"]][1].sd or 1.0
        low, high = sd_interval(sd, run.repeats)
        test = ("", "", "")
        if run.label in tests:
            p = adjusted[run.label]
            verdict = MARK if p >= ALPHA else ("smaller" if sd < base else "larger")
            test = (f"{(sd / base) ** 2:.2f}", p_value(p), verdict)
        cells = (f"{values.mean:.4f}", f"{sd:.4f}", f"{low:.4f} to {high:.4f}", *test)
        rows.append((run.label, str(run.repeats), *cells))
    head = ("row", "repeats", "mean", "sd", "95% interval of sd", "variance over the first's", "p (Holm)", "verdict")
    return Table(f"{protocol}: spread of {heading(tested)} over repeats", head, tuple(rows))
