"""What an experiment leaves in results/: NAME.md, .html, .png, .svg and .json, all from the runs' own files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from matplotlib.figure import Figure

from recsys import atomic
from recsys.comparison import category_confusion, confusion, figures, notes, published, samples, tables, unpaired
from recsys.comparison.differences import Comparison
from recsys.comparison.formats import Table, markdown
from recsys.comparison.runs import Refused, Run, check, same_for_all
from recsys.experiments import page, readme, stored
from recsys.experiments.definition import Experiment


@dataclass(frozen=True, slots=True)
class Report:
    """notes: paragraphs below the tables; comparison: what they were made of, where rows are compared."""

    figure: Figure
    tables: Sequence[Table]
    notes: Sequence[str]
    comparison: Comparison | None = None

    def lines(self) -> list[str]:
        """Tables and notes as Markdown."""
        sections = [(f"**{markdown(table.title)}**", "", *table.markdown(), "") for table in self.tables]
        return [line for section in sections for line in section] + ["\n\n".join(map(markdown, self.notes))]


def write(experiment: Experiment, runs: Sequence[Run], more: Sequence[str] = ()) -> None:
    """All files, with more notes; raises `Refused` where rows do not belong together.

    All contents are made before the first is written: what fails on the way leaves the files of before.
    """
    report = of(experiment, runs)
    report = replace(report, notes=[*more, *report.notes])
    tests = stored.tests_over_units(report.comparison) if report.comparison is not None else {}
    out, name = experiment.results, experiment.name
    head = [f"# {experiment.title}", "", f"![{experiment.title}]({name}.png)", "", experiment.caption.strip(), ""]
    contents = {out / f"{name}.{kind}": figures.image(report.figure, kind) for kind in ("png", "svg")}
    contents[out / f"{name}.md"] = "\n".join([*head, *report.lines(), ""]).encode()
    rows = {run.label: page.settings_of(run) for run in runs}
    shown = (figures.inline(contents[out / f"{name}.svg"]), report.tables, report.notes, page.settings(rows))
    contents[out / f"{name}.html"] = page.page(
        out / name, experiment.title, experiment.caption.strip(), *shown
    ).encode()
    values = stored.numbers(runs, tests, experiment.metrics)
    if experiment.shows == "published":  # of several data sets, where each row has a stamp of its own
        values = published.stored(_beside(experiment, runs))
    contents[out / f"{name}.json"] = (json.dumps(values, indent=1) + "\n").encode()
    if experiment.readme is not None:
        compared = report.comparison or _comparison(experiment, runs)
        text = readme.text(experiment.readme, compared, full=out / f"{name}.md")
        contents[experiment.readme] = text.encode()
    out.mkdir(parents=True, exist_ok=True)
    for file, content in contents.items():
        atomic.write_bytes(file, content)


def of(experiment: Experiment, runs: Sequence[Run]) -> Report:
    if experiment.shows in ("curves", "levels", "differences", "seeds"):
        return _compared(experiment, runs)
    if experiment.shows == "published":
        beside = _beside(experiment, runs)
        return Report(figures.beside(beside), published.tables(beside), published.paragraphs(beside))
    check(runs, but=experiment.differ)
    first, tested = runs[0], experiment.metric
    meanings = [words for of in first.protocols for words in (notes.terms(of, first), *same_for_all(runs, of))]
    paragraphs = [*meanings, notes.source(runs)]
    if experiment.shows == "samples":
        return _sampled(experiment, runs, paragraphs)
    if experiment.shows == "sizes":
        by_share = _by_share(runs)
        shown = [unpaired.sizes(by_share, protocol) for protocol in first.protocols]
        return Report(figures.sizes(by_share), shown, [unpaired.LEVELS.format(repeats=first.repeats), *paragraphs])
    shown = [unpaired.spreads(runs, protocol, tested) for protocol in first.protocols]
    return Report(figures.repeats(runs, tested, centred=True), shown, [unpaired.SPREADS, *paragraphs])


def _compared(experiment: Experiment, runs: Sequence[Run]) -> Report:
    comparison = _comparison(experiment, runs)
    shown = [table for protocol in runs[0].protocols for table in tables.tables(comparison, protocol, None)]
    shown += tables.learned(runs, experiment.learned)
    if experiment.shows == "curves":
        figure = figures.curves(runs)
    elif experiment.shows == "levels":
        figure = figures.levels(runs, experiment.metric)
    elif experiment.shows == "seeds":
        figure = figures.repeats(runs, experiment.metric, centred=False)
    else:
        figure = figures.forest(tables.panels(comparison))
    counts = confusion.tables(runs)
    by_category = category_confusion.tables(runs, comparison.reference)
    paragraphs = (
        notes.notes(comparison) + [confusion.NOTE] * bool(counts) + [category_confusion.NOTE] * (len(by_category) > 1)
    )
    return Report(figure, [*shown, *counts, *by_category], paragraphs, comparison)


def _sampled(experiment: Experiment, runs: Sequence[Run], paragraphs: Sequence[str]) -> Report:
    names = experiment.metrics or (experiment.metric,)
    made = {of: samples.table(runs, of, names, experiment.samples, experiment.draws) for of in runs[0].protocols}
    panels = {
        f"{of}: {tables.heading(name)}": drawn for of, (_, found) in made.items() for name, drawn in found.items()
    }
    note = samples.NOTE.format(draws=experiment.draws, units=runs[0].units, unit=runs[0].unit)
    shown = [table for table, _ in made.values()]
    return Report(figures.samples(panels), shown, [note, *paragraphs], _comparison(experiment, runs))


def _beside(experiment: Experiment, runs: Sequence[Run]) -> list[published.Beside]:
    return [
        published.Beside.of(run, experiment.published.get(run.label, ()), experiment.remarks.get(run.label, ""))
        for run in runs
    ]


def _comparison(experiment: Experiment, runs: Sequence[Run]) -> Comparison:
    return Comparison.of(runs, experiment.reference, experiment.metrics, experiment.differ, experiment.rope)


def _by_share(runs: Sequence[Run]) -> Mapping[float, Run]:
    try:
        return {float(run.label.removesuffix("%")): run for run in runs}
    except ValueError as error:
        raise Refused(f"expected rows named by their share of the ratings, such as 10%; {error}") from error
