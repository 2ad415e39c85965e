"""What an experiment leaves in results/: NAME.md, NAME.png, NAME.svg and NAME.json, all from the runs' own files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from recsys.comparison import figures, tables, unpaired
from recsys.comparison.differences import Comparison
from recsys.comparison.formats import Table
from recsys.comparison.runs import Refused, Run, check, key
from recsys.experiments.definition import Experiment

BEGIN, END = "<!-- results: written by `python run.py experiment=leaderboard` -->", "<!-- end of results -->"


def write(experiment: Experiment, runs: Sequence[Run]) -> None:
    """All files; raises `Refused` where rows do not belong together."""
    drawn, made, words = _shown(experiment, runs)
    out, name = experiment.results, experiment.name
    out.mkdir(parents=True, exist_ok=True)
    for kind in ("png", "svg"):
        figures.save(drawn, out / f"{name}.{kind}")
    head = [f"# {experiment.title}", "", f"![{experiment.title}]({name}.png)", "", experiment.caption.strip(), ""]
    (out / f"{name}.md").write_text("\n".join([*head, *_lines(made, words), ""]), encoding="utf-8")
    (out / f"{name}.json").write_text(json.dumps(numbers(runs), indent=1) + "\n", encoding="utf-8")
    if experiment.readme is not None:
        place(
            experiment.readme,
            _lines([table for table in made if table.head[1] == tables.heading("precision@1")], words),
        )


def numbers(runs: Sequence[Run]) -> dict[str, Any]:
    """The values behind the tables, repeat by repeat, for comparisons later on."""
    kept = [*tables.ACCURACY, *tables.BESIDE, "auc", "log_loss"]
    names = [key(protocol, metric) for protocol in runs[0].protocols for metric in kept]
    return {
        "stamp": runs[0].stamp,
        "rows": {
            run.label: {
                "split": run.stamp["split"],
                "commit": run.environment["commit"],
                "parameters": run.summary["parameters"],
                "metrics": {name: found.repeats for name in names if (found := run.metric(name)) is not None},
                "timings": run.summary["timings"],
            }
            for run in runs
        },
    }


def place(readme: Path, lines: Sequence[str]) -> None:
    """Puts the lines between the file's marks."""
    before, begin, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise Refused(f"{readme}: expected the lines {BEGIN!r} and {END!r}, between which the tables go")
    readme.write_text("\n".join([before + BEGIN, "", *lines, "", end + after]), encoding="utf-8")


def _shown(experiment: Experiment, runs: Sequence[Run]) -> tuple[Figure, list[Table], list[str]]:
    first = runs[0]
    if experiment.shows in ("sizes", "spreads", "seeds"):
        check(runs, but=experiment.differ)
        words = [*(tables.terms(protocol, first) for protocol in first.protocols), tables.source(runs)]
        if experiment.shows == "sizes":
            shares = _shares(runs)
            made = [unpaired.sizes(shares, protocol) for protocol in first.protocols]
            return figures.sizes(shares), made, [unpaired.LEVELS.format(repeats=first.repeats), *words]
        if experiment.shows == "seeds":
            made = [unpaired.seeds(runs, protocol, experiment.tested) for protocol in first.protocols]
            words = [unpaired.SEEDS.format(repeats=first.repeats), *words]
            return figures.dots(runs, experiment.tested, centred=False), made, words
        made = [unpaired.spreads(runs, protocol, experiment.tested) for protocol in first.protocols]
        return figures.dots(runs, experiment.tested, centred=True), made, [unpaired.SPREADS, *words]
    comparison = Comparison.of(runs, experiment.reference, experiment.tested, experiment.differ)
    made = [table for protocol in first.protocols for table in tables.tables(comparison, protocol, None)]
    if experiment.shows == "curves":
        return figures.curves(runs), made, tables.notes(comparison)
    return figures.forest(comparison.versus, tables.difference(comparison)), made, tables.notes(comparison)


def _shares(runs: Sequence[Run]) -> Mapping[float, Run]:
    try:
        return {float(run.label.removesuffix("%")): run for run in runs}
    except ValueError as error:
        raise Refused(f"expected rows named by their share of the ratings, such as 10%; {error}") from error


def _lines(made: Sequence[Table], words: Sequence[str]) -> list[str]:
    return [line for table in made for line in (f"**{table.title}**", "", *table.markdown(), "")] + ["\n\n".join(words)]
