"""A search by Optuna's tree-structured Parzen estimator, asked and told: what to try next, and what came of it.

The first trial is the present setting, if that is given. Each trial is measured on one inner split after the other; it
is pruned where the mean over those that it has is below the median of what the other trials had after as many (Optuna's
MedianPruner, when five others are complete). What trial n tries follows from (seed, n) and from the trials that were
told before, so that a search which is stopped and goes on is the search that was never stopped, as long as trials run
one at a time.

Bergstra et al. 2011, Algorithms for Hyper-Parameter Optimization, NeurIPS; Akiba et al. 2019, Optuna, KDD.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from recsys.dataset import DataError
from recsys.tuning.space import Space

if TYPE_CHECKING:
    from optuna.study import Study
    from optuna.trial import FrozenTrial
    from optuna.trial import Trial as OptunaTrial

State = Literal["running", "complete", "pruned", "failed"]
BY_REPEAT, REASON, SAME_AS, SECONDS, WALL_S = "by_repeat", "reason", "same_as", "seconds", "wall_s"


@dataclass(frozen=True, slots=True)
class Trial:
    """One setting.

    number       from 0, which is the present setting
    parameters   what is searched, by path
    by_repeat    the objective on each inner split that it was measured on
    value        their mean; None where one is missing
    seconds      of fits, scoring and ranking, all threads' CPU time
    reason       why it failed
    same_as      an earlier trial of the same setting, whose outcome it takes over
    """

    number: int
    parameters: Mapping[str, Any]
    state: State
    by_repeat: tuple[float, ...]
    value: float | None
    seconds: float
    reason: str | None = None
    same_as: int | None = None


class Search:
    """A search in memory, or in an SQLite file, with which it goes on; one process at a time.

    present   what the first trial is; None: it is drawn as all others
    startup   trials that are drawn at random before the estimator takes over
    """

    def __init__(
        self,
        space: Space,
        present: Mapping[str, Any] | None,
        *,
        repeats: int,
        seed: int,
        startup: int,
        file: Path | None = None,
    ) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.space, self.repeats, self.seed, self.startup = space, repeats, seed, startup
        self.distributions = {path: dimension.distribution() for path, dimension in space.items()}
        self.study: Study = optuna.create_study(
            storage=None if file is None else f"sqlite:///{file.absolute()}",
            study_name="study",
            load_if_exists=True,
            direction="maximize",
            pruner=optuna.pruners.MedianPruner(n_startup_trials=5),
        )
        self.asked: dict[int, OptunaTrial] = {}
        self._known: list[Trial] | None = None
        if present is not None and not self.study.trials:
            self.study.enqueue_trial({path: space[path].encode(value) for path, value in present.items()})
        for frozen in self.study.trials:
            # Nobody else works on this study, so that whoever did was stopped; the trial goes on.
            if frozen.state.name == "RUNNING":
                self._sample_for(frozen.number)
                self.asked[frozen.number] = optuna.trial.Trial(self.study, frozen._trial_id)  # pyright: ignore[reportPrivateUsage]
                self._suggest(frozen.number)

    @property
    def trials(self) -> list[Trial]:
        """All that were asked for."""
        if self._known is None:  # Optuna reads all from the file each time
            frozen = self.study.get_trials(deepcopy=False)
            self._known = [self._trial(one) for one in frozen if one.state.name != "WAITING"]
        return self._known

    @property
    def wall_s(self) -> float:
        """Seconds on the clock that the search has taken so far, those between a stop and going on left out."""
        return self.study.user_attrs.get(WALL_S, 0.0)

    def spend(self, wall_s: float) -> None:
        self.study.set_user_attr(WALL_S, self.wall_s + wall_s)

    @property
    def running(self) -> list[Trial]:
        return [trial for trial in self.trials if trial.state == "running"]

    def ask(self) -> Trial:
        """A new trial. One whose setting was tried before has its outcome already, and does not count as running."""
        from optuna.trial import TrialState

        before = self.trials
        self._sample_for(len(before))
        asked = self.study.ask()
        self.asked[asked.number] = asked
        self._suggest(asked.number)
        self._known = None
        trial = self.trial(asked.number)
        same = next((other for other in before if other.parameters == trial.parameters and other.same_as is None), None)
        if same is not None:
            asked.set_user_attr(SAME_AS, same.number)
            asked.set_user_attr(BY_REPEAT, list(same.by_repeat))
            if same.state == "complete":
                self.study.tell(asked, same.value)
            else:
                self.study.tell(asked, state=TrialState.FAIL)
            del self.asked[asked.number]
            self._known = None
        return self.trial(asked.number)

    def trial(self, number: int) -> Trial:
        return self.trials[number]

    def tell(self, number: int, repeat: int, value: float, seconds: float) -> State:
        """The objective on the inner split `repeat` (1, 2, ...; in this order); what has become of the trial."""
        from optuna.trial import TrialState

        asked, before = self.asked[number], self.trial(number)
        by_repeat = list(before.by_repeat)
        if math.isnan(value):
            return self.fail(number, "its objective is not a number")
        is_new = len(by_repeat) < repeat  # not told before the search was stopped
        by_repeat = [*by_repeat, value] if is_new else by_repeat
        mean = math.fsum(by_repeat[:repeat]) / repeat
        if is_new:
            asked.report(mean, repeat)
            asked.set_user_attr(SECONDS, before.seconds + seconds)
            asked.set_user_attr(BY_REPEAT, by_repeat)
        if repeat == self.repeats:
            self.study.tell(asked, mean)
        elif repeat == len(by_repeat) and asked.should_prune():
            self.study.tell(asked, state=TrialState.PRUNED)
        self._known = None
        return self.trial(number).state

    def fail(self, number: int, reason: str) -> State:
        from optuna.trial import TrialState

        self.asked[number].set_user_attr(REASON, reason)
        self.study.tell(self.asked[number], state=TrialState.FAIL)
        self._known = None
        return "failed"

    def _sample_for(self, number: int) -> None:
        from optuna.samplers import TPESampler

        seed = int(np.random.SeedSequence([self.seed, number]).generate_state(1)[0])
        self.study.sampler = TPESampler(n_startup_trials=self.startup, seed=seed)

    def _suggest(self, number: int) -> None:
        """Draws the trial's values; those that it had before the search was stopped stay."""
        from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

        asked = self.asked[number]
        for path, at in self.distributions.items():
            match at:
                case IntDistribution():
                    asked.suggest_int(path, at.low, at.high, step=at.step, log=at.log)
                case FloatDistribution():
                    asked.suggest_float(path, at.low, at.high, step=at.step, log=at.log)
                case CategoricalDistribution():
                    asked.suggest_categorical(path, at.choices)
                case _:
                    raise TypeError(at)

    def _trial(self, frozen: FrozenTrial) -> Trial:
        states: Mapping[str, State] = {"COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed"}
        about = frozen.user_attrs
        params = frozen.params
        parameters = {path: where.decode(params[path]) for path, where in self.space.items() if path in params}
        return Trial(
            frozen.number,
            parameters,
            states.get(frozen.state.name, "running"),
            tuple(about.get(BY_REPEAT, ())),
            frozen.value if frozen.state.name == "COMPLETE" else None,
            about.get(SECONDS, 0.0),
            about.get(REASON),
            about.get(SAME_AS),
        )


def best(trials: Sequence[Trial]) -> Trial:
    """The complete trial of the highest value, the earliest of equal ones: the present setting before any other.

    Raises `DataError` where there is none.
    """
    complete = [trial for trial in trials if trial.value is not None]
    if not complete:
        reasons = ", ".join(dict.fromkeys(trial.reason for trial in trials if trial.reason)) or "none was tried"
        raise DataError(f"expected a setting that gives numbers, got none of {len(trials)}: {reasons}")
    return max(complete, key=lambda trial: (trial.value, -trial.number))
