"""results/NAME.html: an experiment as one file that needs no other, with tables that sort by a click."""

from __future__ import annotations

import os.path
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from recsys.comparison.formats import Table
from recsys.comparison.page import document, figure, paragraph, small, sortable
from recsys.comparison.runs import Run, short
from recsys.environment import ROOT

FILES = {"json": "all values, repeat by repeat", "md": "the same as text", "png": "the figure"}
DOCUMENTS = {"statistics.md": "how to read the statistics", "protocols.md": "what a number means"}
Settings = Mapping[str, object]


def page(
    files: Path,
    title: str,
    caption: str,
    drawing: str,
    tables: Sequence[Table],
    notes: Sequence[str],
    settings: Table | None,
) -> str:
    """files: those of the experiment, without their ending; drawing: SVG; settings: see there."""
    parts = [paragraph(caption), figure(drawing, ""), *map(sortable, tables)]
    if settings is not None:
        parts.append(f'<div class="settings">\n{sortable(settings)}</div>\n')
    return document(title, [*parts, small(notes), _links(files)])


def settings_of(run: Run) -> Settings:
    """What can differ between rows: the split and the model's parameters."""
    return {"split": run.stamp["split"], **run.summary["parameters"]}


def settings(rows: Mapping[str, Settings]) -> Table | None:
    """In what rows differ; None where that is nothing.

    Among rows of one model: what is not as in its first row, and in that one the values of the same settings. Of
    several models, which have different settings, the first row of each shows all of them.
    """
    same_split = len({row["split"] for row in rows.values()}) == 1
    shown = {
        label: {name: row[name] for name in row if name != "split" or not same_split} for label, row in rows.items()
    }
    models: dict[frozenset[str], list[Settings]] = {}
    for row in shown.values():
        models.setdefault(frozenset(row), []).append(row)
    cells: list[tuple[str, str]] = []
    for label, row in shown.items():
        first, *others = models[frozenset(row)]
        if row is not first:
            names = [name for name in row if row[name] != first[name]]
        elif len(models) > 1:
            names = list(row)
        else:
            names = [name for name in row if any(other[name] != row[name] for other in others)]
        cells.append((label, ", ".join(f"{name}={short(row[name])}" for name in names)))
    if not any(words for _, words in cells):
        return None
    return Table("Settings in which the rows differ", ("row", "settings"), tuple(cells))


def _links(files: Path) -> str:
    folder = files.absolute().parent
    links = {f"{files.name}.{ending}": words for ending, words in FILES.items()}
    links |= {os.path.relpath(ROOT / "docs" / name, folder): words for name, words in DOCUMENTS.items()}
    items = "".join(
        f'<li><a href="{escape(link)}">{escape(Path(link).name)}</a>: {words}</li>\n' for link, words in links.items()
    )
    return f"<ul>\n{items}</ul>\n"
