"""One study from end to end: find what is kept of it, try what the budget still allows, and write its report.

    python run.py tune=ease model=ease
    python -m recsys tune model=ease              # the same

A trial is a run as any other: kept repeat by repeat, tracked, and found again by its key. A study is found by all that
decides its outcome, so that the same command goes on where it stopped, and other settings, data or code make a new one.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from rich.text import Text

from recsys import driver
from recsys.dataset import Array, DataError, Dataset
from recsys.evaluation.locked_users import Count, Tuning
from recsys.evaluation.metric_name import MetricName
from recsys.execution.executor import Executor
from recsys.job import leave
from recsys.output import console
from recsys.request import Request
from recsys.results import Description, Job
from recsys.store import lock
from recsys.store.key import Key
from recsys.store.run_folder import RunFolder
from recsys.store.search import runs
from recsys.task import Data
from recsys.tuning import report, summary
from recsys.tuning.choice import adopted
from recsys.tuning.report import StudyReport
from recsys.tuning.search import Search, Trial, best
from recsys.tuning.settings import StudySettings
from recsys.tuning.space import present
from recsys.tuning.trial_queue import STATE, STUDY, TRIAL, TrialQueue

DIGITS = 8  # of a study's digest, in the name of its folder
FILE = "study.db"


def run(
    name: str,
    settings: StudySettings,
    words: Sequence[str],
    executor: Executor,
    folder: Path,
    configured: Callable[[Mapping[str, Any]], Request],
) -> None:
    """Tries settings until the budget is used up, and writes the report.

    words        of the command line
    folder       that Hydra made, which a study has no use for
    configured   makes the request of the model with some of its settings changed, by path
    """
    screen, base = console.screen(), configured({})
    base.tracker.check()
    _check(base, settings)
    try:
        now = present(base.model, settings.space)
    except DataError as error:
        raise DataError(f"tune={name}: {error}") from error
    data = base.load()
    console.introduce(screen, data)
    job = _job(base, settings, data)
    place = settings.folder / f"{name}-{_digest(settings, Key.of(job, base.source))}"
    with lock.held(place):
        leave(folder, place)
        repeats = len(settings.split.numbers)
        search = Search(
            settings.space, now, repeats=repeats, seed=settings.seed, startup=settings.startup, file=place / FILE
        )
        queue = TrialQueue(settings, search, lambda trial: _pending(name, trial, settings, data, place, configured))
        screen.print(Text(_introduction(name, settings, search, place)), soft_wrap=True)
        driver.carry_out_trials(queue, executor, screen)
        locked = None
        if isinstance(settings.split, Tuning) and isinstance(data, Dataset):
            locked = Count.of(data, settings.split.locked_share)
        command = shlex.join(["python", "run.py", *words])
        about = Description.of(job)
        last = max(run.path for run in runs([place]))
        record = RunFolder(last).record
        chosen = adopted(search.trials, _by_unit(search.trials, settings, about, place))
        study = StudyReport(name, command, settings, about, locked, search.trials, chosen, search.wall_s, record)
        report.write(study)
        summary.write(study.settings.results)
        _conclude(screen, study)


def _check(base: Request, settings: StudySettings) -> None:
    known = [protocol.name for protocol in base.protocols]
    for metric in settings.metrics:
        protocol = MetricName.parse(metric).protocol
        if protocol not in known:
            raise DataError(f"tune.metrics: {metric} needs the protocol {protocol}, there are {', '.join(known)}")


def _job(request: Request, settings: StudySettings, data: Data) -> Job:
    return replace(request, splitter=settings.split).job(data)


def _digest(settings: StudySettings, key: Key) -> str:
    """Of all that decides what a study finds, but for how long it goes on."""
    parts = {
        "key": key.digest,
        "space": {path: asdict(dimension) for path, dimension in settings.space.items()},
        "metrics": settings.metrics,
        "repeats": list(settings.split.numbers),
        "seed": settings.seed,
        "startup": settings.startup,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:DIGITS]


def _pending(
    name: str,
    trial: Trial,
    settings: StudySettings,
    data: Data,
    place: Path,
    configured: Callable[[Mapping[str, Any]], Request],
) -> driver.Pending:
    asked = configured(trial.parameters)
    request = replace(
        asked,
        name=f"{asked.name} trial {trial.number}",
        splitter=settings.split,
        keep_models="none",
        tags={STUDY: f"{name}-{place.name[-DIGITS:]}", TRIAL: str(trial.number), STATE: trial.state},
    )
    job = request.job(data)
    run = RunFolder(place / f"{trial.number:03}")
    return driver.Pending(request.name, request, job, Key.of(job, request.source), run)


def _by_unit(
    trials: Sequence[Trial], settings: StudySettings, about: Description, place: Path
) -> Mapping[int, Array] | None:
    """The objective of each complete trial by unit, on the one inner split; None where there are several."""
    if about.resamples or len(settings.split.numbers) > 1:
        return None
    metrics = [str(MetricName.parse(metric)) for metric in settings.metrics]

    def of(trial: Trial) -> Array:
        found = RunFolder(place / f"{trial.number:03}").by_unit(settings.split.numbers)
        return found.values[0][:, [found.names.index(metric) for metric in metrics]].mean(axis=1)

    return {trial.number: of(trial) for trial in trials if trial.value is not None and trial.same_as is None}


def _introduction(name: str, settings: StudySettings, search: Search, place: Path) -> str:
    tried = len(search.trials)
    goes_on = f"goes on after {tried} trials" if tried else f"{len(settings.space)} settings searched"
    return f"Study {name}, {settings.trials} trials: {goes_on}; kept in {console.shown(place)}"


def _conclude(screen: console.Console, study: StudyReport) -> None:
    top, first = best(study.trials), study.trials[0]
    gain = (
        "" if first.value is None or top.value is None else f", {top.value - first.value:+.4f} from the present setting"
    )
    values = " ".join(f"model.{path}={value}" for path, value in top.parameters.items())
    cpu_s = sum(trial.seconds for trial in study.trials)
    screen.print(Text(f"\nBest of {len(study.trials)}: trial {top.number}, {top.value:.4f}{gain}\n  {values}"))
    screen.print(Text(f"{cpu_s:,.0f} CPU s, {study.wall_s:,.0f} s on the clock", style="dim"))
    screen.print(Text(f"Files: {console.shown(study.settings.results)}/{study.name}.*"), soft_wrap=True)
