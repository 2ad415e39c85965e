"""What a person sees: progress with the time left, a table, and where to look next."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Task as Bar
from rich.table import Table
from rich.text import Text

from recsys.evaluation.intervals import Summary
from recsys.evaluation.metric_name import MetricName
from recsys.evaluation.references import NAMES
from recsys.output import split_facts
from recsys.progress import watched
from recsys.results import Description, Finished, ProtocolDescription, Results
from recsys.task import Data

SHOWN = (1, 5, 10, 20, 50)
SAID = 10  # the K of the headline metric that each repeat says as it finishes
WIDTH = 120  # where the output goes to a file or a pipe


class Left(ProgressColumn):
    """The time left if the rest goes like what is done: from the first step on, where rich's own waits for two."""

    def render(self, task: Bar) -> Text:
        if not task.completed or task.total is None or task.elapsed is None:
            return Text("left: ?")
        seconds = round(task.elapsed / task.completed * (task.total - task.completed))
        return Text(f"left: {timedelta(seconds=seconds)}")


class Once(logging.Filter):
    """Lets a message through the first time: what a model says of its data, it says again in every repeat."""

    def __init__(self) -> None:
        super().__init__()
        self.said: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        new = message not in self.said
        self.said.add(message)
        return new


def screen() -> Console:
    """Standard output: colours and bars on a terminal, plain lines elsewhere."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDTH, color_system=None)


def introduce(console: Console, data: Data) -> None:
    """Names the data, their size and origin."""
    size = ", ".join(f"{count:,} {what}" for what, count in data.sizes.items())
    console.print(Text(f"{data.name}: {size}; {data.origin}"), soft_wrap=True)


@contextmanager
def progress(console: Console, name: str, repeats: int) -> Generator[Callable[[str], None]]:
    """Gives what to call with a line for each finished repeat; inside, a terminal shows how far repeats and epochs are.

    repeats   to run
    """
    # A narrow bar: the time left has to stay in sight in 80 columns.
    columns = (TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn(), TimeElapsedColumn(), Left())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        outer = bars.add_task(f"{name}: repeat", total=repeats)
        inner = bars.add_task("", total=None, visible=False)
        current = ""

        def advance(what: str, done: int, total: int) -> None:
            nonlocal current
            if what != current or done == 0:
                bars.reset(inner, total=total, description=what, visible=True)
            bars.update(inner, completed=done, total=total, refresh=what != current)
            current = what

        def tell(line: str) -> None:
            nonlocal current
            current = ""
            bars.update(inner, visible=False)
            bars.advance(outer)
            console.print(Text(line), soft_wrap=True)

        with watched(advance):
            yield tell


def line(finished: Finished, headline: str, repeats: int) -> str:
    """What a finished repeat says; repeats: of how many it is."""
    spent = finished.timings
    seconds = f"fit {spent['fit_s']:.1f} s, ranked in {spent['score_s'] + spent['rank_s']:.1f} s"
    said = (MetricName("", headline, SAID).short, headline)
    parts = [f"{name} {value:.3f}" for name, value in finished.values.items() if MetricName.parse(name).short in said]
    return f"repeat {finished.number}{f' of {repeats}' if repeats > 1 else ''}: {', '.join([seconds, *parts])}"


def tables(console: Console, run: Description, results: Results) -> None:
    """The headline metric by K with its interval, one table a protocol; without a K, all metrics."""
    for protocol in run.protocols:
        metric = f"{run.headline}@K, " if protocol.cutoffs else ""
        console.print(Text(f"\n{metric}{protocol.name} ({protocol.words})", style="bold"), soft_wrap=True)
        console.print(_table(protocol, run, results))
    repeats = len(results.timings["fit_s"])
    caption = (
        f"\nMean of {repeats} repeats ± its 95% interval, corrected for shared training data."
        if repeats > 1
        else "\nOne repeat, so no interval: two or more (split.repeats=2) give one."
    )
    console.print(Text(caption, style="dim"), soft_wrap=True)
    facts = split_facts.line(results.stamp)
    if facts is not None:
        console.print(Text(facts, style="dim"), soft_wrap=True)


def _table(protocol: ProtocolDescription, run: Description, results: Results) -> Table:
    if protocol.cutoffs:
        cutoffs = [k for k in SHOWN if k in protocol.cutoffs] or list(protocol.cutoffs[:5])
        columns = {str(k): MetricName(protocol.name, run.headline, k) for k in cutoffs}
    else:
        names = [name for name in map(MetricName.parse, results.metrics) if name.protocol == protocol.name]
        columns = {name.metric: name for name in names}
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("K" if protocol.cutoffs else "")
    for heading in columns:
        table.add_column(heading, justify="right")
    references = [name for name in (*NAMES, *results.references) if name in results.references and name != run.model]
    rows = [(run.model, results.metrics), *((name, results.references[name]) for name in dict.fromkeys(references))]
    for label, metrics in rows:
        cells = [_cell(metrics[str(name)]) for name in columns.values()]
        table.add_row(label, *cells, style="bold" if label == run.model else None)
    return table


def _cell(value: Summary) -> str:
    if value.low is None or value.high is None:
        return f"{value.mean:.3f}"
    half = f"{(value.high - value.low) / 2:.3f}".removeprefix("0")  # five cells have to fit into 80 columns
    return f"{value.mean:.3f} ±{half}"


def point(console: Console, folder: Path, files: Sequence[Path], look: str | None) -> None:
    """Says where the files are and how to see the runs side by side."""
    names = dict.fromkeys(file.name if len(file.parts) == 1 else f"{file.parts[0]}/" for file in files)
    console.print(Text(f"\nFiles: {shown(folder)}/ ({', '.join(names)})"), soft_wrap=True)
    if look is not None:
        action = "Open" if look.startswith("http") else "To see all runs, type"
        console.print(Text(f"{action}: {look}"), soft_wrap=True)


def shown(path: Path) -> Path:
    """As a person would type it here."""
    path, here = path.absolute(), Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
