"""Ctrl-C and SIGTERM."""

from __future__ import annotations

import shlex
import time

from benchmarks.resilience import tracked
from benchmarks.resilience.bench import LONGER, Bench, Row, differences, kept, row, sqlite
from benchmarks.resilience.commands import started
from recsys.store.run_folder import RunFolder

TO_GO_ON = "To go on: "
STOP_S = 10.0
CODES = {"SIGINT": 130, "SIGTERM": 143}


def signals(bench: Bench) -> list[Row]:
    return [_stopped(bench, name, executor) for name in CODES for executor in bench.executors]


def _stopped(bench: Bench, name: str, executor: str) -> Row:
    place, expected = bench.place(f"{name}-{executor}"), bench.unstopped(LONGER)
    folder, database = place / "run", bench.database(place)
    with started(LONGER.command(folder, sqlite(database), executor), bench.logs) as running:
        running.until(lambda: kept(folder) >= 2, "two repeats")
        run = RunFolder(folder).record
        running.until(lambda: bool(tracked.tracked(database, run.id)), "the run in MLflow")
        sent = time.monotonic()
        if name == "SIGINT":
            running.interrupt()
        else:
            running.process.terminate()
        stopped = running.wait()
        seconds, gone = time.monotonic() - sent, running.gone()
    problems = [] if stopped.code == CODES[name] else [stopped.last_words()]
    problems += ["a traceback"] if stopped.traceback else []
    problems += [] if seconds <= STOP_S else [f"more than {STOP_S:.0f} s"]
    problems += [] if gone is not None else ["processes were left"]
    at_stop, status = kept(folder), RunFolder(folder).record.status
    problems += [] if status == "stopped" else [f"run.json says {status}"]
    statuses = [found.status for found in tracked.tracked(database, run.id)]
    problems += [] if statuses == ["KILLED"] else [f"MLflow says {', '.join(statuses) or 'nothing'}"]
    last = stopped.err.strip().rpartition("\n")[2]
    if TO_GO_ON in last:
        again = bench.finish(shlex.split(last.partition(TO_GO_ON)[2])[1:])
        problems += [] if again.code == 0 and not again.traceback else [f"the line: {again.last_words()}"]
        problems += differences(folder, database, expected)
    else:
        problems.append(f"no line that goes on: {last[:300]}")
    whom = "to the process group, as Ctrl-C does," if name == "SIGINT" else "to the driver"
    return row(
        f"{name}, executor={executor}",
        f"{name} {whom} when two repeats are kept and MLflow has the run; then the line that the run prints",
        1,
        f"exit code {CODES[name]} within {STOP_S:.0f} s, MLflow's status KILLED, a line that goes on; that line ends "
        "the run as if it had never been stopped",
        f"exit code {stopped.code} after {seconds:.1f} s, {at_stop} repeats kept",
        problems,
    )
