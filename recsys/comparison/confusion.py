"""TP, FP, FN and TN at K: what precision and recall are made of, counted over all measured users."""

from __future__ import annotations

from collections.abc import Sequence

from recsys.comparison.formats import Table
from recsys.comparison.runs import Run
from recsys.comparison.tables import with_references
from recsys.evaluation.metric_name import MetricName
from recsys.evaluation.metrics import COUNTS

K = 10
HEAD = ("model", "TP", "FP", "FN", "TN", "TP / (TP + FP)")
NOTE = (
    "TP, FP, FN, TN: relevant items recommended, others recommended, relevant items not recommended, others not "
    "recommended; over the candidates of all measured users, means over the repeats. TP / (TP + FP) weights a user by "
    "the length of the list; precision@K is a mean over users."
)


def tables(runs: Sequence[Run]) -> list[Table]:
    """One a protocol whose runs have the counts."""
    made = [table(runs, protocol) for protocol in runs[0].protocols]
    return [one for one in made if one is not None]


def table(runs: Sequence[Run], protocol: str, k: int = K) -> Table | None:
    """A row for each run and reference; None where no run has the counts."""
    names = [MetricName(protocol, count, k) for count in COUNTS]
    rows: list[tuple[str, ...]] = []
    for run, reference in with_references(runs):
        counts = [values.mean for name in names if (values := run.metric(name, reference)) is not None]
        if len(counts) == len(names):
            found, wrong, *_ = counts
            rows.append(
                (reference or run.label, *(f"{count:,.1f}" for count in counts), f"{found / (found + wrong):.3f}")
            )
    return Table(f"{protocol}: confusion matrix at K = {k}", HEAD, tuple(rows)) if rows else None
