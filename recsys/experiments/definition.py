"""What a set of runs is: rows of options, and how their report shows them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, field_validator
from pydantic.dataclasses import dataclass as checked

from recsys.evaluation.metric_name import MetricName


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Experiment:
    """Rows and how they are shown.

    name       of the files in results
    rows       label -> options of run.py
    options    of every row; those of a row come after them, those of the command line last
    reference  the row that others are compared with; None: the first
    tested     the metric of the comparison, such as precision@10
    differ     parts of the stamp in which rows may differ
    shows      curves, levels, differences: rows on the same splits, compared, with a figure of precision by K, of means
               with their intervals, or of the differences;
               sizes: precision by the share of the ratings, labels being such as 10%;
               spreads: the repeats' spreads, each model's rows beside its first;
               seeds: repeats on one split, which differ in seeds alone
    caption    what the numbers say and what they do not, written by hand; goes into the file as it is
    results    the folder of the files
    readme     a file with two marks, for a table of the main metrics to go between
    """

    name: str
    title: str
    caption: str
    rows: Mapping[str, tuple[str, ...]]
    options: tuple[str, ...] = ()
    reference: str | None = None
    shows: Literal["curves", "levels", "differences", "sizes", "spreads", "seeds"] = "curves"
    tested: str = "precision@10"
    differ: tuple[str, ...] = ()
    results: Path = Path("results")
    readme: Path | None = None

    @field_validator("tested")
    @classmethod
    def _is_metric(cls, tested: str) -> str:
        MetricName.parse(tested)
        return tested

    @property
    def metric(self) -> MetricName:
        return MetricName.parse(self.tested)
