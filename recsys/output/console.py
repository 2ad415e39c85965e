"""What a person sees: progress with the time left, a table, and where to look next."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Task as Bar
from rich.table import Table
from rich.text import Text

from recsys.evaluation import all_candidates_listed
from recsys.evaluation.intervals import Summary
from recsys.evaluation.metric_name import MetricName
from recsys.evaluation.references import NAMES
from recsys.output import split_facts
from recsys.progress import watched
from recsys.results import Description, Finished, ProtocolDescription, Results
from recsys.task import Data, MeasurementProtocol, plural

SAID = 10  # the K of the metrics that each repeat says as it finishes
WIDTH = 120  # where the output goes to a file or a pipe
SILENCE = 60.0  # seconds after which a line says there how far a long fit is


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
    """Names the data, their size and origin, and what was done to them."""
    size = ", ".join(f"{count:,} {what}" for what, count in data.sizes.items())
    console.print(Text(f"{data.name}: {size}; {data.origin}"), soft_wrap=True)
    if data.facts:
        said = ", ".join(f"{name.replace('_', ' ')} {split_facts.shown(value)}" for name, value in data.facts.items())
        console.print(Text(f"Data: {said}."), soft_wrap=True)


@contextmanager
def progress(console: Console, name: str, repeats: int) -> Generator[Callable[[str], None]]:
    """Gives what to call with a line for each finished repeat; inside, a terminal shows how far repeats and epochs are.

    Elsewhere a line says it once a minute at most.

    repeats   to run
    """
    # A narrow bar: the time left has to stay in sight in 80 columns.
    columns = (TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn(), TimeElapsedColumn(), Left())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        outer = bars.add_task(f"{name}: repeat", total=repeats)
        inner = bars.add_task("", total=None, visible=False)
        current, said = "", monotonic()

        def advance(what: str, done: int, total: int) -> None:
            nonlocal current, said
            if not console.is_terminal and monotonic() - said >= SILENCE:
                said = monotonic()
                console.print(Text(f"{what} {done} of {total}"), soft_wrap=True)
            if what != current or done == 0:
                bars.reset(inner, total=total, description=what, visible=True)
            bars.update(inner, completed=done, total=total, refresh=what != current)
            current = what

        def tell(line: str) -> None:
            nonlocal current, said
            current, said = "", monotonic()
            bars.update(inner, visible=False)
            bars.advance(outer)
            console.print(Text(line), soft_wrap=True)

        with watched(advance):
            yield tell


def line(finished: Finished, protocols: Iterable[MeasurementProtocol], repeats: int) -> str:
    """What a finished repeat says: of each protocol the first metric that it is read by; repeats: of how many it is."""
    spent = finished.timings
    seconds = f"fit {spent['fit_s']:.1f} s, ranked in {spent['score_s'] + spent['rank_s']:.1f} s"
    firsts = [(protocol.name, MetricName.parse(protocol.read_by[0])) for protocol in protocols]
    said = [str(MetricName(protocol, first.metric, SAID if first.k else 0)) for protocol, first in firsts]
    parts = [f"{name} {finished.values[name]:.3f}" for name in said if name in finished.values]
    return f"repeat {finished.number}{f' of {repeats}' if repeats > 1 else ''}: {', '.join([seconds, *parts])}"


def tables(console: Console, run: Description, results: Results) -> None:
    """What each protocol is read by, with intervals, one table a protocol."""
    for protocol in run.protocols:
        console.print(Text(f"\n{protocol.name} ({protocol.words})", style="bold"), soft_wrap=True)
        console.print(_table(protocol, run, results))
        note = all_candidates_listed.words(protocol.name, _all_candidates_listed(protocol, results))
        if note is not None:
            console.print(Text(note.replace("`", ""), style="dim"), soft_wrap=True)
    console.print(Text(f"\n{_caption(run, results)}", style="dim"), soft_wrap=True)
    facts = split_facts.line(results.stamp)
    if facts is not None:
        console.print(Text(facts, style="dim"), soft_wrap=True)


def _caption(run: Description, results: Results) -> str:
    """What ± is, and what it is not."""
    repeats = len(results.numbers)
    if results.over == "none":
        return "One repeat, so no interval: two or more (split.repeats=2) give one."
    if results.over == "repeats":
        return f"Mean of {repeats} repeats ± half of its 95% interval, corrected for shared training data."
    over = f"± half of its 95% interval over {plural(run.unit)} (bootstrap); references have none."
    if repeats == 1:
        return f"One repeat {over}"
    differ = results.repeats_differ_in
    spreads = [metric.sd for name, metric in results.metrics.items() if MetricName.parse(name).metric == run.headline]
    widest = max((sd for sd in spreads if sd is not None and sd == sd), default=0.0)
    of = "repeats" if differ == "repeats" else f"repeats on one test set, which differ in {differ}"
    return f"Mean of {repeats} {of}, {over} Over {differ}, sd is at most {widest:.4f}."


def _table(protocol: ProtocolDescription, run: Description, results: Results) -> Table:
    names = [MetricName.parse(name).under(protocol.name) for name in protocol.read_by]
    columns = [name for name in names if str(name) in results.metrics]
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("")
    for name in columns:
        table.add_column(name.heading, justify="right")
    references = [name for name in (*NAMES, *results.references) if name in results.references and name != run.model]
    rows = [(run.model, results.metrics), *((name, results.references[name]) for name in dict.fromkeys(references))]
    for label, metrics in rows:
        if columns and str(columns[0]) not in metrics:
            continue  # a reference that this protocol does not have
        cells = [_cell(metrics[str(name)]) for name in columns]
        table.add_row(Text(label), *cells, style="bold" if label == run.model else None)
    return table


def _all_candidates_listed(protocol: ProtocolDescription, results: Results) -> dict[int, float]:
    """K -> share of users, see there; empty where it is not measured."""
    names = [MetricName(protocol.name, all_candidates_listed.NAME, k) for k in all_candidates_listed.CUTOFFS]
    return {name.k: results.metrics[str(name)].mean for name in names if str(name) in results.metrics}


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
