"""The one table of an experiment that goes into a README: the main metrics of every row, with what is significant."""

from __future__ import annotations

import os.path
from collections.abc import Sequence
from pathlib import Path

from recsys.comparison.differences import ALPHA, find, over_repeats
from recsys.comparison.formats import Table
from recsys.comparison.runs import Refused, Run, same_for_all
from recsys.comparison.tables import MARK, heading, level, metrics, with_references

BEGIN, END = "<!-- results: written by `python run.py experiment=leaderboard` -->", "<!-- end of results -->"
COLUMNS = metrics("precision@10", "ndcg@10")


def text(readme: Path, runs: Sequence[Run], reference: str | None, full: Path) -> str:
    """The README with the table between its marks.

    reference   the label of the run that others are tested against; None: the first
    full        the file with all metrics and tests, which the text links to
    """
    link = os.path.relpath(full.absolute(), readme.absolute().parent)
    return placed(readme, [*table(runs, reference).markdown(), "", note(runs, reference, link)])


def table(runs: Sequence[Run], reference: str | None) -> Table:
    """Metrics by protocol, with marks where a run does not differ significantly from the reference; CPU seconds.

    runs   comparable, which `report` and `stored` make sure of

    Raises `Refused` where there is no such reference.
    """
    base = find(runs, reference)
    columns = [name.under(protocol) for name in COLUMNS for protocol in base.protocols]
    columns = [name for name in columns if base.metric(name) is not None]
    tests = {name: over_repeats(runs, base, name) for name in columns}
    rows: list[tuple[str, ...]] = []
    for run, of in with_references(runs):
        cells = [level(run.metric(name, of)) for name in columns]
        if of is None:
            insignificant = [run.label in tests[name] and tests[name][run.label].not_significant for name in columns]
            cells = [cell + f" {MARK}" * marked for cell, marked in zip(cells, insignificant, strict=True)]
        seconds = "" if of else f"{run.cpu_seconds('fit') + run.cpu_seconds('score'):.1f}"
        rows.append((of or run.label, *cells, seconds))
    head = ("model", *(f"{heading(name)} `{name.protocol}`" for name in columns), "CPU s")
    return Table("", head, tuple(rows))


def note(runs: Sequence[Run], reference: str | None, link: str) -> str:
    """What ± and the mark mean, and where the rest is."""
    if runs[0].repeats == 1:
        reading = "One repeat: no intervals and no tests, which need two or more."
    else:
        reading = (
            f"Means over {runs[0].repeats} repeats; ±: half of the 95% interval (Nadeau and Bengio 2003). {MARK}: does "
            f"not differ significantly from {find(runs, reference).label} (corrected resampled t-test, Holm over the "
            f"{len(runs) - 1} runs compared with it, level {ALPHA})."
        )
    unchanged = [words for protocol in runs[0].protocols for words in same_for_all(runs, protocol)]
    costs = "CPU s: fit and scoring of a repeat, all threads."
    return f"{' '.join([reading, *unchanged, costs])} All metrics and tests: [{link}]({link})."


def placed(readme: Path, lines: Sequence[str]) -> str:
    """The file's text with the lines between its marks; raises `Refused` where it has none."""
    before, begin, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise Refused(f"{readme}: expected the lines {BEGIN!r} and {END!r}, between which the table goes")
    return "\n".join([before + BEGIN, "", *lines, "", end + after])
