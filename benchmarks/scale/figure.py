"""results/scale.png: costs by size on logarithmic axes, a line a model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.scale.growth import COSTS, growth, points
from benchmarks.scale.plan import MODELS
from benchmarks.scale.results import Result
from recsys import atomic

MARKERS = "os^vDP*"
"""Seven, which has no divisor in common with the 20 colours: no two models look alike."""
SHOWN = 0.01
"""CPU seconds or GB: smaller costs would stretch the axes to no purpose."""


def draw(results: Sequence[Result], file: Path) -> None:
    """A panel a cost; the legend has the fitted exponents."""
    from matplotlib import colormaps
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.6 * len(COSTS), 6.2), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    colours = colormaps["tab20"]
    for axes, (name, cost) in zip(figure.subplots(1, len(COSTS)), COSTS.items(), strict=True):
        for place, model in enumerate(MODELS):
            drawn = [(n, value) for n, value in points(results, model, cost) if value >= SHOWN]
            if not drawn:
                continue
            power = growth(results, model, cost)
            label = model if power is None else f"{model}, {power.exponent:.2f}"
            style = {"color": colours(place % 20), "marker": MARKERS[place % len(MARKERS)], "markersize": 5}
            axes.plot(*zip(*drawn, strict=True), label=label, linewidth=1.2, **style)
        axes.set(xscale="log", yscale="log", xlabel="ratings", ylabel=name, title=f"{name} (exponents in the legend)")
        axes.grid(which="both", alpha=0.2)
        if axes.get_lines():
            axes.legend(fontsize=7, frameon=False, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.12))
    with atomic.replacing(file) as unfinished:
        figure.savefig(unfinished, format="png", metadata={"Software": None})
