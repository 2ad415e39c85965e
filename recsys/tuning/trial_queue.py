"""In which order the repeats of a study's trials run: one of each trial at a time, as pruning needs, and none idle."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable

from recsys.driver import Ended, Pending
from recsys.execution.executor import Failure
from recsys.results import Finished
from recsys.store.run_folder import Status
from recsys.tuning.search import Search, State, Trial, best
from recsys.tuning.settings import StudySettings, objective

STUDY, TRIAL, STATE, OBJECTIVE = "study", "trial", "trial_state", "objective"
"""Tags of a trial's run."""
STATUS: dict[State, Status] = {"complete": "finished", "pruned": "stopped", "failed": "failed"}
"""Of its run. A pruned trial's run has ended before all of its repeats were run."""
SPENT = ("fit_cpu_s", "score_cpu_s", "rank_cpu_s")


class TrialQueue:
    """See `recsys.driver.Trials`.

    made   a trial's run

    Trials that are under way go first; a new one begins where each of them has a repeat running; and where the budget
    allows no more, further repeats of those under way run beside their first ones.
    """

    def __init__(self, settings: StudySettings, search: Search, made: Callable[[Trial], Pending]) -> None:
        self.settings, self.search, self.made = settings, search, made
        self.numbers = tuple(settings.split.numbers)
        self.runs: dict[int, Pending] = {}
        self.asked, self.told, self.judged = Counter[int](), Counter[int](), Counter[int]()
        self.early: defaultdict[int, dict[int, Finished]] = defaultdict(dict)
        self.since = time.monotonic()

    def __length_hint__(self) -> int:
        trials = self.search.trials
        of_running = sum(len(self.numbers) - len(trial.by_repeat) for trial in trials if trial.state == "running")
        return of_running + max(0, self.settings.trials - len(trials)) * len(self.numbers)

    def ask(self) -> tuple[Pending, int] | None:
        while True:
            open_ = [trial for trial in self.search.running if self.asked[trial.number] < len(self.numbers)]
            idle = (trial for trial in open_ if self.asked[trial.number] == self.told[trial.number])
            trial = next(idle, None)
            if trial is None and len(self.search.trials) < self.settings.trials:
                trial = self.search.ask()
                if trial.state != "running":
                    continue
            if trial is None:
                trial = next(iter(open_), None)
            if trial is None:
                return None
            number = trial.number
            if number not in self.runs:
                self.runs[number] = self.made(trial)
            self.asked[number] += 1
            return self.runs[number], self.numbers[self.asked[number] - 1]

    def tell(self, pending: Pending, outcome: Finished | Failure) -> Ended | None:
        now = time.monotonic()
        self.search.spend(now - self.since)
        self.since = now
        number = next(number for number, run in self.runs.items() if run is pending)
        self.told[number] += 1
        if self.search.trial(number).state != "running":  # ended by another of its repeats
            return None
        if isinstance(outcome, Failure):
            self.search.fail(number, outcome.reason)
            return self._ended(number)
        self.early[number][self.numbers.index(outcome.number) + 1] = outcome
        while (repeat := self.judged[number] + 1) in self.early[number]:  # in the order of the splits
            finished = self.early[number].pop(repeat)
            self.judged[number] = repeat
            spent = sum(finished.timings[stage] for stage in SPENT)
            value = objective(self.settings.metrics, finished.values)
            if self.search.tell(number, repeat, value, spent) != "running":
                return self._ended(number)
        return None

    def _ended(self, number: int) -> Ended:
        trial = self.search.trial(number)
        words: str = trial.state
        tags = {STATE: trial.state}
        if trial.value is not None:
            top = best(self.search.trials)
            words += f", {trial.value:.4f}; best so far: {top.value:.4f} of trial {top.number}"
            tags[OBJECTIVE] = f"{trial.value:.6f}"
        elif trial.reason is not None:
            words += f": {trial.reason}"
        return Ended(STATUS[trial.state], tags, words)
