"""A comparison as one HTML file that needs no other: tables, figures and how to read them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from matplotlib.figure import Figure

from recsys.comparison import figures
from recsys.comparison.differences import Comparison
from recsys.comparison.formats import Table
from recsys.comparison.notes import notes
from recsys.comparison.tables import panels

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 1200px; margin: 2em auto; padding: 0 1em; }
table { border-collapse: collapse; margin: 1.2em 0; font-variant-numeric: tabular-nums; font-size: 13px; }
td { white-space: nowrap; }
caption { text-align: left; font-weight: 600; padding: .3em 0; }
th, td { padding: .25em .7em; text-align: right; border-bottom: 1px solid #e4e4e4; }
th:first-child, td:first-child { text-align: left; }
th { border-bottom: 2px solid #888; vertical-align: bottom; }
tr:hover td { background: #f2f6fb; }
figure { margin: 1.5em 0; } figure svg { max-width: 100%; height: auto; }
.notes { color: #555; font-size: 13px; }
"""


def page(comparison: Comparison, tables: Sequence[Table]) -> str:
    title = f"{', '.join(run.label for run in comparison.runs)} on {comparison.runs[0].summary['dataset']}"
    run = comparison.runs[0]
    captioned: list[tuple[str, Figure]] = []
    if any(name.metric == "precision" for protocol in run.protocols for name in run.metrics(protocol)):
        curves = figures.curves(comparison.runs)
        captioned.append(("Precision by the length of the list; bands: 95% intervals.", curves))
    if versus := panels(comparison):
        caption = f"Differences from {comparison.reference.label}; bars: 95% intervals; hollow: not significant."
        captioned.append((caption, figures.forest(versus)))
    drawings = "".join(
        f"<figure>{figures.svg(figure)}<figcaption>{escape(caption)}</figcaption></figure>\n"
        for caption, figure in captioned
    )
    paragraphs = "".join(f"<p>{_code(note)}</p>\n" for note in notes(comparison))
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n{drawings}"
        f'{"".join(table.html() for table in tables)}<div class="notes">\n{paragraphs}</div>\n</body>\n</html>\n'
    )


def _code(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
