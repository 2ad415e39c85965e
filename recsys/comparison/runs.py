"""Runs as values, read from their folders, and the one check of whether they may stand in one table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pandas as pd

from recsys.dataset import DataError
from recsys.evaluation.intervals import Summary

REFERENCES = ("popularity", "random", "oracle")
NAMED = 4  # differing parts that a refusal lists; repeats on other splits differ in every hash


class Refused(DataError):
    """The runs cannot stand in one table; the message says why."""


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run. summary, environment: what the files of these names hold; see recsys.output.artifacts."""

    label: str
    folder: Path
    summary: Mapping[str, Any]
    environment: Mapping[str, Any]

    @classmethod
    def read(cls, folder: Path, label: str | None = None) -> Run:
        for name in ("summary.json", "environment.json", "per_user.parquet"):
            if not (folder / name).is_file():
                raise Refused(f"{folder}: expected the folder of a run, found no {name} in it")
        summary, environment = (
            json.loads((folder / name).read_text(encoding="utf-8")) for name in ("summary.json", "environment.json")
        )
        return cls(label or summary["model"], folder, summary, environment)

    @property
    def stamp(self) -> Mapping[str, Any]:
        return self.summary["stamp"]

    @property
    def protocols(self) -> Mapping[str, Mapping[str, Any]]:
        return self.stamp["protocols"]

    @property
    def repeats(self) -> int:
        return len(self.stamp["test_rows"])

    @property
    def test_to_train(self) -> float:
        return self.summary["test_to_train"]

    def metric(self, name: str, reference: str | None = None) -> Summary | None:
        """Over the repeats, of `rated/precision_at_10` or its like; None where the run does not have it.

        reference   popularity, random or oracle in place of the model
        """
        found = (self.summary["metrics"] if reference is None else self.summary["references"][reference]).get(name)
        if found is None or found["mean"] is None:
            return None
        return Summary(found["mean"], found["sd"], found["low"], found["high"], tuple(found["repeats"]))

    def users(self, protocol: str, metric: str, k: int) -> pd.DataFrame:
        """One row a user, one column a repeat; NaN where undefined. k = 0: a metric without a cut-off."""
        chosen = [("protocol", "==", protocol), ("metric", "==", metric), ("k", "==", k)]
        table = pd.read_parquet(self.folder / "per_user.parquet", filters=chosen, columns=["repeat", "user", "value"])
        return table.pivot(index="user", columns="repeat", values="value")


def check(runs: Sequence[Run], but: Sequence[str] = ()) -> None:
    """Raises `Refused` where stamps differ, naming the parts and both values; but: parts that may differ."""
    if not runs:
        raise Refused("expected at least one run, got none")
    first, *others = runs
    for other in others:
        one, two = dict(_leaves(first.stamp)), dict(_leaves(other.stamp))
        parts = [
            f"{part} ({one.get(part, 'nothing')} and {two.get(part, 'nothing')})"
            for part in dict.fromkeys([*one, *two])
            if one.get(part) != two.get(part) and part.partition(".")[0] not in but
        ]
        if parts:
            more = f" and {len(parts) - NAMED} parts more" if len(parts) > NAMED else ""
            raise Refused(
                f"{first.label} and {other.label} are not comparable: they differ in {', '.join(parts[:NAMED])}{more}"
            )


def distinct(runs: Sequence[Run]) -> list[Run]:
    """The same runs; those that share a label get it lengthened by the parameters in which they differ."""
    found: list[Run] = []
    for run in runs:
        alike = [other for other in runs if other.label == run.label]
        own = run.summary["parameters"]
        differing = [name for name in own if any(other.summary["parameters"].get(name) != own[name] for other in alike)]
        words = [f"{name}={_short(own[name])}" for name in differing]
        found.append(replace(run, label=", ".join([run.label, *words])))
    labels = [run.label for run in found]
    twice = next((label for label in labels if labels.count(label) > 1), None)
    if twice is not None:
        raise Refused(f"{twice}: expected runs that differ, got the same settings twice; name them LABEL=FOLDER")
    return found


def parts(metric: str) -> tuple[str, int]:
    """`precision@10` is (precision, 10); `gauc` goes with 0."""
    name, at, k = metric.partition("@")
    if not name or (at and not k.isdecimal()):
        raise Refused(f"{metric}: expected a metric such as precision@10 or gauc")
    return name, int(k or 0)


def key(protocol: str, metric: str) -> str:
    """`rated` and `precision@10`: rated/precision_at_10, as in summary.json."""
    name, k = parts(metric)
    return f"{protocol}/{name}_at_{k}" if k else f"{protocol}/{name}"


def _leaves(value: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, part in value.items():
        if isinstance(part, Mapping):
            yield from _leaves(cast(Mapping[str, Any], part), f"{above}{name}.")
        else:
            yield f"{above}{name}", part


def _short(value: object) -> str:
    return f"[{', '.join(map(str, cast(list[object], value)))}]" if isinstance(value, list) else str(value)
