"""Writes what four papers claim beside what was measured here, from the files of results/ alone.

    python -m benchmarks.claims                       # results/claims.md
    python -m benchmarks.claims --readme README.md    # and the table between its marks

Nothing is run: a claim whose experiment has no file is not measured yet, and the page names the command.
"""

from __future__ import annotations

import argparse
import os.path
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.claims import page
from benchmarks.claims.papers import PAPERS
from benchmarks.claims.verdict import answers
from recsys import atomic
from recsys.comparison.runs import Refused
from recsys.environment import ROOT
from recsys.experiments import readme

BEGIN, END = "<!-- claims: written by `python -m benchmarks.claims` -->", "<!-- end of claims -->"


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    file: Path = options.results / "claims.md"
    try:
        found = {paper: answers(claims, options.results) for paper, claims in PAPERS.items()}
        texts = {file: page.page(found)}
        if options.readme is not None:
            link = os.path.relpath(file.absolute(), options.readme.absolute().parent)
            texts[options.readme] = readme.placed(options.readme, page.readme(found, link), BEGIN, END)
    except (Refused, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    for written, text in texts.items():
        atomic.write_text(written, text)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.claims",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--results", type=Path, default=ROOT / "results", help="the folder with the experiments' files")
    parser.add_argument("--readme", type=Path, help="a file with two marks, between which ten claims go")
    return parser


if __name__ == "__main__":
    sys.exit(main())
