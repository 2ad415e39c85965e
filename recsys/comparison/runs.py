"""Runs as values, read from their folders, and the one check of whether they may stand in one table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pandas as pd

from recsys.dataset import DataError
from recsys.evaluation import all_candidates_listed
from recsys.evaluation.intervals import Summary, spread
from recsys.evaluation.metric_name import MetricName
from recsys.results import differ_in
from recsys.task import plural

NAMED = 4  # differing parts that a refusal lists; repeats on other splits differ in every hash


class Refused(DataError):
    """The runs cannot stand in one table; the message says why."""


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run.

    folder                 with the values per user; None: there are none, as in results/*.json
    summary, environment   what the files of these names hold; see recsys.output.artifacts
    """

    label: str
    folder: Path | None
    summary: Mapping[str, Any]
    environment: Mapping[str, Any]

    @classmethod
    def read(cls, folder: Path, label: str | None = None) -> Run:
        for name in ("summary.json", "environment.json"):
            _expect(folder, name)
        summary, environment = (
            json.loads((folder / name).read_text(encoding="utf-8")) for name in ("summary.json", "environment.json")
        )
        run = cls(label or summary["model"], folder, summary, environment)
        _expect(folder, f"per_{run.unit}.parquet")
        return run

    @property
    def unit(self) -> str:
        """What is measured one by one: user for ranking, which runs of before other tasks do not say."""
        return self.summary.get("unit", "user")

    @property
    def stamp(self) -> Mapping[str, Any]:
        return self.summary["stamp"]

    @property
    def protocols(self) -> Mapping[str, Mapping[str, Any]]:
        return self.stamp["protocols"]

    @property
    def units(self) -> str:
        """Several of them, in words."""
        return plural(self.unit)

    def metrics(self, protocol: str) -> tuple[MetricName, ...]:
        """All that the run has under the protocol."""
        return tuple(name for name in map(MetricName.parse, self.summary["metrics"]) if name.protocol == protocol)

    def read_by(self, protocol: str) -> tuple[MetricName, ...]:
        """The metrics that tables show of the protocol; precision@10, where a run of an older version does not say."""
        names: Sequence[str] = self.summary.get("read_by", {}).get(protocol, ("precision@10",))
        return tuple(MetricName.parse(name).under(protocol) for name in names)

    def all_candidates_listed(self, protocol: str) -> Mapping[int, float]:
        """K -> the share of users with K candidates or fewer; empty where it was not measured."""
        names = [MetricName(protocol, all_candidates_listed.NAME, k) for k in all_candidates_listed.CUTOFFS]
        return {name.k: values.mean for name in names if (values := self.metric(name)) is not None}

    @property
    def stopped_early(self) -> str | None:
        """How far a run came that is not what was asked for, in words; None for all others."""
        repeats, status = self.summary.get("repeats"), self.summary.get("status", "finished")
        if repeats is None or (status == "finished" and len(repeats["finished"]) >= len(repeats["asked"])):
            return None
        return f"{self.label} has {len(repeats['finished'])} of {len(repeats['asked'])} repeats ({status})"

    @property
    def repeats(self) -> int:
        return len(self.stamp["test_rows"])

    @property
    def test_to_train(self) -> float:
        return self.summary["test_to_train"]

    @property
    def repeats_differ_in(self) -> str:
        """See `recsys.results.differ_in`."""
        return differ_in(self.stamp)

    @property
    def resamples(self) -> bool:
        """Whether each repeat draws its test rows anew. Runs of before do not say; repeats with equal rows do not."""
        return self.summary.get("resamples", self.repeats == 1 or self.repeats_differ_in == "repeats")

    def metric(self, name: MetricName, reference: str | None = None) -> Summary | None:
        """Over the repeats; None where the run does not have it.

        reference   popularity, random or oracle in place of the model
        """
        metrics = self.summary["metrics"] if reference is None else self.summary["references"].get(reference, {})
        values = metrics.get(str(name))
        if values is None or values["mean"] is None:
            return None
        if not self.resamples and "intervals" not in self.summary:  # of before, which corrected what does not resample
            return spread(values["repeats"])
        return Summary(values["mean"], values["sd"], values["low"], values["high"], tuple(values["repeats"]))

    def per_unit(self, name: MetricName) -> pd.DataFrame:
        """One row a unit of the test set, which in ranking is a user; one column a repeat; NaN where undefined.

        Empty where the run has no such values.
        """
        of_units = name.of_units
        if self.folder is None or of_units is None:
            return pd.DataFrame()
        rows = [("protocol", "==", name.protocol), ("metric", "==", of_units.metric), ("k", "==", of_units.k)]
        columns = ["repeat", self.unit, "value"]
        table = pd.read_parquet(self.folder / f"per_{self.unit}.parquet", filters=rows, columns=columns)
        return table.pivot(index=self.unit, columns="repeat", values="value")

    def stored_test(self, reference: str, name: MetricName) -> Mapping[str, Any] | None:
        """The test over units against the run of this label, of a run from results/*.json; None: it holds none."""
        return self.summary.get("tests", {}).get(reference, {}).get(str(name))

    def cpu_seconds(self, stage: str) -> float:
        """Of fit, score or rank, all threads: the mean over the repeats."""
        seconds = self.summary["timings"][f"{stage}_cpu_s"]
        return sum(seconds) / len(seconds)


