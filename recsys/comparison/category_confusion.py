"""What texts of each category are taken for, and the F1 of each category, from the files of runs of `classify`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from recsys.comparison.formats import Table
from recsys.comparison.runs import Run
from recsys.evaluation.classify_measurement import f1_of
from recsys.evaluation.metric_name import MetricName

PREDICTED, TRUE = "categories", "splits"
NOTE = (
    "Confusion matrix: rows are true categories, columns predicted ones, by the number of their row; cells are texts, "
    "means over the repeats."
)


def tables(runs: Sequence[Run], reference: Run) -> list[Table]:
    """Of runs of texts that have their files; the confusion matrix is that of the reference."""
    if reference.unit != "text" or reference.folder is None:
        return []
    matrices = [matrix(reference, protocol) for protocol in reference.protocols]
    shown = [of_categories(runs, protocol) for protocol in reference.protocols]
    return [*shown, *(one for one in matrices if one is not None)]


def of_categories(runs: Sequence[Run], protocol: str) -> Table:
    """The F1 of each category: a row for each, a column for each run; the first run has its files."""
    rows: list[tuple[str, ...]] = []
    for category in sorted(_true(runs[0])["category"].unique()):
        values = [run.metric(MetricName(protocol, f1_of(category))) for run in runs]
        rows.append((category, *("" if value is None else f"{value.mean:.3f}" for value in values)))
    return Table(f"{protocol}: F1 by category", ("category", *(run.label for run in runs)), tuple(rows))


def matrix(run: Run, protocol: str) -> Table | None:
    """None where texts have several categories each."""
    assert run.folder is not None
    keys, true = ["repeat", "text"], _true(run)
    found: Any = pd.read_parquet(run.folder / f"{PREDICTED}.parquet", columns=[*keys, "protocol", "category"])
    found = found[found["protocol"] == protocol]
    if true.duplicated(keys).any() or found.duplicated(keys).any():
        return None
    both = true.merge(found, on=keys, suffixes=("", " found"))
    names = sorted({*both["category"], *both["category found"]})
    counts = pd.crosstab(both["category"], both["category found"]).reindex(index=names, columns=names, fill_value=0)
    means = (counts / run.repeats).to_numpy()
    rows = [
        (f"{place} {name}", *(f"{cell:.1f}" if cell else "" for cell in row))
        for place, (name, row) in enumerate(zip(names, means.tolist(), strict=True), 1)
    ]
    head = ("true", *(str(place) for place in range(1, len(names) + 1)))
    return Table(f"{protocol}: confusion matrix, {run.label}", head, tuple(rows))


def _true(run: Run) -> Any:
    """repeat, text, category: the true ones of the test texts."""
    assert run.folder is not None
    return pd.read_parquet(run.folder / f"{TRUE}.parquet", columns=["repeat", "text", "category"])
