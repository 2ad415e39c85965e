"""One row of the gate, run in this process: its numbers and all that must be equal for them to be comparable."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from benchmarks.regression.reseeded import Reseeded
from benchmarks.regression.sets import SETS, Place
from recsys import pipeline
from recsys.evaluation.metric_name import MetricName
from recsys.evaluation.ranking_task import Rank
from recsys.evaluation.splits import Split
from recsys.execution import threads
from recsys.recommender import Scorer
from recsys.results import Job, stamp, values

CUTOFFS = (1, 5, 10, 20)
METRICS = ("precision", "recall", "ndcg", "mrr", "map")
KEPT = frozenset({("gauc", 0), ("log_loss", 0), *((metric, k) for metric in METRICS for k in CUTOFFS)})


@dataclass(frozen=True, slots=True)
class Row:
    """The results of one model, or of popularity, random or oracle.

    stamp        the run's, and `test_to_train`, which changes as soon as one row more is in train
    parameters   of the model
    values       metric name -> one value a repeat, NaN where undefined
    users        measured in a repeat; the fewest, over protocols and repeats
    """

    stamp: Mapping[str, Any]
    parameters: Mapping[str, Any]
    values: Mapping[str, Sequence[float]]
    users: int


class WithoutReferences(Rank):
    """The task, without measuring popularity, random and oracle again for every model."""

    def references(self, split: Split, protocols: Any) -> Mapping[str, Mapping[str, Scorer]]:
        return {}


@lru_cache(maxsize=1)
def _loaded(source: Any) -> Any:
    return source.load()


def job(place: Place, more: Sequence[str] = ()) -> Job:
    """What run.py would run for these options, and `more`."""
    from run import request_of  # Hydra, which workers need and the gate's own process does not

    group = SETS[place.set][place.group]
    request = request_of([*group.options, *group.rows[place.label], *more])
    return request.job(_loaded(request.source))


def measure(place: Place, shift: int = 0, more: Sequence[str] = ()) -> dict[str, Row]:
    """The row, and beside the first of its group popularity, random and oracle; shift: see `Reseeded`, 0: none."""
    work = job(place, more)
    first = place.label == next(iter(SETS[place.set][place.group].rows))
    task: Any = work.task if first else WithoutReferences()
    splitter = Reseeded(work.splitter, shift) if shift else work.splitter
    with threads.limited(1):
        repeats = list(pipeline.run(task, work.data, splitter, work.protocols, work.model))
    sizes = [(len(repeat.split.test), len(repeat.split.train)) for repeat in repeats]
    of_run = {
        **stamp(work.data, work.splitter, work.protocols, repeats),
        "test_to_train": sum(test for test, _ in sizes) / sum(train for _, train in sizes),
    }
    users = min(len(measured.units) for repeat in repeats for measured in repeat.measured.values())
    of_run = json.loads(json.dumps(of_run))  # as a file gives it back: lists for tuples
    row = Row(
        of_run,
        json.loads(json.dumps(dict(work.parameters))),
        kept([values(repeat.measured) for repeat in repeats]),
        users,
    )
    rows = {place.name: row}
    for label in repeats[0].references:
        numbers = kept([values(repeat.references[label]) for repeat in repeats])
        rows[replace(place, label=label).name] = Row(of_run, {}, numbers, users)
    return rows


def kept(repeats: Sequence[Mapping[str, float]]) -> dict[str, list[float]]:
    """Of the metrics that the gate looks at, one value a repeat."""
    names = [name for name in repeats[0] if (MetricName.parse(name).metric, MetricName.parse(name).k) in KEPT]
    return {name: [numbers.get(name, math.nan) for numbers in repeats] for name in names}
