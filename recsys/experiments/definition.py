"""What a set of runs is: rows of options, and how their report shows them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Experiment:
    """Rows and how they are shown.

    rows       label -> options of run.py
    options    of every row; those of a row come after them, those of the command line last
    reference  the row that others are compared with; None: the first
    tested     the metric of the comparison
    differ     parts of the stamp in which rows may differ
    shows      curves, differences: rows on the same splits, compared, with a figure of precision by K or differences;
               sizes: precision by the share of the ratings, labels being such as 10%;
               spreads: the repeats' spreads, each model's rows beside its first;
               seeds: repeats on one split, which differ in seeds alone
    caption    what the numbers say and what they do not, written by hand; goes into the file as it is
    readme     a file with two marks, for the tables to go between
    """

    name: str
    title: str
    caption: str
    rows: Mapping[str, tuple[str, ...]]
    options: tuple[str, ...]
    reference: str | None
    shows: Literal["curves", "differences", "sizes", "spreads", "seeds"]
    tested: str
    differ: tuple[str, ...]
    results: Path
    readme: Path | None
