"""A sentence of the docs, and what sentences are made of: an experiment's rows, and figures as pages have them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from recsys.comparison.differences import Comparison, Versus
from recsys.comparison.runs import Run
from recsys.comparison.tables import Metrics
from recsys.evaluation import references
from recsys.evaluation.intervals import Summary
from recsys.evaluation.metric_name import MetricName
from recsys.experiments import stored


@dataclass(frozen=True, slots=True)
class Sentence:
    """words: as they stand on the page, with figures from results/; so: whether what they say beside them is so."""

    page: str
    words: str
    so: bool = True


@dataclass(frozen=True, slots=True)
class Rows:
    """An experiment's rows, compared with one of them."""

    compared: Comparison

    @classmethod
    def of(cls, file: Path, tested: Metrics = (), reference: str | None = None) -> Rows:
        """reference: a label; None: the first row."""
        return cls(Comparison.of(stored.read(file), reference, tested))

    @property
    def runs(self) -> Mapping[str, Run]:
        return {run.label: run for run in self.compared.runs}

    def values(self, label: str, metric: str) -> Summary:
        """Of a row, or of popularity, random or oracle. Raises `KeyError` where the file does not have them."""
        of = label if label in references.NAMES else None
        found = self.compared.reference if of else self.runs[label]
        values = found.metric(MetricName.parse(metric), of)
        if values is None:
            raise KeyError(f"{label}: {metric}")
        return values

    def mean(self, label: str, metric: str) -> float:
        return self.values(label, metric).mean

    def first(self, metric: str) -> str:
        """The label of the row with the highest mean."""
        return max(self.runs, key=lambda label: self.mean(label, metric))

    def versus(self, metric: str) -> Mapping[str, Versus]:
        """Label -> its difference from the reference, with p after Holm over the protocol's tests."""
        name = MetricName.parse(metric)
        return self.compared.versus[name.protocol][name.under("")]

    def differ(self) -> set[str]:
        """Labels that differ significantly in anything that is tested."""
        return {one.label for one in self._tested() if one.significant}

    def higher(self, metric: str) -> set[str]:
        """Labels that are significantly above the reference."""
        return {label for label, one in self.versus(metric).items() if one.significant and one.test.mean > 0}

    def lower(self, metric: str) -> set[str]:
        """Labels that are significantly below the reference."""
        return {label for label, one in self.versus(metric).items() if one.significant and one.test.mean < 0}

    def cpu_seconds(self, label: str) -> float:
        """Of a repeat: fit and scoring, all threads."""
        return sum(self.runs[label].cpu_seconds(stage) for stage in ("fit", "score"))

    def _tested(self) -> Iterator[Versus]:
        for rows in (rows for of in self.compared.versus.values() for rows in of.values()):
            yield from rows.values()


def equal(one: Versus) -> float:
    """The probability that the two are practically equal; raises `KeyError` where the file does not tell."""
    if one.posterior is None:
        raise KeyError(f"{one.label}: no posterior")
    return one.posterior.equal


def point(value: float, digits: int) -> str:
    """As `.005`."""
    return f"{value:.{digits}f}".removeprefix("0")


def least(values: Sequence[float]) -> str:
    """What all are above, to two digits."""
    return point(math.floor(min(values) * 100) / 100, 2)


def word(number: int) -> str:
    return ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")[number]


def table(file: Path) -> list[Mapping[str, str]]:
    """The rows of a page's one table, by its head: of pages that have no JSON beside them."""
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    head, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return [dict(zip(head, cells, strict=True)) for cells in rows if not set("".join(cells)) <= {"-"}]
