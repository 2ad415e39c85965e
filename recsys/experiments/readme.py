"""The one table of an experiment that goes into a README: the main metrics of every row, with what is significant."""

from __future__ import annotations

import os.path
from collections.abc import Sequence
from pathlib import Path

from recsys.comparison.differences import ALPHA, Comparison
from recsys.comparison.formats import Table
from recsys.comparison.runs import Refused, same_for_all
from recsys.comparison.tables import MARK, counted, heading, level, metrics, with_references

BEGIN, END = "<!-- results: written by `python run.py experiment=leaderboard` -->", "<!-- end of results -->"
COLUMNS = metrics("precision@10", "ndcg@10", "gauc")


def text(readme: Path, comparison: Comparison, full: Path) -> str:
    """The README with the table between its marks; full: the file of all metrics and tests, which the text links to."""
    link = os.path.relpath(full.absolute(), readme.absolute().parent)
    return placed(readme, [*table(comparison).markdown(), "", note(comparison, link)])


def table(comparison: Comparison) -> Table:
    """Metrics by protocol, with marks where a tested one does not differ significantly from the reference; costs."""
    base, runs = comparison.reference, comparison.runs
    columns = [name.under(protocol) for name in COLUMNS for protocol in base.protocols]
    columns = [name for name in columns if base.metric(name) is not None]
    rows: list[tuple[str, ...]] = []
    for run, of in with_references(runs):
        cells = [level(run.metric(name, of)) for name in columns]
        if of is None:
            tests = [comparison.versus[name.protocol].get(name.under(""), {}).get(run.label) for name in columns]
            insignificant = [test is not None and test.not_significant for test in tests]
            cells = [cell + f" {MARK}" * marked for cell, marked in zip(cells, insignificant, strict=True)]
        seconds = "" if of else f"{run.cpu_seconds('fit') + run.cpu_seconds('score'):.1f}"
        rows.append((of or run.label, *cells, seconds))
    head = ("model", *(f"{heading(name)} `{name.protocol}`" for name in columns), "CPU s")
    return Table("", head, tuple(rows))


def note(comparison: Comparison, link: str) -> str:
    """What ± and the mark mean, which columns are tested, and where the rest is."""
    run = comparison.reference
    families = [
        f"{', '.join(map(heading, tested))} in `{protocol}` ({counted(comparison.family(protocol), 'test')})"
        for protocol, tested in comparison.versus.items()
        if comparison.family(protocol)
    ]
    reading = f"Means over {run.repeats} repeats" if run.repeats > 1 else "One repeat"
    test = "corrected resampled t-test"
    if comparison.over == "repeats":
        reading += "; ±: half of the 95% interval (Nadeau and Bengio 2003)."
    else:
        test = f"paired permutation test over {run.units}"
        reading += ", no interval." if run.resamples else f"; ±: half of the 95% interval over {run.units} (bootstrap)."
    if families:
        reading += (
            f" {MARK}: does not differ significantly from {run.label} ({test}, level {ALPHA}, Holm's adjustment in "
            f"each protocol). Tested, and no other column: {'; '.join(families)}."
        )
    unchanged = [words for protocol in run.protocols for words in same_for_all(comparison.runs, protocol)]
    costs = "CPU s: fit and scoring of a repeat, all threads."
    return f"{' '.join([reading, *unchanged, costs])} All metrics and tests: [{link}]({link})."


def placed(readme: Path, lines: Sequence[str], begin: str = BEGIN, end: str = END) -> str:
    """The file's text with the lines between its marks; raises `Refused` where it has none."""
    before, begun, rest = readme.read_text(encoding="utf-8").partition(begin)
    _, ended, after = rest.partition(end)
    if not begun or not ended:
        raise Refused(f"{readme}: expected the lines {begin!r} and {end!r}, between which the table goes")
    return "\n".join([before + begin, "", *lines, "", end + after])
