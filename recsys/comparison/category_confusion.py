"""What texts of each category are taken for, and the F1 of each category, from the files of runs of `classify`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from recsys.comparison.formats import Table
from recsys.comparison.runs import Run

PREDICTED, TRUE, F1 = "categories", "splits", "f1_"
NOTE = (
    "Confusion matrix: rows are true categories, columns predicted ones, by the number of their row; cells are texts, "
    "means over the repeats."
)


def tables(runs: Sequence[Run], reference: Run) -> list[Table]:
    """Of runs whose units are texts; the confusion matrix is that of the reference."""
    if reference.unit != "text":
        return []
    matrices = [matrix(reference, protocol) for protocol in reference.protocols]
    by_category = [of_categories(runs, protocol) for protocol in reference.protocols]
    return [*by_category, *(one for one in matrices if one is not None)]


def of_categories(runs: Sequence[Run], protocol: str) -> Table:
    """The F1 of each category: a row for each, a column for each run."""
    names = [name for name in runs[0].metrics(protocol) if name.metric.startswith(F1)]
    rows: list[tuple[str, ...]] = []
    for name in names:
        values = [run.metric(name) for run in runs]
        cells = ["" if value is None else f"{value.mean:.3f}" for value in values]
        rows.append((name.metric.removeprefix(F1).replace("-", " "), *cells))
    return Table(f"{protocol}: F1 by category", ("category", *(run.label for run in runs)), tuple(rows))


def matrix(run: Run, protocol: str) -> Table | None:
    """None where texts have several categories each, or the run has no files."""
    if run.folder is None:
        return None
    keys = ["repeat", "text"]
    true: Any = pd.read_parquet(run.folder / f"{TRUE}.parquet", columns=[*keys, "category"])
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
