"""What metrics are worth on samples of a run's users: mean and spread over draws, the same draws for all runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from recsys.comparison.formats import Table
from recsys.comparison.runs import Refused, Run
from recsys.comparison.tables import Metrics, heading
from recsys.dataset import Array
from recsys.evaluation.metric_name import MetricName

Drawn = Mapping[str, Mapping[int, Array]]
"""Label -> users in a sample -> the means over the users of each draw."""

NOTE = (
    "±: standard deviation over {draws} samples of so many {units}, drawn without replacement, the same for all rows. "
    "It says how far a table over so few {units} may be off, and nothing of other splits; samples overlap, and more "
    "the larger they are. A {unit}'s value is the mean over repeats."
)


def drawn(runs: Sequence[Run], name: MetricName, sizes: Sequence[int], draws: int) -> Drawn:
    """Of the units that have a value in every run; sample d of n units is the first n of permutation d of them.

    Raises `Refused` where a run has no values per unit, or where there are fewer units than a sample is of.
    """
    values = {run.label: run.per_unit(name).mean(axis=1) for run in runs}
    table = pd.DataFrame(values).dropna()
    if len(table) < max(sizes):
        raise Refused(
            f"samples of {name.short}: expected {max(sizes)} {runs[0].units} or more with a value in each row, found "
            f"{len(table)}; draw smaller samples (experiment.samples)"
        )
    orders = [np.random.default_rng(draw).permutation(len(table)) for draw in range(draws)]
    columns = {label: table[label].to_numpy(float) for label in values}
    return {
        label: {size: np.array([of[order[:size]].mean() for order in orders]) for size in sizes}
        for label, of in columns.items()
    }


def table(
    runs: Sequence[Run], protocol: str, names: Metrics, sizes: Sequence[int], draws: int
) -> tuple[Table, Mapping[MetricName, Drawn]]:
    """A row for each run and size of a sample; and what was drawn, for a figure."""
    found = {name: drawn(runs, name.under(protocol), sizes, draws) for name in names}
    rows = [
        (run.label, str(size), *(_cell(found[name][run.label][size]) for name in names))
        for run in runs
        for size in sizes
    ]
    head = ("model", f"{runs[0].units} in a sample", *map(heading, names))
    return Table(f"{protocol}: samples of {runs[0].units}", head, tuple(rows)), found


def _cell(means: Array) -> str:
    return f"{means.mean():.4f} ± {means.std(ddof=1):.4f}"
