"""Figures of runs: a metric by K, means with intervals, differences, repeats, precision by size of the data set."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib import colormaps, rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from recsys import atomic
from recsys.comparison.differences import Versus
from recsys.comparison.published import Beside
from recsys.comparison.runs import Run
from recsys.comparison.samples import Drawn
from recsys.comparison.tables import heading, with_references
from recsys.evaluation.intervals import Summary
from recsys.evaluation.metric_name import MetricName
from recsys.evaluation.protocols import CANDIDATES
from recsys.output.precision_curve import TICKS, legend, literal

SIZE_CUTOFFS = (1, 5, 10)
LINE_STYLES = {"popularity": "-", "random": ":", "oracle": "--"}
BLUE, GREY = "#1f5fa8", "#999999"
ROW_INCHES = 0.27


def curves(runs: Sequence[Run]) -> Figure:
    """The metric that a protocol is read by first, by K, with 95% intervals, a panel a protocol; references in grey."""
    drawn = {protocol: names for protocol in runs[0].protocols if (names := over_cutoffs(runs[0], protocol))}
    figure, panels = _panels(list(drawn), (5.0, 4.4))
    for protocol, axes in panels:
        names = drawn[protocol]
        cutoffs = [name.k for name in names]
        for number, (run, reference) in enumerate(with_references(runs)):
            points = [run.metric(name, reference) for name in names]
            if reference is None:
                _line(axes, cutoffs, points, label=run.label, color=_colour(number, len(runs)), linewidth=1.8)
            else:
                style = {"color": GREY, "linestyle": LINE_STYLES[reference], "linewidth": 1.2}
                _line(axes, cutoffs, points, label=reference, **style)
        ticks = [k for k in TICKS if k <= cutoffs[-1]]
        label = f"{names[0].metric.replace('_', ' ')}@K"
        axes.set(xlabel="K, length of the list", ylabel=label, xscale="log", ylim=(0, None))
        axes.set_title(_title(runs[0], protocol), fontsize=10)
        axes.set_xticks(ticks, [str(k) for k in ticks])
        axes.minorticks_off()
    legend(panels[-1][1], fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def levels(runs: Sequence[Run], tested: MetricName) -> Figure:
    """Each run's mean with its 95% interval, the best on top; a panel a protocol, as wide as a README together.

    References among the runs are grey lines. Those beyond them are only named, with an arrow: an axis up to the oracle
    would leave too little room for the runs' intervals.
    """
    protocols = [protocol for protocol in runs[0].protocols if runs[0].metric(tested.under(protocol)) is not None]
    figure, panels = _panels(protocols, (3.1, 1.3 + ROW_INCHES * len(runs)))
    for protocol, axes in panels:
        name = tested.under(protocol)
        measured = [(run.label, values) for run in runs if (values := run.metric(name)) is not None]
        ranked = sorted(measured, key=lambda row: row[1].mean, reverse=not tested.is_error)
        for row, (_, values) in enumerate(ranked):
            _interval(axes, row, values.mean, values.low, values.high, filled=True)
        _baselines(axes, {of: run.metric(name, of) for run, of in with_references(runs) if of is not None})
        _rows(axes, [label for label, _ in ranked], named=True)
        axes.tick_params(labelsize=8)
        axes.set_title(literal(protocol), fontsize=10, pad=26)
        axes.set_xlabel(f"{heading(tested)} and its 95% interval", fontsize=9)
        axes.locator_params(axis="x", nbins=6)
    return figure


def forest(versus: Mapping[str, Mapping[str, Versus]]) -> Figure:
    """Differences from the reference with their intervals, a panel each; hollow: not significant.

    versus   the panel's title -> label -> difference
    """
    rows = max(len(differences) for differences in versus.values())
    figure, panels = _panels(list(versus), (4.4, 1.2 + ROW_INCHES * rows))
    for panel, (title, axes) in enumerate(panels):
        differences = list(versus[title].values())
        axes.axvline(0, color=GREY, linewidth=1)
        for row, difference in enumerate(differences):
            test = difference.test
            _interval(axes, row, test.mean, test.low, test.high, filled=difference.significant)
        _rows(axes, [difference.label for difference in differences], named=panel == 0)
        axes.set_title(literal(title), fontsize=10)
        axes.locator_params(axis="x", nbins=6)  # the labels of more would touch
    return figure


def sizes(runs: Mapping[float, Run]) -> Figure:
    """Precision against the share of the data set's ratings, in %, a panel a protocol; dashed: the best possible."""
    shares, first = list(runs), next(iter(runs.values()))
    figure, panels = _panels(list(first.protocols), (4.6, 4.2))
    for protocol, axes in panels:
        for number, k in enumerate(SIZE_CUTOFFS):
            name = MetricName(protocol, "precision", k)
            colour = _colour(number, len(SIZE_CUTOFFS))
            _line(axes, shares, [run.metric(name) for run in runs.values()], label=f"K = {k}", color=colour)
            _line(
                axes,
                shares,
                [run.metric(name, "oracle") for run in runs.values()],
                label=f"best possible, K = {k}",
                color=colour,
                linestyle="--",
                linewidth=1,
            )
        axes.set(xlabel="share of the ratings, %", ylabel="precision@K", xticks=shares, ylim=(0, None))
        axes.set_title(_title(first, protocol), fontsize=10)
    legend(panels[-1][1], fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def samples(panels: Mapping[str, Drawn]) -> Figure:
    """Mean over samples by their size, with a standard deviation to either side, a panel each.

    panels   the panel's title -> label -> size -> means
    """
    figure, drawn = _panels(list(panels), (4.6, 4.2))
    for title, axes in drawn:
        for number, (label, of) in enumerate(panels[title].items()):
            points = [
                Summary(mean, sd, mean - sd, mean + sd, ())
                for mean, sd in ((float(means.mean()), float(means.std(ddof=1))) for means in of.values())
            ]
            _line(axes, list(of), points, label=label, color=_colour(number, len(panels[title])))
        axes.set(xlabel="size of a sample", xticks=list(next(iter(panels[title].values()))))
        axes.set_title(literal(title), fontsize=10)
    legend(drawn[-1][1], fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def repeats(runs: Sequence[Run], tested: MetricName, centred: bool) -> Figure:
    """Every repeat's value, minus its row's mean if centred; a panel a protocol."""
    figure, panels = _panels(list(runs[0].protocols), (4.4, 1.2 + ROW_INCHES * len(runs)))
    for panel, (protocol, axes) in enumerate(panels):
        for row, run in enumerate(runs):
            values = run.metric(tested.under(protocol))
            if values is not None:
                shown = [value - values.mean * centred for value in values.repeats]
                axes.plot(shown, [row] * len(shown), "o", color=BLUE, alpha=0.5, markersize=5)
        _rows(axes, [run.label for run in runs], named=panel == 0)
        axes.set_title(literal(protocol), fontsize=10)
        axes.set_xlabel(f"{tested.short} of a repeat{' minus the mean' * centred}")
        axes.locator_params(axis="x", nbins=6)  # the labels of more would touch
    return figure


def beside(rows: Sequence[Beside]) -> Figure:
    """What each run has (filled) and what others have published (hollow), a line a run and metric."""
    lines = [(row, name) for row in rows for name in row.metrics]
    figure, ((_, axes),) = _panels([""], (5.5, 1.2 + ROW_INCHES * len(lines)))
    for number, (row, name) in enumerate(lines):
        theirs = [value for of in row.figures for key, value in of.values.items() if MetricName.parse(key) == name]
        axes.plot(theirs, [number] * len(theirs), "o", color=BLUE, markerfacecolor="white", markersize=5)
        axes.plot([row.mean(name)], [number], "o", color=BLUE, markersize=5)
    _rows(axes, [f"{row.run.label}, {heading(name)}" for row, name in lines], named=True)
    axes.set_xlim(0, None)
    axes.set_xlabel("filled: this suite; hollow: published", fontsize=9)
    return figure


def save(figure: Figure, file: Path) -> None:
    """As .png or .svg; no date goes in."""
    atomic.write_bytes(file, image(figure, file.suffix.removeprefix(".")))


def svg(figure: Figure) -> str:
    """For a page to hold."""
    return inline(image(figure, "svg"))


def inline(content: bytes) -> str:
    """Of an .svg file, what a page can hold."""
    text = content.decode()
    return text[text.index("<svg") :]


def image(figure: Figure, kind: str) -> bytes:
    """The content of a file; kind: png or svg."""
    buffer = io.BytesIO()
    # Equal numbers give equal bytes, and text stays text.
    with rc_context({"svg.hashsalt": "recsys", "svg.fonttype": "none"}):
        unnamed = ("Date", "Creator") if kind == "svg" else ("Software",)
        figure.savefig(buffer, format=kind, metadata=dict.fromkeys(unnamed))
    return buffer.getvalue()


def _panels(protocols: Sequence[str], size: tuple[float, float]) -> tuple[Figure, list[tuple[str, Any]]]:
    figure = Figure(figsize=(size[0] * len(protocols) + 2, size[1]), dpi=130, layout="constrained")
    FigureCanvasAgg(figure)
    panels = list(zip(protocols, figure.subplots(1, len(protocols), squeeze=False)[0], strict=True))
    for _, axes in panels:
        axes.grid(alpha=0.25)
    return figure, panels


def _title(run: Run, protocol: str) -> str:
    candidates = run.protocols[protocol].get("candidates")
    return literal(f"{protocol}: {CANDIDATES[candidates]}" if candidates else protocol)


def _rows(axes: Any, labels: Sequence[str], *, named: bool) -> None:
    """One horizontal line a label, the first on top."""
    axes.set_yticks(range(len(labels)), [literal(label) if named else "" for label in labels])
    axes.set_ylim(len(labels) - 0.5, -0.5)


def _interval(axes: Any, row: int, mean: float, low: float | None, high: float | None, *, filled: bool) -> None:
    ends = (mean if low is None else low, mean if high is None else high)
    axes.plot(ends, (row, row), color=BLUE, linewidth=1.4)
    axes.plot([mean], [row], "o", color=BLUE, markerfacecolor=BLUE if filled else "white", markersize=5)


def _baselines(axes: Any, references: Mapping[str, Summary | None]) -> None:
    low, high = axes.get_xlim()
    style = {"fontsize": 7, "color": "#666666"}
    outside: dict[str, list[str]] = {"left": [], "right": []}
    for name, values in references.items():
        if values is None:
            continue
        if low <= values.mean <= high:
            axes.axvline(values.mean, color=GREY, linestyle=LINE_STYLES[name], linewidth=1.2, zorder=0)
            axes.text(values.mean, 1.01, name, transform=axes.get_xaxis_transform(), ha="center", **style)
        elif values.mean < low:
            outside["left"].append(f"← {name} {values.mean:.3f}")
        else:
            outside["right"].append(f"{name} {values.mean:.3f} →")
    for side, x in (("left", 0), ("right", 1)):
        axes.text(x, 1.045, "  ".join(outside[side]), transform=axes.transAxes, ha=side, **style)
    axes.set_xlim(low, high)


def _colour(number: int, count: int) -> Any:
    return colormaps["tab10" if count <= 10 else "tab20"](number % 20)


def over_cutoffs(run: Run, protocol: str) -> list[MetricName]:
    """The metric that the protocol is read by first, at all its K; none for a metric without a K."""
    first = run.read_by(protocol)[0]
    return sorted(name for name in run.metrics(protocol) if name.metric == first.metric and name.k)


def _line(axes: Any, x: Sequence[float], points: Sequence[Summary | None], **style: Any) -> None:
    measured = [(at, point) for at, point in zip(x, points, strict=True) if point is not None]
    positions = [at for at, _ in measured]
    (line,) = axes.plot(positions, [point.mean for _, point in measured], **style)
    low = [point.mean if point.low is None else point.low for _, point in measured]
    high = [point.mean if point.high is None else point.high for _, point in measured]
    axes.fill_between(positions, low, high, color=line.get_color(), alpha=0.18, linewidth=0)
