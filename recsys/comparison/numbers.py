"""A comparison as CSV, unrounded."""

from __future__ import annotations

import csv
import io

from recsys.comparison.differences import Comparison
from recsys.comparison.tables import BEYOND_ACCURACY, Metrics, accuracy

COLUMNS = (
    *("label", "protocol", "metric", "reference", "mean", "low", "high", "p", "p_holm", "effect_users", "over", "t"),
    *("sd", "p_lower", "p_equal", "p_higher", "rope", "needed"),
)
"""Of the CSV. sd: over repeats; needed: repeats or users, whichever `over` says, to detect a difference of rope."""


def numbers(comparison: Comparison, columns: Metrics | None) -> str:
    """CSV, one line for each run, protocol and metric, and one for each difference tested: unrounded."""
    text = io.StringIO()
    lines = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    lines.writeheader()
    over = "repeats" if comparison.over == "repeats" else comparison.reference.units
    for protocol, tested in comparison.versus.items():
        for run in comparison.runs:
            for name in columns or (*accuracy(run, protocol), *BEYOND_ACCURACY):
                if (values := run.metric(name.under(protocol))) is not None:
                    named = {"label": run.label, "protocol": protocol, "metric": name.short}
                    interval = {"mean": values.mean, "low": values.low, "high": values.high, "sd": values.sd}
                    lines.writerow({**named, **interval, "over": "" if values.low is None else over})
        for name, rows in tested.items():
            for row in rows.values():
                test, posterior = row.test, row.posterior
                cells = {
                    "label": row.label,
                    "protocol": protocol,
                    "metric": name.short,
                    "reference": comparison.reference.label,
                    "p_holm": row.adjusted,
                    "effect_users": None if row.per_unit is None else row.per_unit.effect,
                    "over": over,
                    "sd": row.sd,
                    "rope": comparison.rope,
                    "needed": row.needed,
                }
                if posterior is not None:
                    cells |= {f"p_{part}": getattr(posterior, part) for part in ("lower", "equal", "higher")}
                lines.writerow({**cells, **{part: getattr(test, part) for part in ("mean", "low", "high", "t", "p")}})
    return text.getvalue()
