"""Nested tuning: a model that chooses its own settings in each fit, by a search on splits inside train.

What is measured is then the whole procedure, the choice included, on ratings that the choice has not seen: the
difference between it and the fixed setting is what fixing the settings beforehand, on other splits of the same ratings,
is worth (Cawley and Talbot 2010, On Over-fitting in Model Selection, JMLR 11).
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, MinLen
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys import progress
from recsys.dataset import Array, DataError, Dataset
from recsys.evaluation.measurement import measure
from recsys.evaluation.protocols import Protocol
from recsys.evaluation.splits import RandomSplit, Split
from recsys.recommender import Objective, PredictsRatings, Recommender, Reports, Scorer
from recsys.results import values
from recsys.tuning.search import Search, Trial, best
from recsys.tuning.settings import METRICS, StudySettings, objective
from recsys.tuning.space import Choices, Range, changed, present

logger = logging.getLogger(__name__)


@checked(frozen=True, config=ConfigDict(extra="forbid", arbitrary_types_allowed=True))
class Tuned:
    """The model with the best of some settings.

    Its own values of what is searched count for nothing: they were chosen beforehand, on what is tested now.

    model, space, trials, startup, metrics   as in `recsys.tuning.settings.StudySettings`
    split       of train; its seed is the repeat's
    protocols   that the metrics are of
    """

    model: Recommender
    space: Annotated[Mapping[str, Range | Choices], MinLen(1)]
    protocols: Annotated[tuple[Protocol, ...], MinLen(1)]
    trials: Annotated[int, Ge(1)] = 20
    startup: Annotated[int, Ge(1)] = 8
    metrics: Annotated[tuple[str, ...], MinLen(1)] = METRICS
    split: RandomSplit = RandomSplit(repeats=3)

    @property
    def predicts_ratings(self) -> bool:
        return isinstance(self.model, PredictsRatings) and self.model.predicts_ratings

    @classmethod
    def of(cls, settings: StudySettings, model: Recommender, protocols: Sequence[Protocol]) -> Tuned:
        """Raises `DataError` for a split that is not of train alone, and for a space that does not fit the model."""
        present(model, settings.space)
        if not isinstance(settings.split, RandomSplit):
            raise DataError("tune.nested: expected split@tune.split=random, which splits train")
        return cls(
            model,
            settings.space,
            tuple(protocols),
            settings.trials,
            settings.startup,
            settings.metrics,
            settings.split,
        )

    def fit(self, train: Dataset, seed: int) -> TunedScorer:
        splitter = replace(self.split, seed=seed)
        search = Search(self.space, None, repeats=len(splitter.numbers), seed=seed, startup=self.startup)
        splits = list(splitter.splits(train))
        for number in range(self.trials):
            progress.report("tuning: trial", number, self.trials)
            trial = search.ask()
            for repeat, split in enumerate(splits, 1):
                if search.trial(trial.number).state != "running":
                    break
                try:
                    search.tell(trial.number, repeat, self._measured(trial, split), 0.0)
                except (DataError, np.linalg.LinAlgError) as error:
                    logger.warning("a trial of %s failed: %s", type(self.model).__name__, error)
                    search.fail(trial.number, str(error))
        chosen = best(search.trials)
        assert chosen.value is not None
        learned = {path: self._number(path, chosen) for path in self.space} | {"tuning.objective": chosen.value}
        return TunedScorer(changed(self.model, chosen.parameters).fit(train, seed), learned)

    def _measured(self, trial: Trial, split: Split) -> float:
        scorer = changed(self.model, trial.parameters).fit(split.train, split.seed)
        wanted = {metric.partition("/")[0] for metric in self.metrics}
        measured = {
            protocol.name: measure(split, protocol, scorer) for protocol in self.protocols if protocol.name in wanted
        }
        return objective(self.metrics, values(measured))

    def _number(self, path: str, trial: Trial) -> float:
        """What was chosen; of choices that are no numbers, which of them, from 0."""
        value: Any = trial.parameters[path]
        if isinstance(value, (int, float)):
            return float(value)
        dimension = self.space[path]
        assert isinstance(dimension, Choices)
        return float([dimension.encode(choice) for choice in dimension.choices].index(dimension.encode(value)))


@dataclass(frozen=True, slots=True)
class TunedScorer:
    """What the best setting learned from all of train.

    chosen   that setting, and its objective on the inner splits
    """

    scorer: Scorer
    chosen: Mapping[str, float]

    @property
    def probabilities(self) -> Collection[Objective]:
        return self.scorer.probabilities

    @property
    def predicts_ratings(self) -> bool:
        return isinstance(self.scorer, PredictsRatings) and self.scorer.predicts_ratings

    @property
    def learned(self) -> Mapping[str, float]:
        return {**self.chosen, **(self.scorer.learned if isinstance(self.scorer, Reports) else {})}

    def grid(self, users: Array, objective: Objective) -> Array:
        return self.scorer.grid(users, objective)

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        return self.scorer.pairs(users, items, objective)
