"""Draws daily ratings by category, what Holt-Winters fitted to them, and its forecast beside what came.

    python -m recsys demand --out demand.png dataset=ml-100k split=global_time
    python -m recsys demand --out demand.png --repeat 4 model.seasonal=additive

The fit is that of model=seasonal_popularity to the train set of one of the split's repeats. Takes the options of
run.py.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.text import Text

from recsys import atomic
from recsys.cli import within_run
from recsys.dataset import DataError, Dataset
from recsys.features.demand import DAY, Demand, least_days
from recsys.models.seasonal_popularity import SeasonalPopularity
from recsys.output import console
from recsys.request import Request

PANELS = 6
"""Categories that are drawn: those with the most ratings."""
DEFAULTS = {"model": "seasonal_popularity", "split": "global_time"}


def main(arguments: Sequence[str] | None = None) -> int:
    options, words = _parser().parse_known_args(arguments)
    named = {word.partition("=")[0] for word in words}
    chosen = [f"{group}={name}" for group, name in DEFAULTS.items() if group not in named]
    given: dict[str, str | int] = {"out": str(Path(options.out).absolute()), "repeat": options.repeat}
    return within_run.call("demand", [*chosen, *words], given)


def show(request: Request, out: str, repeat: int) -> None:
    """Writes the picture; raises `DataError` where there are too few days to fit anything."""
    if not isinstance(request.model, SeasonalPopularity):
        raise DataError(
            f"demand draws what seasonal_popularity fits, and the model is {request.name}; leave out model="
        )
    screen, data = console.screen(), request.load()
    assert isinstance(data, Dataset)
    console.introduce(screen, data)
    splitter = request.job(data).splitter
    if repeat not in splitter.numbers:
        raise DataError(f"--repeat: expected one of {', '.join(map(str, splitter.numbers))}, got {repeat}")
    split = splitter.split(data, repeat)
    atomic.write_bytes(Path(out), drawing(request.model, split.train, split.test))
    screen.print(Text(f"Drawn: {console.shown(Path(out))}"), soft_wrap=True)


def drawing(model: SeasonalPopularity, train: Dataset, test: Dataset) -> bytes:
    """A PNG: a panel for each of the largest categories."""
    demand = Demand.of(train, model.categories)
    if len(demand.days) - 1 < least_days(model.period):
        raise DataError(
            f"{train.name}: expected ratings of at least {least_days(model.period)} full days, to fit a period of "
            f"{model.period} days to, got {len(demand.days) - 1}; use data of more days, or a later repeat"
        )
    largest = np.argsort(-demand.counts.sum(axis=0), kind="stable")[:PANELS]
    fits, came = model.series(demand), Demand.of(test, model.categories)
    figure, panels = _panels(len(largest))
    for axes, place in zip(panels, largest, strict=True):
        after = demand.days[-2] + 1 + np.arange(model.horizon)
        axes.plot(_dates(demand.days), demand.counts[:, place], color="0.75", label="train")
        seen = came.days <= after[-1]
        axes.plot(_dates(came.days[seen]), came.counts[seen, place], ".", color="0.3", label="test")
        axes.plot(_dates(demand.days[:-1]), fits[place].fitted, color="C0", linewidth=1, label="fitted, a day ahead")
        axes.plot(_dates(after), fits[place].forecast, color="C1", label="forecast")
        axes.set_title(demand.categories[place], fontsize=9)
        axes.set_ylim(0, 1.3 * max(1, demand.counts[:, place].max()))
        axes.tick_params(labelsize=7)
    panels[0].legend(fontsize=7, loc="upper right")
    figure.suptitle(
        f"{train.name}: ratings a day, {model.seasonal} Holt-Winters, period {model.period} days", fontsize=10
    )
    figure.autofmt_xdate()
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=150)
    return picture.getvalue()


def _dates(days: Any) -> Any:
    return (days * DAY).astype("datetime64[s]")


def _panels(count: int) -> tuple[Any, list[Any]]:
    from matplotlib.figure import Figure

    figure = Figure((9, 1.9 * -(-count // 2) + 0.8), layout="constrained")
    return figure, list(figure.subplots(-(-count // 2), 2, sharex=True, squeeze=False).ravel())[:count]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        allow_abbrev=False,  # what it does not know are options of run.py
        prog="python -m recsys demand",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", required=True, help="the PNG file that is written")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="of the split (default: 1)")
    return parser
