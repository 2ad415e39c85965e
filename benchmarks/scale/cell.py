"""One repeat of one model on one size, in this process: as an executor runs it, each of its steps a phase.

    python -m benchmarks.scale.cell MODEL SIZE THREADS FILE

Exit code 0: all phases are in FILE; 1: FILE says what the error was.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.scale.phases import START, Recorder
from benchmarks.scale.plan import ORACLE, Cell
from recsys.dataset import DataError
from recsys.evaluation.references import Oracle
from recsys.execution.executor import Work
from recsys.store.run_folder import RunFolder
from recsys.store.shard import Shard

SCORE, USERS = "score", 256
"""The phase in which this many users are scored on all items, with nothing else going on."""


class Watched:
    """An object with some of its methods replaced."""

    def __init__(self, inner: Any, **methods: Callable[..., Any]) -> None:
        self._inner = inner
        self.__dict__.update(methods)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def run(cell: Cell, recorder: Recorder) -> None:
    """Start, load, split, fit, score, measure under each protocol, and write the files.

    Popularity, random and oracle, which every run measures, too, are left out: they are cells of their own.
    """
    with recorder.phase(START):
        from run import request_of  # Hydra

        request = request_of(cell.words)
    with recorder.phase("load"):
        data = request.load()
        job = request.job(data)
    recorder.facts |= {"sizes": dict(data.sizes), "scoring": {}}
    rest = ExitStack()

    def split(data: Any, number: int) -> Any:
        with recorder.phase("split"):
            return job.splitter.split(data, number)

    def fit(train: Any, seed: int) -> Any:
        with recorder.phase("fit"):
            return job.model.fit(train, seed)

    def measure(split: Any, protocol: Any, fitted: Any, *more: Any) -> Any:
        def scorer() -> Any:
            return Oracle.of(split, protocol.threshold) if cell.model == ORACLE else fitted

        if all(phase.name != SCORE for phase in recorder.phases):
            users = np.flatnonzero(np.bincount(split.test.interactions.user))[:USERS]
            with recorder.phase(SCORE):
                scorer().grid(users, "implicit")
        with recorder.phase(protocol.name):
            measured = job.task.measure(split, protocol, scorer(), *more)
        recorder.facts["scoring"][protocol.name] = {
            "score_cpu_s": measured.score_s.cpu,
            "rank_cpu_s": measured.rank_s.cpu,
        }
        if protocol.name == job.protocols[-1].name:
            rest.enter_context(recorder.phase("files"))
        return measured

    def no_references(*_: Any) -> dict[str, Any]:
        return {}

    task: Any = Watched(job.task, measure=measure, references=no_references)
    splitter: Any = Watched(job.splitter, split=split)
    model: Any = Watched(job.model, fit=fit)
    work = Work(replace(job, task=task, splitter=splitter, model=model), 1, keep_model=False)
    with rest, tempfile.TemporaryDirectory() as folder:
        shard = work.finish(cell.threads)
        assert isinstance(shard, Shard)  # failures are of trials
        RunFolder(Path(folder)).keep(shard, "none")


def main(arguments: list[str]) -> int:
    model, size, n_threads, file = arguments
    recorder = Recorder(Path(file))
    try:
        run(Cell(model, size, int(n_threads)), recorder)
    except Exception as error:
        refused = isinstance(error, DataError)
        recorder.facts |= {"refused": refused, "error": str(error) if refused else f"{type(error).__name__}: {error}"}
        recorder.write()
        if not refused:
            raise
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
