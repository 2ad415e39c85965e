"""Jobs for the tests of executors, importable where a worker process unpickles them."""

from __future__ import annotations

import logging
import os
import signal
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from recsys import progress
from recsys.dataset import DataError, Dataset
from recsys.evaluation.protocols import Protocol
from recsys.evaluation.ranking_task import Rank
from recsys.evaluation.splits import RandomSplit
from recsys.execution.executor import Executor, Failure, Work
from recsys.recommender import ItemScorer
from recsys.results import Job
from recsys.store.shard import Shard
from recsys.task import Model
from tests.worlds import dense

PROTOCOLS = (
    Protocol("rated", "held_out", 4.0, "rating", (1, 2, 5)),
    Protocol("full", "unseen", 4.0, "implicit", (1, 2, 5)),
)


class Odd(ValueError):
    """Its message differs from its argument: pickle makes another one of it."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"odd since {reason}")


@dataclass(frozen=True)
class Traced(ItemScorer):
    """Scores of items, and the process that they were found in."""

    pid: int = 0

    @property
    def learned(self) -> dict[str, float]:
        return {"pid": self.pid}


@dataclass(frozen=True)
class Acting:
    """Random scores, but before that does something, in the repeat of seed `at` or, None, in each.

    folder   where processes leave word of themselves
    """

    act: str = "nothing"
    at: int | None = None
    folder: str = "."

    def fit(self, train: Dataset, seed: int) -> Traced:
        if self.at in (None, seed):
            ACTS[self.act](Path(self.folder))
        return Traced(np.random.default_rng(seed).random(len(train.items)), pid=os.getpid())


def _kill(folder: Path) -> None:
    (folder / f"attempt-{os.getpid()}").touch()
    os.kill(os.getpid(), signal.SIGKILL)


def _exit(folder: Path) -> NoReturn:
    (folder / f"attempt-{os.getpid()}").touch()
    os._exit(3)


def _kill_once(folder: Path) -> None:
    if not list(folder.glob("attempt-*")):
        _kill(folder)


def _work(folder: Path) -> NoReturn:
    (folder / f"working-{os.getpid()}").touch()
    while True:
        sum(range(10_000))


def _follow(folder: Path) -> None:
    while not list(folder.glob("working-*")):
        time.sleep(0.02)


def _fail(folder: Path) -> NoReturn:
    try:
        raise KeyError("below")
    except KeyError as error:
        raise ZeroDivisionError("as expected") from error


def _refuse(folder: Path) -> NoReturn:
    raise DataError("expected another setting")


def _fail_oddly(folder: Path) -> NoReturn:
    raise Odd("it is")


def _speak(folder: Path) -> None:
    logging.getLogger("tests.models").warning("a %s in each repeat", "word")
    logging.getLogger("tests.models").info("unheard")
    warnings.warn("with care", UserWarning, stacklevel=1)
    for done in range(1001):
        progress.report("acting: step", done, 1000)
    time.sleep(0.3)
    progress.report("acting: step", 1000, 1000)


ACTS: Mapping[str, Callable[[Path], None]] = {
    "nothing": lambda folder: None,
    "exit": _exit,
    "fail": _fail,
    "fail oddly": _fail_oddly,
    "follow": _follow,
    "kill": _kill,
    "kill once": _kill_once,
    "refuse": _refuse,
    "speak": _speak,
    "work": _work,
}


def job(model: Model | None = None, repeats: int = 4) -> Job:
    splitter = RandomSplit(repeats, seed=1, share=0.2)
    return Job("acting", 1, Rank(), dense(1), splitter, PROTOCOLS, model or Acting())


def acting(folder: Path, act: str, repeat: int | None = None) -> Job:
    """A job that acts so in this repeat, or in each."""
    plain = job()
    at = None if repeat is None else plain.splitter.split(plain.data, repeat).seed
    return job(Acting(act, at, str(folder)))


def work(one: Job) -> list[Work]:
    """All repeats; the models of these tests are not kept."""
    return [Work(one, number, keep_model=False) for number in one.splitter.numbers]


class Asked:
    """Trials, one after the other, that note how many outcomes were handed on before each was asked for."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self.rest, self.handed_on, self.before = list(jobs), 0, list[int]()

    def __iter__(self) -> Asked:
        return self

    def __next__(self) -> Work:
        if not self.rest:
            raise StopIteration
        self.before.append(self.handed_on)
        return Work(self.rest.pop(0), 1, keep_model=False, trial=True)

    def __length_hint__(self) -> int:
        return len(self.rest)

    def outcomes(self, executor: Executor) -> dict[int, Shard | Failure]:
        found: dict[int, Shard | Failure] = {}
        for place, outcome in executor.run(self):
            found[place] = outcome
            self.handed_on += 1
        return found
