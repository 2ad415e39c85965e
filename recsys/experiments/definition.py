"""What a set of runs is: rows of options, and how their report shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Lt
from pydantic import ConfigDict, field_validator, model_validator
from pydantic.dataclasses import dataclass as checked

from recsys.comparison.equivalence import ROPE
from recsys.comparison.published import Published
from recsys.comparison.tables import HEADLINE
from recsys.evaluation.metric_name import MetricName


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Experiment:
    """Rows and how they are shown.

    name       of the files in results
    rows       label -> options of run.py
    options    of every row; those of a row come after them, those of the command line last
    reference  the row that others are compared with; None: the first
    tested     metrics of the comparison, such as precision@10; one or several; none: those that suit each protocol
    learned    names of what fitting chose, such as silhouette.implicit, to be shown in a table of their own
    rope       half of the region of practical equivalence: differences up to this are practically none
    differ     parts of the stamp in which rows may differ
    shows      curves, levels, differences: rows on the same splits, compared, with a figure of precision by K, of means
               with their intervals, or of the differences;
               sizes: precision by the share of the ratings, labels being such as 10%;
               spreads: the repeats' spreads, each model's rows beside its first;
               samples: `tested` over samples of the users, by their size, mean and spread over draws;
               seeds: rows compared on one split, with a figure of the repeats, which differ in seeds alone;
               published: rows of any data, each beside what others have published for the same
    published  of that: label -> figures of others; remarks: label -> what is known of how the two differ
    samples, draws   of shows=samples: users in a sample, and how many are drawn
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
    shows: Literal["curves", "levels", "differences", "sizes", "spreads", "samples", "seeds", "published"] = "curves"
    tested: tuple[str, ...] = ()
    published: Mapping[str, tuple[Published, ...]] = field(default_factory=dict[Any, Any])
    remarks: Mapping[str, str] = field(default_factory=dict[Any, Any])
    samples: tuple[Annotated[int, Ge(1)], ...] = (100, 200, 300, 400, 500)
    draws: Annotated[int, Ge(2)] = 50
    learned: tuple[str, ...] = ()
    rope: Annotated[float, Gt(0), Lt(1)] = ROPE
    differ: tuple[str, ...] = ()
    results: Path = Path("results")
    readme: Path | None = None

    @field_validator("tested", mode="before")
    @classmethod
    def _are_metrics(cls, tested: Any) -> Any:
        names: tuple[Any, ...] = (tested,) if isinstance(tested, str) else tuple(tested)
        for name in names:
            MetricName.parse(name)
        return names

    @model_validator(mode="after")
    def _published_rows(self) -> Experiment:
        for name in ("published", "remarks"):
            unknown = [label for label in getattr(self, name) if label not in self.rows]
            if unknown:
                raise ValueError(f"{name}: expected labels of rows, got {', '.join(unknown)}")
        return self

    @property
    def metrics(self) -> tuple[MetricName, ...]:
        """That are tested."""
        return tuple(map(MetricName.parse, self.tested))

    @property
    def metric(self) -> MetricName:
        """Of figures of one metric."""
        return self.metrics[0] if self.tested else HEADLINE


def options_by_row(
    options: Sequence[str], rows: Mapping[str, Sequence[str]], overrides: Sequence[str]
) -> dict[str, list[str]]:
    """Label -> all options of run.py that the row is of.

    overrides   the command line's, which go to every row; those about experiments are left out
    """
    common = [word for word in overrides if word.lstrip("+~").partition("=")[0].partition(".")[0] != "experiment"]
    return {label: [*options, *own, *common] for label, own in rows.items()}
