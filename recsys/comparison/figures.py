"""Pictures of runs: precision by K, differences from a reference, precision by the size of the data set."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib import colormaps, rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from recsys.comparison.differences import Versus
from recsys.comparison.runs import REFERENCES, Run, key
from recsys.evaluation.intervals import Summary
from recsys.evaluation.protocols import CANDIDATES
from recsys.output.precision_curve import TICKS

SIZES_AT = (1, 5, 10)
GREYS = {"popularity": "-", "random": ":", "oracle": "--"}


def curves(runs: Sequence[Run]) -> Figure:
    """Precision by K with 95% intervals, a panel a protocol; in grey what every run stands beside."""
    references = [name for name in REFERENCES if all(run.label != name for run in runs)]
    figure, panels = _panels(list(runs[0].protocols), (5.0, 4.4))
    for protocol, axes in panels:
        cutoffs = _cutoffs(runs[0], protocol)
        for place, run in enumerate(runs):
            found = _points(run, protocol, cutoffs, None)
            _line(axes, cutoffs, found, label=run.label, color=_colour(place, len(runs)), linewidth=1.8)
        for name in references:
            found = _points(runs[0], protocol, cutoffs, name)
            _line(axes, cutoffs, found, label=name, color="#999999", linestyle=GREYS[name], linewidth=1.2)
        ticks = [k for k in TICKS if k <= cutoffs[-1]]
        axes.set(xlabel="K, length of the list", ylabel="precision@K", xscale="log", ylim=(0, None))
        axes.set_title(f"{protocol}: {CANDIDATES[runs[0].protocols[protocol]['candidates']]}", fontsize=10)
        axes.set_xticks(ticks, [str(k) for k in ticks])
        axes.minorticks_off()
    _legend(panels[-1][1])
    return figure


def forest(versus: Mapping[str, Mapping[str, Versus]], what: str) -> Figure:
    """Differences from the reference with their intervals, a panel a protocol; hollow: not distinguishable.

    versus   protocol -> label -> difference
    what     the metric and the reference, in words
    """
    rows = max(len(found) for found in versus.values())
    figure, panels = _panels(list(versus), (4.4, 1.2 + 0.27 * rows))
    for number, (protocol, axes) in enumerate(panels):
        found = list(versus[protocol].values())
        axes.axvline(0, color="#999999", linewidth=1)
        for place, one in enumerate(found):
            test = one.over_repeats
            ends = (test.mean if test.low is None else test.low, test.mean if test.high is None else test.high)
            axes.plot(ends, (place, place), color="#1f5fa8", linewidth=1.4)
            inside = "#1f5fa8" if one.significant else "white"
            axes.plot([test.mean], [place], "o", color="#1f5fa8", markerfacecolor=inside, markersize=5)
        _rows(axes, [one.label for one in found], named=number == 0)
        axes.set_title(protocol, fontsize=10)
        axes.set_xlabel(what)
    return figure


def sizes(runs: Mapping[float, Run]) -> Figure:
    """Precision against the share of the data set's ratings, in %, a panel a protocol; what could be had in grey."""
    shares, first = list(runs), next(iter(runs.values()))
    figure, panels = _panels(list(first.protocols), (4.6, 4.2))
    for protocol, axes in panels:
        for place, k in enumerate(SIZES_AT):
            name = f"{protocol}/precision_at_{k}"
            colour = _colour(place, len(SIZES_AT))
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
        axes.set_title(f"{protocol}: {CANDIDATES[first.protocols[protocol]['candidates']]}", fontsize=10)
    _legend(panels[-1][1])
    return figure


def dots(runs: Sequence[Run], metric: str, centred: bool) -> Figure:
    """Every repeat's value, less its row's mean if centred; a panel a protocol."""
    figure, panels = _panels(list(runs[0].protocols), (4.4, 1.2 + 0.27 * len(runs)))
    for number, (protocol, axes) in enumerate(panels):
        for place, run in enumerate(runs):
            found = run.metric(key(protocol, metric))
            if found is not None:
                values = [value - found.mean * centred for value in found.repeats]
                axes.plot(values, [place] * len(values), "o", color="#1f5fa8", alpha=0.5, markersize=5)
        _rows(axes, [run.label for run in runs], named=number == 0)
        axes.set_title(protocol, fontsize=10)
        axes.set_xlabel(f"{metric} of a repeat{' less the mean' * centred}")
        axes.locator_params(axis="x", nbins=6)  # the words of more would touch
    return figure


def save(figure: Figure, file: Path) -> None:
    """As .png or .svg; no date goes in."""
    file.write_bytes(_bytes(figure, file.suffix.removeprefix(".")))


def svg(figure: Figure) -> str:
    """For a page to hold."""
    text = _bytes(figure, "svg").decode()
    return text[text.index("<svg") :]


def _bytes(figure: Figure, kind: str) -> bytes:
    held = io.BytesIO()
    # Equal numbers give equal bytes, and text stays text.
    with rc_context({"svg.hashsalt": "recsys", "svg.fonttype": "none"}):
        unnamed = ("Date", "Creator") if kind == "svg" else ("Software",)
        figure.savefig(held, format=kind, metadata=dict.fromkeys(unnamed))
    return held.getvalue()


def _panels(protocols: Sequence[str], size: tuple[float, float]) -> tuple[Figure, list[tuple[str, Any]]]:
    figure = Figure(figsize=(size[0] * len(protocols) + 2, size[1]), dpi=130, layout="constrained")
    FigureCanvasAgg(figure)
    panels = list(zip(protocols, figure.subplots(1, len(protocols), squeeze=False)[0], strict=True))
    for _, axes in panels:
        axes.grid(alpha=0.25)
    return figure, panels


def _rows(axes: Any, labels: Sequence[str], *, named: bool) -> None:
    """One horizontal line a label, the first on top."""
    axes.set_yticks(range(len(labels)), labels if named else [""] * len(labels))
    axes.set_ylim(len(labels) - 0.5, -0.5)


def _legend(axes: Any) -> None:
    axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))


def _colour(place: int, count: int) -> Any:
    return colormaps["tab10" if count <= 10 else "tab20"](place % 20)


def _cutoffs(run: Run, protocol: str) -> list[int]:
    prefix = f"{protocol}/precision_at_"
    return sorted(int(name.removeprefix(prefix)) for name in run.summary["metrics"] if name.startswith(prefix))


def _points(run: Run, protocol: str, cutoffs: Sequence[int], reference: str | None) -> list[Summary | None]:
    return [run.metric(f"{protocol}/precision_at_{k}", reference) for k in cutoffs]


def _line(axes: Any, places: Sequence[float], points: Sequence[Summary | None], **style: Any) -> None:
    known = [(place, point) for place, point in zip(places, points, strict=True) if point is not None]
    where = [place for place, _ in known]
    (line,) = axes.plot(where, [point.mean for _, point in known], **style)
    low = [point.mean if point.low is None else point.low for _, point in known]
    high = [point.mean if point.high is None else point.high for _, point in known]
    axes.fill_between(where, low, high, color=line.get_color(), alpha=0.18, linewidth=0)
