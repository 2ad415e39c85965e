"""Precision by K, drawn: the model beside random, popularity and the best possible."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from recsys.evaluation.intervals import Summary
from recsys.evaluation.protocols import Protocol
from recsys.results import Job, Results

REFERENCES = MappingProxyType(
    {
        "oracle": {"color": "#444444", "linestyle": "--"},
        "popularity": {"color": "#c8611a", "linestyle": "-"},
        "random": {"color": "#888888", "linestyle": ":"},
    }
)
CANDIDATES = MappingProxyType(
    {"held_out": "each user's held-out items compete", "unseen": "all items not rated in train compete"}
)
TICKS = (1, 2, 3, 5, 10, 20, 30, 50)


def draw(job: Job, results: Results, file: Path) -> None:
    """A PNG with one panel a protocol. No date or version goes in: equal results give equal bytes."""
    # Matplotlib takes half a second to load, and without pyplot it needs no display and keeps no state.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2 * len(job.protocols) + 0.6, 4.4), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    for axes, protocol in zip(figure.subplots(1, len(job.protocols), squeeze=False)[0], job.protocols, strict=True):
        _panel(axes, protocol, job.name, results)
    repeats = len(results.timings["fit_s"])
    spread = f"band: 95% interval over {repeats} repeats" if repeats > 1 else "one repeat, no interval"
    figure.suptitle(f"{job.name} on {job.dataset.name}   ({spread})", fontsize=11)
    figure.savefig(file, metadata={"Software": None})


def _panel(axes: Any, protocol: Protocol, model: str, results: Results) -> None:
    for name, style in REFERENCES.items():
        if name != model:
            _line(axes, protocol, results.references[name], name, linewidth=1.3, **style)
    _line(axes, protocol, results.metrics, model, linewidth=2.2, color="#1f5fa8", linestyle="-")
    last = protocol.cutoffs[-1]
    ticks = [k for k in TICKS if k <= last]
    axes.set_xscale("log")
    axes.set_xticks(ticks, [str(k) for k in ticks])
    axes.minorticks_off()
    axes.set_ylim(bottom=0)
    axes.set_title(f"{protocol.name}: {CANDIDATES[protocol.candidates]}", fontsize=10)
    axes.set_xlabel("K, length of the list")
    axes.set_ylabel("precision@K")
    axes.grid(alpha=0.25)
    axes.legend(frameon=False, fontsize=9)


def _line(axes: Any, protocol: Protocol, metrics: Mapping[str, Summary], label: str, **style: Any) -> None:
    points = [metrics[f"{protocol.name}/precision_at_{k}"] for k in protocol.cutoffs]
    axes.plot(protocol.cutoffs, [point.mean for point in points], label=label, **style)
    low = [point.mean if point.low is None else point.low for point in points]
    high = [point.mean if point.high is None else point.high for point in points]
    axes.fill_between(protocol.cutoffs, low, high, color=style["color"], alpha=0.18, linewidth=0)
