"""A table of text cells, in the formats that papers, pages and terminals take."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import rich.table
from rich.text import Text

LATEX = str.maketrans(
    {
        **{sign: f"\\{sign}" for sign in "&%$#_{}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "±": r"$\pm$",
        "Δ": r"$\Delta$",
        "<": "$<$",
        ">": "$>$",
    }
)


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as text; the first column is the run's label. note: below the table, how to read it; '': nothing."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def markdown(self) -> list[str]:
        lines = [self.head, ("---",) * len(self.head), *self.rows]
        rows = ["|" + "|".join(f" {cell.replace('|', chr(92) + '|')} " for cell in line) + "|" for line in lines]
        return [*rows, "", self.note] if self.note else rows

    def latex(self) -> list[str]:
        """A booktabs table."""
        cells = [" & ".join(cell.translate(LATEX) for cell in line) + r" \\" for line in (self.head, *self.rows)]
        columns = "l" + "r" * (len(self.head) - 1)
        return [
            r"\begin{table}",
            rf"\caption{{{self.title.translate(LATEX)}}}",
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            cells[0],
            r"\midrule",
            *cells[1:],
            r"\bottomrule",
            r"\end{tabular}",
            *([rf"\par\footnotesize {self.note.translate(LATEX)}"] if self.note else []),
            r"\end{table}",
        ]

    def html(self) -> str:
        head = "".join(f"<th>{escape(cell)}</th>" for cell in self.head)
        rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>\n" for row in self.rows)
        note = f'<p class="notes">{escape(self.note)}</p>\n' if self.note else ""
        return f"<table>\n<caption>{escape(self.title)}</caption>\n<tr>{head}</tr>\n{rows}</table>\n{note}"

    def terminal(self) -> rich.table.Table:
        """Headings wrap, cells never: ten columns fit into 120."""
        table = rich.table.Table(title=self.title, title_justify="left", box=None, padding=(0, 1, 0, 0))
        if self.note:
            table.caption, table.caption_justify = Text(self.note, style="dim"), "left"
        rows = [[cell.replace(" ± 0.", " ±.") for cell in row] for row in self.rows]
        for column, heading in enumerate(self.head):
            widest = max(len(text) for text in (*(row[column] for row in rows), *heading.split()))
            table.add_column(heading, justify="right" if column else "left", min_width=widest)
        for row in rows:
            table.add_row(*map(Text, row))
        return table
