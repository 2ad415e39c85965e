"""What a study is: what is searched, on which splits, by which measure, and how much it may cost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge, MinLen
from pydantic import ConfigDict, field_validator
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import DataError
from recsys.evaluation.locked_users import Tuning
from recsys.evaluation.metric_name import MetricName
from recsys.evaluation.splits import LeaveOneOut, RandomSplit
from recsys.tuning.space import Choices, Range, space

METRICS = ("rated/ndcg@10", "full/ndcg@10")


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class StudySettings:
    """A study of one model.

    space      path of each searched setting -> where; the nested form of a YAML file is taken, too
    trials     settings that are tried, the present one among them: the budget
    startup    of these that are drawn at random before the estimator takes over
    seed       of what is drawn
    metrics    the objective is their mean; of a model whose parts answer one protocol each, it is highest where each
               part's is, so that one study serves both
    split      of the data that choosing may see; each trial is measured on each of its repeats, unless it is pruned
    nested     False: one study, whose outcome is a report. True: the model chooses its settings in each fit, by a study
               on splits inside train, and is run and measured as any other model
    folder     of studies; results: of their reports
    """

    space: Annotated[Mapping[str, Range | Choices], MinLen(1)]
    trials: Annotated[int, Ge(1)] = 20
    startup: Annotated[int, Ge(1)] = 8
    seed: Annotated[int, Ge(0)] = 1
    metrics: Annotated[tuple[str, ...], MinLen(1)] = METRICS
    split: Tuning | RandomSplit | LeaveOneOut = Tuning()
    nested: bool = False
    folder: Path = Path("outputs/tuning")
    results: Path = Path("results/tuning")

    @field_validator("space", mode="before")
    @classmethod
    def _flat(cls, tree: Mapping[str, Any]) -> Mapping[str, Any]:
        return space(tree)

    @field_validator("metrics")
    @classmethod
    def _are_metrics(cls, metrics: tuple[str, ...]) -> tuple[str, ...]:
        for metric in metrics:
            if not MetricName.parse(metric).protocol:
                raise ValueError(f"expected a metric with its protocol, such as rated/ndcg@10, got {metric}")
        return metrics


def objective(metrics: tuple[str, ...], values: Mapping[str, float]) -> float:
    """The mean of the metrics. Raises `DataError` where the protocols measure none of that name."""
    names = [str(MetricName.parse(metric)) for metric in metrics]
    missing = [name for name in names if name not in values]
    if missing:
        raise DataError(f"expected tune.metrics that the protocols measure, got {missing[0]}")
    return math.fsum(values[name] for name in names) / len(names)