def _expect(folder: Path, name: str) -> None:
    if not (folder / name).is_file():
        raise Refused(f"{folder}: expected the folder of a run, found no {name} in it")


def check(runs: Sequence[Run], but: Sequence[str] = ()) -> None:
    """Raises `Refused` where stamps differ, naming the parts and both values; but: parts that may differ."""
    if not runs:
        raise Refused("expected at least one run, got none")
    first, *others = runs
    expected = dict(_leaves(first.stamp))
    for run in others:
        older = next((peer for peer in (first, run) if "facts" not in peer.stamp), None)
        if older and first.stamp.get("facts") != run.stamp.get("facts") and _rows(first) == _rows(run):
            raise Refused(
                f"{first.label} and {run.label} are not comparable: the stamp of {older.label} is of an older version, "
                "which does not tell how its split treats equal times; run it anew"
            )
        stamp = dict(_leaves(run.stamp))
        parts = [
            f"{part} ({expected.get(part, 'nothing')} and {stamp.get(part, 'nothing')})"
            for part in dict.fromkeys([*expected, *stamp])
            if expected.get(part) != stamp.get(part) and part.partition(".")[0] not in but
        ]
        if parts:
            more = f" and {len(parts) - NAMED} parts more" if len(parts) > NAMED else ""
            raise Refused(
                f"{first.label} and {run.label} are not comparable: they differ in {', '.join(parts[:NAMED])}{more}"
            )


def _rows(run: Run) -> object:
    return run.stamp.get("test_rows")


def distinct(runs: Sequence[Run]) -> list[Run]:
    """The same runs; those that share a label get it lengthened by the parameters in which they differ."""
    relabelled: list[Run] = []
    for run in runs:
        namesakes = [peer.summary["parameters"] for peer in runs if peer.label == run.label]
        parameters = run.summary["parameters"]
        differing = [name for name in parameters if any(peer.get(name) != parameters[name] for peer in namesakes)]
        suffixes = [f"{name}={short(parameters[name])}" for name in differing]
        relabelled.append(replace(run, label=", ".join([run.label, *suffixes])))
    labels = [run.label for run in relabelled]
    twice = next((label for label in labels if labels.count(label) > 1), None)
    if twice is not None:
        raise Refused(f"{twice}: expected runs that differ, got the same settings twice; name them LABEL=FOLDER")
    return relabelled


def same_for_all(runs: Sequence[Run], protocol: str) -> list[str]:
    """Sentences on the users whose precision@K no model can change; one, where the runs' test sets are the same."""
    words = {run.label: all_candidates_listed.words(protocol, run.all_candidates_listed(protocol)) for run in runs}
    said = {label: sentence for label, sentence in words.items() if sentence is not None}
    return list(said.values())[:1] if len(set(words.values())) == 1 else [f"{x}: {y}" for x, y in said.items()]


def _leaves(tree: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, part in tree.items():
        if isinstance(part, Mapping):
            yield from _leaves(cast(Mapping[str, Any], part), f"{above}{name}.")
        else:
            yield f"{above}{name}", part


def short(value: object) -> str:
    """A parameter's value as a person would type it."""
    return f"[{', '.join(map(str, cast(list[object], value)))}]" if isinstance(value, list) else str(value)
