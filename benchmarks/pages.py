"""Draws results/NAME.html anew from the files beside it, without any run: after a change of how pages look.

    python -m benchmarks.pages                      # all experiments in results/
    python -m benchmarks.pages results/ml-100k.md

Tables, caption and notes come from NAME.md, the figure from NAME.svg, the settings from NAME.json.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from recsys import atomic
from recsys.comparison import figures
from recsys.comparison.formats import Table, unescaped
from recsys.environment import ROOT
from recsys.experiments import page


class Unreadable(ValueError):
    """A file is not as an experiment writes it; the message says which."""


def drawn(text: Path) -> str:
    """The page of NAME.md; raises `Unreadable` where that is not what `recsys.experiments.report` writes."""
    heading, *blocks = text.read_text(encoding="utf-8").strip().split("\n\n")
    if not heading.startswith("# ") or len(blocks) < 2 or not blocks[0].startswith("!["):
        raise Unreadable(f"{text}: expected title, figure and caption, as `python run.py experiment=NAME` writes them")
    _, caption, *rest = blocks
    tables: list[Table] = []
    notes: list[str] = []
    title = ""
    for block in rest:
        if block.startswith("**"):
            title = unescaped(block.removeprefix("**").removesuffix("**"))
        elif block.startswith("|"):
            tables.append(Table.of_markdown(title, block.splitlines()))
        elif block.startswith("*"):
            tables[-1] = replace(tables[-1], note=unescaped(block.removeprefix("*").removesuffix("*")))
        else:
            notes.append(unescaped(block))
    drawing = figures.inline(text.with_suffix(".svg").read_bytes())
    rows = json.loads(text.with_suffix(".json").read_text(encoding="utf-8"))["rows"]
    settings = page.settings({label: {"split": row["split"], **row["parameters"]} for label, row in rows.items()})
    return page.page(text.with_suffix(""), heading.removeprefix("# "), caption, drawing, tables, notes, settings)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    default = "default: all in results/ that have an .svg"
    parser.add_argument("texts", type=Path, nargs="*", metavar="NAME.md", help=default)
    options = parser.parse_args(arguments)
    results = sorted((ROOT / "results").glob("*.md"))
    try:
        for text in options.texts or [text for text in results if text.with_suffix(".svg").exists()]:
            atomic.write_text(text.with_suffix(".html"), drawn(text))
    except (Unreadable, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
