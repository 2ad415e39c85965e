"""One HTML file that needs no other: tables that sort by a click, figures, and how to read them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from recsys.comparison import confusion, figures
from recsys.comparison.differences import Comparison
from recsys.comparison.formats import Table
from recsys.comparison.notes import notes
from recsys.comparison.tables import panels

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 1200px; margin: 2em auto; padding: 0 1em; }
.table { overflow-x: auto; margin: 1.2em 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13px; }
caption { text-align: left; font-weight: 600; padding: .3em 0; white-space: nowrap; }
th, td { padding: .25em .7em; text-align: right; border-bottom: 1px solid #e4e4e4; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
th { border-bottom: 2px solid #888; vertical-align: bottom; white-space: normal; }
th button { all: unset; cursor: pointer; font-weight: 600; }
th button:hover { text-decoration: underline; } th button:focus-visible { outline: 2px solid #1f5fa8; }
th[aria-sort=ascending]::after { content: " ▲"; } th[aria-sort=descending]::after { content: " ▼"; }
tbody tr:hover td { background: #f2f6fb; }
.settings th, .settings td { text-align: left; } .settings td:last-child { white-space: normal; }
figure { margin: 1.5em 0; } figure svg { max-width: 100%; height: auto; }
.notes { color: #555; font-size: 13px; }
"""
# A click on a head sorts by its column, the largest number first, and the other way round with the next click. What
# counts is a cell's first number (0.685 of `0.685 ± 0.004`) where each cell that is not empty begins with one, or else
# its letters. Empty cells stay below.
SCRIPT = r"""
for (const table of document.querySelectorAll("table")) {
  const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
  const number = text => {
    const found = text.replace(/(\d),(?=\d{3}(\D|$))/g, "$1").match(/^(<?)\s*([+-]?\d*\.?\d+(?:e[+-]?\d+)?)/i);
    return found ? parseFloat(found[2]) * (found[1] ? 1 - 1e-9 : 1) : NaN;
  };
  heads.forEach((head, column) => head.addEventListener("click", () => {
    const rows = [...body.rows].map(row => [row, row.cells[column].textContent.trim()]);
    const filled = rows.filter(([, text]) => text), empty = rows.filter(([, text]) => !text);
    const numeric = filled.every(([, text]) => !Number.isNaN(number(text)));
    const before = head.getAttribute("aria-sort");
    const order = before ? (before === "ascending" ? "descending" : "ascending") : numeric ? "descending" : "ascending";
    const sign = order === "ascending" ? 1 : -1;
    filled.sort(([, a], [, b]) => sign * (numeric ? number(a) - number(b) : a.localeCompare(b, "en")));
    body.append(...[...filled, ...empty].map(([row]) => row));
    heads.forEach(other => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", order);
  }));
}
"""


def page(comparison: Comparison, tables: Sequence[Table]) -> str:
    """Of a comparison and its tables."""
    runs = comparison.runs
    title = f"{', '.join(run.label for run in runs)} on {runs[0].summary['dataset']}"
    parts: list[str] = []
    if any(figures.over_cutoffs(runs[0], protocol) for protocol in runs[0].protocols):
        drawing = figures.svg(figures.curves(runs))
        parts.append(figure(drawing, "By the length of the list; bands: 95% intervals."))
    if versus := panels(comparison):
        caption = f"Differences from {comparison.reference.label}; bars: 95% intervals; hollow: not significant."
        parts.append(figure(figures.svg(figures.forest(versus)), caption))
    counts = confusion.tables(runs)
    parts += [sortable(table) for table in (*tables, *counts)]
    parts.append(small(notes(comparison) + [confusion.NOTE] * bool(counts)))
    return document(title, parts)


def document(title: str, parts: Iterable[str]) -> str:
    """The whole file; parts: HTML below the title."""
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n{''.join(parts)}"
        f"<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )


def sortable(table: Table) -> str:
    return f'<div class="table">\n{table.html()}</div>\n'


def figure(drawing: str, caption: str) -> str:
    """drawing: SVG."""
    return f"<figure>{drawing}<figcaption>{escape(caption)}</figcaption></figure>\n"


def small(paragraphs: Iterable[str]) -> str:
    """Notes in small print."""
    return f'<div class="notes">\n{"".join(map(paragraph, paragraphs))}</div>\n'


def paragraph(text: str) -> str:
    """Text in which backticks mark code."""
    marked = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
    return f"<p>{marked}</p>\n"
