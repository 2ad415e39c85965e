"""The headline metric by K, drawn: for `rank`, precision beside that of random, popularity and the best possible."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from recsys import atomic
from recsys.evaluation.intervals import Summary
from recsys.evaluation.metric_name import MetricName
from recsys.results import Description, ProtocolDescription, Results
from recsys.task import plural

STYLES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "oracle": {"color": "#444444", "linestyle": "--"},
        "popularity": {"color": "#c8611a", "linestyle": "-"},
        "random": {"color": "#888888", "linestyle": ":"},
    }
)
OTHER: Mapping[str, str] = MappingProxyType({"color": "#888888", "linestyle": "-."})
TICKS = (1, 2, 3, 5, 10, 20, 30, 50)


def draw(run: Description, results: Results, file: Path) -> None:
    """A PNG with one panel a protocol that has cutoffs; none, no file. No date or version goes in: equal results give
    equal bytes."""
    protocols = [protocol for protocol in run.protocols if protocol.cutoffs]
    if not protocols:
        return
    # Matplotlib takes half a second to load, and without pyplot it needs no display and keeps no state.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2 * len(protocols) + 0.6, 4.4), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    for axes, protocol in zip(figure.subplots(1, len(protocols), squeeze=False)[0], protocols, strict=True):
        _panel(axes, protocol, run, results)
    over = {"repeats": f"{len(results.numbers)} repeats", "units": plural(run.unit)}.get(results.over)
    spread = f"band: 95% interval over {over}" if over else "one repeat, no interval"
    figure.suptitle(literal(f"{run.model} on {run.dataset}   ({spread})"), fontsize=11)
    with atomic.replacing(file) as unfinished:
        figure.savefig(unfinished, format="png", metadata={"Software": None})


def _panel(axes: Any, protocol: ProtocolDescription, run: Description, results: Results) -> None:
    metric = run.headline
    for name in dict.fromkeys((*STYLES, *results.references)):
        if name in results.references and name != run.model:
            style = STYLES.get(name, OTHER)
            _line(axes, protocol, metric, results.references[name], name, linewidth=1.3, **style)
    _line(axes, protocol, metric, results.metrics, run.model, linewidth=2.2, color="#1f5fa8", linestyle="-")
    last = protocol.cutoffs[-1]
    ticks = [k for k in TICKS if k <= last]
    axes.set_xscale("log")
    axes.set_xticks(ticks, [str(k) for k in ticks])
    axes.minorticks_off()
    axes.set_ylim(bottom=0)
    axes.set_title(f"{protocol.name}\n{protocol.words}", fontsize=10)
    axes.set_xlabel("K, length of the list")
    axes.set_ylabel(f"{metric}@K")
    axes.grid(alpha=0.25)
    legend(axes, fontsize=9)


def literal(text: str) -> str:
    """As it is written: Matplotlib reads what stands between two dollar signs as a formula."""
    return text.replace("$", r"\$")


def legend(axes: Any, **style: Any) -> None:
    """Of all lines, also of those whose label begins with an underscore, which Matplotlib passes over by itself."""
    lines = axes.get_lines()
    axes.legend(lines, [literal(line.get_label()) for line in lines], frameon=False, **style)


def _line(
    axes: Any,
    protocol: ProtocolDescription,
    metric: str,
    metrics: Mapping[str, Summary],
    label: str,
    **style: Any,
) -> None:
    points = [metrics[str(MetricName(protocol.name, metric, k))] for k in protocol.cutoffs]
    axes.plot(protocol.cutoffs, [point.mean for point in points], label=label, **style)
    low = [point.mean if point.low is None else point.low for point in points]
    high = [point.mean if point.high is None else point.high for point in points]
    axes.fill_between(protocol.cutoffs, low, high, color=style["color"], alpha=0.18, linewidth=0)
