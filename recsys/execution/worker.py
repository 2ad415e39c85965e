"""What runs in a worker process: repeats of a job, whose outcome, progress and warnings go back through a pipe."""

from __future__ import annotations

import logging
import os
import pickle
import signal
import sys
import threading
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection, parent_process
from multiprocessing.connection import Connection
from typing import TypeAlias

from tqdm import tqdm

from recsys.execution.executor import Failure, Work
from recsys.pipeline import References
from recsys.progress import watched
from recsys.results import Job
from recsys.store.shard import Shard

PROTOCOL = 5
"""Of pickle; from this one on, arrays that are read-only stay so."""
PAUSE_S = 0.2
"""Between two reports of how far one piece of work has come."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The process is up, and waits for its job."""


@dataclass(frozen=True, slots=True)
class Progress:
    """See `recsys.progress.report`."""

    what: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Failed:
    """A repeat's error, which ends the run."""

    error: BaseException

    @classmethod
    def of(cls, error: BaseException) -> Failed:
        """With the traceback as a note, which pickle would lose; a RuntimeError in place of what cannot be sent."""
        note = "in a worker process:\n" + "".join(traceback.format_exception(error)).rstrip()
        error.add_note(note)
        try:
            sent = pickle.loads(pickle.dumps(error, PROTOCOL))
        except Exception:
            sent = None
        if type(sent) is type(error) and str(sent) == str(error):
            return cls(error)
        replaced = RuntimeError(f"{type(error).__qualname__}: {error}")
        replaced.add_note(note)
        return cls(replaced)


Message: TypeAlias = Ready | Progress | logging.LogRecord | Failed | Shard | Failure


class _Sender(logging.Handler):
    """The worker's end of the pipe; threads may send at the same time."""

    def __init__(self, pipe: Connection) -> None:
        super().__init__()
        self.pipe, self.sending = pipe, threading.Lock()
        self.what, self.reported = "", 0.0

    def send(self, message: Message) -> None:
        content = pickle.dumps(message, PROTOCOL)
        sys.stdout.flush()  # the driver ends workers that it no longer needs by SIGKILL
        with self.sending:
            self.pipe.send_bytes(content)

    def emit(self, record: logging.LogRecord) -> None:
        """The record as it would be printed: its arguments and its traceback may not be ones that can be sent."""
        plain = logging.makeLogRecord({**record.__dict__, "msg": record.getMessage(), "args": None})
        if record.exc_info:
            plain.exc_text, plain.exc_info = logging.Formatter().formatException(record.exc_info), None
        self.send(plain)

    def report(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if what != self.what or now - self.reported >= PAUSE_S:
            self.what, self.reported = what, now
            self.send(Progress(what, done, total))


def serve(pipe: Connection, threads: int, log_level: int) -> None:
    """Runs the repeats that the driver asks for until it closes the pipe; ends at once where the driver does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all processes; what to do is the driver's to say
    threading.Thread(target=_end_with_driver, daemon=True).start()
    # By itself a library's progress bar, shown or not, makes a semaphore that is left where the process is killed.
    tqdm.set_lock(threading.RLock())
    sender = _Sender(pipe)
    logging.basicConfig(level=log_level, handlers=[sender], force=True)
    logging.captureWarnings(True)
    sender.send(Ready())
    try:
        with watched(sender.report):
            job: Job = pickle.loads(pipe.recv_bytes())
            known: dict[object, References] = {}
            while True:
                asked = pipe.recv()
                if asked is None:  # another job follows
                    job = pickle.loads(pipe.recv_bytes())
                else:
                    sender.send(Work(job, *asked).finish(threads, known))
    except BaseException as error:
        with suppress(OSError):  # the driver has closed the pipe, and that is the error
            sender.send(Failed.of(error))


def _end_with_driver() -> None:
    driver = parent_process()
    assert driver is not None
    connection.wait([driver.sentinel])
    os._exit(1)
