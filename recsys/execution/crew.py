"""Worker processes, seen from the driver: who does what, what they say, and what happens where one dies.

A worker belongs to one job, so that its peak memory and TensorFlow's state are that job's own; trials of a study share
theirs.
"""

from __future__ import annotations

import logging
import pickle
import signal
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection, get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

from recsys import progress
from recsys.dataset import DataError
from recsys.execution.executor import Failure, Work
from recsys.execution.threads import variables
from recsys.execution.worker import PROTOCOL, Failed, Message, Progress, Ready, serve
from recsys.results import Job
from recsys.store.shard import Shard

logger = logging.getLogger(__name__)

SPAWN = get_context("spawn")  # never fork: the threads of TensorFlow and BLAS do not survive it


class WorkerDied(DataError):
    """A process ended in the middle of a repeat, and again when that was tried once more."""


@dataclass(slots=True, eq=False)
class _Worker:
    """One process.

    place   of what it works on; None: it waits for work
    given   how many repeats it has got
    ready   whether it has come so far as to ask for its job
    """

    process: SpawnProcess
    pipe: Connection
    job: Job
    place: int | None = None
    given: int = 0
    ready: bool = False

    @classmethod
    def start(cls, job: Job, threads: int) -> _Worker:
        here, there = SPAWN.Pipe()
        process = SPAWN.Process(target=serve, args=(there, threads, logging.getLogger().level), daemon=True)
        # The new process inherits the block, so that Ctrl-C cannot reach it before it has said that it ignores that.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            with variables(threads):
                process.start()
        except OSError as error:
            raise WorkerDied(f"expected to start a process, got: {error}; try executor=local") from error
        finally:
            there.close()
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        return cls(process, here, job)

    def send(self, content: bytes) -> None:
        with suppress(OSError):  # it is dead, and `receive` will say so
            self.pipe.send_bytes(content)

    def receive(self) -> Message | None:
        """After the pipe or the end of the process has come up; None: dead, and all that it has said was heard."""
        try:
            return pickle.loads(self.pipe.recv_bytes()) if self.pipe.poll() else None
        except (EOFError, OSError):
            return None

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()

    def exit_code(self) -> int:
        """Of one that died by itself; negative: the signal."""
        self.process.join(5)  # its pipe is closed a moment before it is gone
        return self.process.exitcode or 0


class Crew:
    """Does all the work, on at most `size` workers of at most `limit` repeats each.

    work   what was taken from the source so far; workers and messages speak of places in it
    """

    def __init__(self, work: Iterable[Work], size: int, limit: int | None, threads: int) -> None:
        self.source, self.all_known, self.work = iter(work), isinstance(work, Sequence), list[Work]()
        self.size, self.limit, self.threads = size, limit, threads
        self.died = deque[int]()
        self.tried_again: int | None = None
        self.workers: list[_Worker] = []
        self.packed: tuple[Job, bytes] | None = None

    def run(self) -> Generator[tuple[int, Shard | Failure]]:
        self._employ()
        while self.workers:
            for worker in self._speaking():
                place, message = worker.place, worker.receive()
                if message is None:
                    self._bury(worker)
                    self._employ()
                elif isinstance(message, Shard | Failure):
                    assert place is not None
                    worker.place = None
                    if self.all_known:
                        self._employ()  # before the driver, which may take its time, writes the repeat
                    yield place, message
                    self._employ()
                else:
                    self._heed(worker, message)

    def close(self) -> None:
        """Ends all workers at once."""
        for worker in self.workers:
            worker.process.kill()
        while self.workers:
            self.workers.pop().end()

    def _speaking(self) -> Iterator[_Worker]:
        """Waits until a worker says something or ends."""
        ears: dict[Any, _Worker] = {}
        for worker in self.workers:
            ears |= {worker.pipe: worker, worker.process.sentinel: worker}
        for worker in dict.fromkeys(ears[ear] for ear in connection.wait(list(ears))):
            if worker in self.workers:  # it may have been replaced since
                yield worker

    def _employ(self) -> None:
        """Gives work to workers that wait, and starts and ends workers as that takes."""
        while (free := self._free()) or len(self.workers) < self.size:
            item = next(self.source, None)
            if item is None:
                break
            self.work.append(item)
            able = (worker for worker in free if worker.job is item.job or item.trial)
            worker = next((worker for worker in able if worker.given != self.limit), None)
            if worker is None and len(self.workers) == self.size:
                self._dismiss(free[0])
            self._give(len(self.work) - 1, worker)
        else:
            return
        for worker in self._free():
            self._dismiss(worker)
        if self.died and not self.workers:  # alone, since memory may have been too short for several
            self.tried_again = self.died.popleft()
            self._give(self.tried_again, None)

    def _free(self) -> list[_Worker]:
        return [worker for worker in self.workers if worker.place is None]

    def _give(self, place: int, worker: _Worker | None) -> None:
        job = self.work[place].job
        if worker is None:
            self._pack(job)
            worker = _Worker.start(job, self.threads)
            self.workers.append(worker)
        elif worker.job is not job:
            worker.job = job
            worker.send(pickle.dumps(None))
            worker.send(self._pack(job))
        worker.place = place
        worker.given += 1
        if worker.ready:
            self._ask(worker)

    def _ask(self, worker: _Worker) -> None:
        assert worker.place is not None
        item = self.work[worker.place]
        worker.send(pickle.dumps((item.number, item.keep_model, item.trial)))

    def _pack(self, job: Job) -> bytes:
        """Pickled once for all workers, as long as the job stays the same."""
        if self.packed is None or self.packed[0] is not job:
            try:
                self.packed = job, pickle.dumps(job, PROTOCOL)
            except (pickle.PicklingError, AttributeError, TypeError) as error:
                raise DataError(
                    f"expected a model and data that can be sent to another process, got: {error}; define them at the "
                    "top of a module, or use executor=local"
                ) from error
        return self.packed[1]

    def _dismiss(self, worker: _Worker) -> None:
        self.workers.remove(worker)
        worker.end()

    def _heed(self, worker: _Worker, message: Ready | Progress | logging.LogRecord | Failed) -> None:
        match message:
            case Ready():
                worker.ready = True
                worker.send(self._pack(worker.job))
                self._ask(worker)
            case Progress(what, done, total):
                # One worker's alone, and the same one's as long as possible: bars that jump tell nothing.
                if worker.place == min(busy.place for busy in self.workers if busy.place is not None):
                    progress.report(what, done, total)
            case Failed(error):
                raise error
            case _:
                log = logging.getLogger(message.name)
                if log.isEnabledFor(message.levelno):
                    log.handle(message)

    def _bury(self, worker: _Worker) -> None:
        """What a dead worker was doing is put back, once."""
        code, place = worker.exit_code(), worker.place
        self._dismiss(worker)
        if place is None:
            return
        if code >= 0 and not worker.ready:
            raise WorkerDied(
                f"expected a process for repeats, got one that ended as it started (exit code {code}) and wrote why "
                'above; call the run under `if __name__ == "__main__":`, or use executor=local'
            )
        number, end = self.work[place].number, f"signal {-code}" if code < 0 else f"exit code {code}"
        if place == self.tried_again:
            raise WorkerDied(
                f"repeat {number} ended its process twice ({end}); often memory ran out: try executor.workers=1 or "
                "executor=local"
            )
        logger.warning("repeat %d ended its process (%s): tried once more when the others are done", number, end)
        self.died.append(place)
