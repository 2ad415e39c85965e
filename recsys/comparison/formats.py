"""A table of text cells, in the formats that papers, pages and terminals take."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape, unescape

import rich.table
from rich.text import Text

LATEX = str.maketrans(
    {
        **{sign: f"\\{sign}" for sign in "&%$#_{}"},
        **{sign: f"{{{sign}}}" for sign in "[*"},  # which \\ at the end of the line before would take for its own
        "|": r"\textbar{}",
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "±": r"$\pm$",
        "Δ": r"$\Delta$",
        "<": "$<$",
        ">": "$>$",
    }
)

# What Markdown would not show as it is: signs that always mean something, underscores that are not inside a word, a `<`
# that begins a tag. GitHub reads what stands between two `$` as a formula, with a backslash before them, too.
SPECIAL = re.compile(r"[\\|*~&$\[]|<(?=[A-Za-z/!?])|(?<!\w)_+|_+(?!\w)")
ENTITIES = {"&": "&amp;", "<": "&lt;", "$": "&#36;"}


def markdown(text: str) -> str:
    """Text that Markdown shows as it is, code between backticks apart."""
    return SPECIAL.sub(lambda found: ENTITIES.get(found[0]) or "".join(f"\\{sign}" for sign in found[0]), text)


def unescaped(text: str) -> str:
    """What `markdown` was given."""
    return unescape(re.sub(r"\\(.)", r"\1", text))


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as text, and a title and heads in which backticks mark code; the first column is the run's label.

    note   below the table, how to read it; '': nothing
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def markdown(self) -> list[str]:
        rows = [[markdown(cell).replace("`", r"\`") for cell in row] for row in self.rows]
        cells = [map(markdown, self.head), ("---",) * len(self.head), *rows]
        lines = ["|" + "|".join(f" {cell} " for cell in line) + "|" for line in cells]
        return [*lines, "", f"*{markdown(self.note)}*"] if self.note else lines

    @classmethod
    def of_markdown(cls, title: str, lines: Sequence[str]) -> Table:
        """The table whose lines `markdown` gave, without its note."""
        rows = [re.split(r" \| ", f"{line} ".removeprefix("| ").removesuffix(" | ")) for line in lines]
        head, _, *cells = [tuple(unescaped(cell).strip() for cell in row) for row in rows]
        return cls(title, head, tuple(cells))

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
        """Its rows can be sorted on a page that has `recsys.comparison.page.SCRIPT`."""
        head = "".join(f'<th scope="col"><button type="button">{escape(cell)}</button></th>' for cell in self.head)
        rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>\n" for row in self.rows)
        note = f'<p class="notes">{escape(self.note)}</p>\n' if self.note else ""
        return (
            f"<table>\n<caption>{escape(self.title)}</caption>\n<thead><tr>{head}</tr></thead>\n"
            f"<tbody>\n{rows}</tbody>\n</table>\n{note}"
        )

    def terminal(self) -> rich.table.Table:
        """Headings wrap, cells never: ten columns fit into 120."""
        table = rich.table.Table(title=Text(self.title), title_justify="left", box=None, padding=(0, 1, 0, 0))
        if self.note:
            table.caption, table.caption_justify = Text(self.note, style="dim"), "left"
        rows = [[cell.replace(" ± 0.", " ±.") for cell in row] for row in self.rows]
        for column, heading in enumerate(self.head):
            widest = max(len(text) for text in (*(row[column] for row in rows), *heading.split()))
            table.add_column(Text(heading), justify="right" if column else "left", min_width=widest)
        for row in rows:
            table.add_row(*map(Text, row))
        return table
