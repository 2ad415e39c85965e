"""Runs beside figures that others have published for the same data, split and measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ConfigDict, field_validator
from pydantic.dataclasses import dataclass as checked

from recsys.comparison import notes
from recsys.comparison.formats import Table
from recsys.comparison.runs import Refused, Run
from recsys.comparison.tables import heading
from recsys.evaluation.metric_name import MetricName

HERE = "this suite"
READING = (
    "Δ: the run above minus the published figure. Published figures come without intervals, and the code behind them "
    "differs from this one in more than is known; a difference is a reason to look for its cause, not a test."
)


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Published:
    """What others found.

    model    as they call it
    source   paper, repository or program
    values   metric, such as ndcg@10, to their value
    """

    model: str
    source: str
    values: Mapping[str, float]

    @field_validator("values")
    @classmethod
    def _of_metrics(cls, values: Mapping[str, float]) -> Mapping[str, float]:
        for name in values:
            MetricName.parse(name)
        return values


@dataclass(frozen=True, slots=True)
class Beside:
    """A run, its one protocol, the published figures that it stands beside, and what is known of how they differ."""

    run: Run
    protocol: str
    figures: Sequence[Published]
    remark: str

    @classmethod
    def of(cls, run: Run, figures: Sequence[Published], remark: str) -> Beside:
        """Raises `Refused` where the run has several protocols, or lacks a metric of the figures."""
        if len(run.protocols) != 1:
            raise Refused(f"{run.label}: expected one protocol, got {', '.join(run.protocols)}; set protocol=")
        protocol = next(iter(run.protocols))
        for name in (name for of in figures for name in of.values):
            if run.metric(MetricName.parse(name).under(protocol)) is None:
                raise Refused(f"{run.label}: expected a value of {name}, which is published, got none")
        return cls(run, protocol, figures, remark)

    @property
    def metrics(self) -> tuple[MetricName, ...]:
        """All that are published."""
        return tuple(
            MetricName.parse(name) for name in dict.fromkeys(name for of in self.figures for name in of.values)
        )

    @property
    def data(self) -> str:
        """What has to be equal for runs to share a table."""
        return f"{self.run.stamp['dataset']['name']}, `{self.protocol}`, {self.run.stamp['split']}"

    def mean(self, name: MetricName) -> float:
        values = self.run.metric(name.under(self.protocol))
        if values is None:
            raise Refused(f"{self.run.label}: expected a value of {name.short}, got none")
        return values.mean

    def lines(self, shown: Sequence[MetricName]) -> list[tuple[str, ...]]:
        """The run's row of the table, and below it one for each model that others have measured."""
        measured = [self.run.metric(name.under(self.protocol)) for name in shown]
        own = ["" if of is None else f"{of.mean:.4f}" + (f" (sd {of.sd:.4f})" if of.sd else "") for of in measured]
        rows = [(self.run.label, *own, *[""] * len(shown), f"{HERE}, {_repeats(self.run)}")]
        for of in self.figures:
            theirs = {MetricName.parse(name): value for name, value in of.values.items()}
            values = [f"{theirs[name]:.4f}" if name in theirs else "" for name in shown]
            less = [f"{self.mean(name) - theirs[name]:+.4f}" if name in theirs else "" for name in shown]
            rows.append((of.model, *values, *less, of.source))
        return rows


def tables(rows: Sequence[Beside]) -> list[Table]:
    """One for each data set, split and protocol."""
    shown: list[Table] = []
    for data in dict.fromkeys(row.data for row in rows):
        own = [row for row in rows if row.data == data]
        metrics = tuple(dict.fromkeys(name for row in own for name in row.metrics))
        head = ("model", *map(heading, metrics), *(f"Δ{heading(name)}" for name in metrics), "source")
        lines = tuple(line for row in own for line in row.lines(metrics))
        shown.append(Table(data, head, lines, " ".join(f"{row.run.label}: {row.remark}" for row in own if row.remark)))
    return shown


def paragraphs(rows: Sequence[Beside]) -> list[str]:
    """How to read the tables, what each protocol means, and where each table's numbers come from."""
    said = [READING, *dict.fromkeys(notes.terms(row.protocol, row.run) for row in rows)]
    said += [
        notes.source([row.run for row in rows if row.data == data]) for data in dict.fromkeys(r.data for r in rows)
    ]
    costs = ", ".join(f"{row.run.label} {row.run.cpu_seconds('fit'):,.0f}" for row in rows)
    return [*said, f"CPU seconds of a fit: {costs}."]


def stored(rows: Sequence[Beside]) -> Mapping[str, Any]:
    """JSON: label -> stamp, commit, settings, values by repeat, and the published figures."""
    return {
        row.run.label: {
            "stamp": row.run.stamp,
            "commit": row.run.environment["commit"],
            "parameters": row.run.summary["parameters"],
            "metrics": {
                name.short: values.repeats
                for name in row.metrics
                if (values := row.run.metric(name.under(row.protocol))) is not None
            },
            "published": [{"model": of.model, "source": of.source, **of.values} for of in row.figures],
            "timings": row.run.summary["timings"],
        }
        for row in rows
    }


def _repeats(run: Run) -> str:
    return "one fit" if run.repeats == 1 else f"mean of {run.repeats} seeds"
