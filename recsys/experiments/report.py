"""What an experiment leaves in results/: NAME.md, NAME.png, NAME.svg and NAME.json, all from the runs' own files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from matplotlib.figure import Figure

from recsys import atomic
from recsys.comparison import figures, tables, unpaired
from recsys.comparison.differences import Comparison
from recsys.comparison.formats import Table
from recsys.comparison.runs import Refused, Run, check
from recsys.experiments import readme, stored
from recsys.experiments.definition import Experiment


@dataclass(frozen=True, slots=True)
class Report:
    """notes: paragraphs below the tables."""

    figure: Figure
    tables: Sequence[Table]
    notes: Sequence[str]

    def lines(self) -> list[str]:
        """Tables and notes as Markdown."""
        sections = [(f"**{table.title}**", "", *table.markdown(), "") for table in self.tables]
        return [line for section in sections for line in section] + ["\n\n".join(self.notes)]


def write(experiment: Experiment, runs: Sequence[Run], more: Sequence[str] = ()) -> None:
    """All files, with more notes; raises `Refused` where rows do not belong together.

    All contents are made before the first is written: what fails on the way leaves the files of before.
    """
    report = of(experiment, runs)
    report = replace(report, notes=[*more, *report.notes])
    out, name = experiment.results, experiment.name
    head = [f"# {experiment.title}", "", f"![{experiment.title}]({name}.png)", "", experiment.caption.strip(), ""]
    contents = {out / f"{name}.{kind}": figures.image(report.figure, kind) for kind in ("png", "svg")}
    contents[out / f"{name}.md"] = "\n".join([*head, *report.lines(), ""]).encode()
    contents[out / f"{name}.json"] = (json.dumps(stored.numbers(runs), indent=1) + "\n").encode()
    if experiment.readme is not None:
        text = readme.text(experiment.readme, runs, experiment.reference, full=out / f"{name}.md")
        contents[experiment.readme] = text.encode()
    out.mkdir(parents=True, exist_ok=True)
    for file, content in contents.items():
        atomic.write_bytes(file, content)


def of(experiment: Experiment, runs: Sequence[Run]) -> Report:
    if experiment.shows in ("curves", "levels", "differences"):
        return _compared(experiment, runs)
    check(runs, but=experiment.differ)
    first, tested = runs[0], experiment.metric
    notes = [*(tables.terms(protocol, first) for protocol in first.protocols), tables.source(runs)]
    if experiment.shows == "sizes":
        by_share = _by_share(runs)
        shown = [unpaired.sizes(by_share, protocol) for protocol in first.protocols]
        return Report(figures.sizes(by_share), shown, [unpaired.LEVELS.format(repeats=first.repeats), *notes])
    if experiment.shows == "seeds":
        shown = [unpaired.seeds(runs, protocol, tested) for protocol in first.protocols]
        figure = figures.repeats(runs, tested, centred=False)
        return Report(figure, shown, [unpaired.SEEDS.format(repeats=first.repeats), *notes])
    shown = [unpaired.spreads(runs, protocol, tested) for protocol in first.protocols]
    return Report(figures.repeats(runs, tested, centred=True), shown, [unpaired.SPREADS, *notes])


def _compared(experiment: Experiment, runs: Sequence[Run]) -> Report:
    comparison = Comparison.of(runs, experiment.reference, experiment.metric, experiment.differ)
    shown = [table for protocol in runs[0].protocols for table in tables.tables(comparison, protocol, None)]
    if experiment.shows == "curves":
        figure = figures.curves(runs)
    elif experiment.shows == "levels":
        figure = figures.levels(runs, experiment.metric)
    else:
        figure = figures.forest(comparison.versus, tables.difference(comparison))
    return Report(figure, shown, tables.notes(comparison))


def _by_share(runs: Sequence[Run]) -> Mapping[float, Run]:
    try:
        return {float(run.label.removesuffix("%")): run for run in runs}
    except ValueError as error:
        raise Refused(f"expected rows named by their share of the ratings, such as 10%; {error}") from error
