"""A tracking server that goes, comes back, stays away, or listens and never answers.

A run whose server is to come back before its end is paused while the server starts, which takes longer than a repeat.
"""

from __future__ import annotations

import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.resilience.bench import LONGER, Bench, Row, Unstopped, differences, kept, row
from benchmarks.resilience.commands import Ended, Running, ended, started

COST_S = 10.0
"""Of a server that does not answer, for each repeat, at most."""
STOP_S = 10.0
LACKS, AWAY = "lacks", "does not take the run's numbers"
"""What a run says of its server: at its end, and once before."""


def server(bench: Bench) -> list[Row]:
    """Real servers, away for a while and till after the run."""
    return [_away(bench, comes_back=True), _away(bench, comes_back=False)]


def _away(bench: Bench, *, comes_back: bool) -> Row:
    place = bench.place(f"server-{comes_back}")
    folder, port, pause, problems = place / "run", free_port(), 0.0, list[str]()
    expected, alone = bench.unstopped(LONGER), bench.unstopped(LONGER, sent=False)
    with started(server_words(place, port), bench.logs) as first:
        until_up(first, port)
        words = LONGER.command(folder, f"tracking.uri=http://127.0.0.1:{port}")
        with started(words, bench.logs) as running:
            running.until(lambda: kept(folder) >= 2, "two repeats")
            first.clean()
            bench.tell("the server is stopped after the second repeat")
            if comes_back:
                running.until(lambda: kept(folder) >= 4, "four repeats")
                with running.paused(), _served(place, port, bench) as second:
                    at, began = kept(folder), time.monotonic()
                    until_up(second, port)
                    pause = time.monotonic() - began
                    bench.tell(f"the server is back after repeat {at}")
                    running.go_on()
                    found = running.wait()
                    problems += _after(bench, found, place, expected)
                problems += [] if at < LONGER.repeats else ["the server came back after the last repeat"]
            else:
                found = running.wait()
                with _served(place, port, bench) as second:
                    until_up(second, port)
                    problems += _after(bench, found, place, expected)
    cost = (found.seconds - pause - alone.seconds) / LONGER.repeats
    problems += [f"it cost more than {COST_S:.0f} s a repeat"] if cost > COST_S else []
    warnings, ends = found.err.count(AWAY), found.err.count(LACKS)
    problems += ["it was said more than once"] if warnings > 1 or ends > 1 or (comes_back and ends) else []
    when = "started again before the run's end" if comes_back else "started again after the run"
    return row(
        f"server away, {when}",
        f"`mlflow server` stopped after the second repeat of {LONGER.repeats}, {when}; then `recsys sync` twice",
        1,
        "files of an undisturbed run; MLflow complete after run or `recsys sync`, nothing twice; one warning during "
        f"the run and, if something is lacking, one at its end; at most {COST_S:.0f} s more a repeat",
        f"{max(cost, 0.0):.1f} s more a repeat than without tracking; {warnings} warning during the run, "
        f"{ends} at its end",
        problems,
    )


def _after(bench: Bench, found: Ended, place: Path, expected: Unstopped) -> list[str]:
    problems = [] if found.code == 0 and not found.traceback else [found.last_words()]
    folder, database = place / "run", place / "mlflow.db"
    said = list[str]()
    for _ in range(2):
        sync = ended(["-m", "recsys", "sync", str(folder)], bench.logs)
        problems += [] if sync.code == 0 else [f"sync: {sync.last_words()}"]
        said.append(sync.out.strip().rpartition(f"{folder}: ")[2])
    bench.tell(f"recsys sync, twice: {'; '.join(said)}")
    problems += [] if said[-1] == "nothing to send" else ["the second sync sent something"]
    return problems + differences(folder, database, expected)


@contextmanager
def _served(place: Path, port: int, bench: Bench) -> Generator[Running]:
    with started(server_words(place, port), bench.logs) as running:
        yield running


def deaf(bench: Bench) -> list[Row]:
    """Somebody listens and never answers."""
    expected, alone = bench.unstopped(), bench.unstopped(sent=False)
    with _deaf_port() as port:
        address = f"tracking.uri=http://127.0.0.1:{port}"
        folder = bench.place("deaf") / "run"
        found = bench.finish(bench.workload.command(folder, address))
        problems = [] if found.code == 0 and not found.traceback else [found.last_words()]
        problems += differences(folder, None, expected)
        cost = (found.seconds - alone.seconds) / bench.workload.repeats
        problems += [f"it cost more than {COST_S:.0f} s a repeat"] if cost > COST_S else []
        stopped = bench.place("deaf-stopped") / "run"
        with started(bench.workload.command(stopped, address), bench.logs) as running:
            running.until(lambda: kept(stopped) >= 2, "two repeats")
            sent = time.monotonic()
            running.process.terminate()
            code = running.wait().code
            seconds = time.monotonic() - sent
        problems += [] if code == 143 else [f"SIGTERM: exit code {code}"]
        problems += [] if seconds <= STOP_S else [f"SIGTERM took more than {STOP_S:.0f} s"]
    return [
        row(
            "server that never answers",
            "a port that accepts connections and says nothing; one run to its end, one with SIGTERM after two repeats",
            2,
            f"files of an undisturbed run, at most {COST_S:.0f} s more a repeat; exit code 143 within {STOP_S:.0f} s",
            f"{max(cost, 0.0):.1f} s more a repeat than without tracking; exit code {code} {seconds:.1f} s after "
            "SIGTERM",
            problems,
        )
    ]


def server_words(place: Path, port: int) -> list[str]:
    """An MLflow server of its own, with an SQLite file."""
    return [
        *("-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
        *("--backend-store-uri", f"sqlite:///{place / 'mlflow.db'}"),
        *("--artifacts-destination", str(place / "artifacts")),
    ]


def until_up(running: Running, port: int) -> None:
    running.until(lambda: _answers(port), f"an MLflow server on port {port}")


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as response:
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def _deaf_port() -> Generator[int]:
    """Accepts and keeps quiet."""
    connections = list[socket.socket]()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            with suppress(OSError):  # closed: the end
                while True:
                    connections.append(listening.accept()[0])

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield int(listening.getsockname()[1])
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            for connection in connections:
                connection.close()
