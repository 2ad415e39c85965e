"""A run never waits for MLflow, nor fails with it: servers that are gone, silent or full, and many runs at once."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from recsys.cli import sync
from recsys.output import following
from recsys.output.tracking import MLflow
from tests.output import followed

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def listening() -> Generator[str]:
    """A server that accepts connections and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(50)
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def answering(code: int, text: str) -> Generator[str]:
    """A server that answers every request with an error."""

    class Refuses(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(code)
            self.end_headers()
            self.wfile.write(text.encode())

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refuses)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class Server:
    """`mlflow server` over an SQLite database, to start and stop."""

    def __init__(self, place: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.place, self.store, self.uri = place, f"sqlite:///{place}/server.db", f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        words = ("server", "--workers", "1", "--host", "127.0.0.1", "--port", str(self.port))
        stores = ("--backend-store-uri", self.store, "--artifacts-destination", str(self.place / "files"))
        command = (sys.executable, "-m", "mlflow", *words, *stores)
        with (self.place / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        for _ in range(900):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.2)
        raise AssertionError((self.place / "log").read_text())

    def stop(self) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)  # the group that was started here
            self.process.wait()
            self.process = None


@pytest.fixture
def server(tmp_path: Path) -> Generator[Server]:
    place = tmp_path / "server"
    place.mkdir()
    made = Server(place)
    yield made
    made.stop()


def reference(run: Any, place: Path) -> list[tuple[Any, ...]]:
    """What MLflow holds of a run that was sent at once."""
    uri = f"sqlite:///{place}/reference.db"
    assert sync.main([str(run.path), "--tracking", uri]) == 0
    return followed.held(uri, run)


def test_a_server_that_goes_in_the_middle_gets_the_rest_later(
    server: Server,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    server.start()
    job, tracker, folder = followed.many(), MLflow(uri=server.uri), tmp_path / "run"
    run = followed.begin(folder, job, range(1, 5), tracker.store)
    follower: Any = tracker.follow(run)
    followed.keep(run, job, 1)
    follower.repeat()
    for _ in range(600):
        if follower._unsent() == []:
            break
        time.sleep(0.1)
    server.stop()
    for number in (2, 3, 4):
        followed.keep(run, job, number)
        follower.repeat()
    run.update(status="finished")
    files = followed.write_files(run)
    said = follower.close(files, interrupted=False)
    assert said is not None and "lacks 3 repeats and the summary" in said and f"recsys sync {folder}" in said
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) <= 1
    assert sync.main([str(folder)]) == 1
    server.start()
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "100")  # seconds: a busy machine's server answers late
    capsys.readouterr()
    assert sync.main([str(folder)]) == 0
    assert capsys.readouterr().out == f"{folder}: 3 repeats and the summary sent to {server.uri}\n"
    assert followed.held(server.store, run) == reference(run, tmp_path)
    assert sync.main([str(folder)]) == 0
    assert "nothing to send" in capsys.readouterr().out.splitlines()[-1]
    kept = {file.name for file in (server.place / "files").rglob("*") if file.is_file()}
    assert {file.name for file in files} == kept


@pytest.mark.parametrize("interrupted", [True, False])
def test_a_server_that_never_answers_holds_nobody_up(
    interrupted: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    with listening() as uri:
        job, tracker = followed.many(), MLflow(uri=uri)
        run = followed.begin(tmp_path, job, (1,), tracker.store)
        follower = tracker.follow(run)
        start = time.monotonic()
        followed.keep(run, job, 1)
        follower.repeat()
        run.update(status="stopped" if interrupted else "finished")
        said = follower.close(followed.write_files(run), interrupted=interrupted)
        seconds = time.monotonic() - start
    assert seconds < (10 if interrupted else 90)  # by itself MLflow tries for minutes
    assert said is not None and uri in said and f"recsys sync {tmp_path}" in said
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) <= 1


def test_a_process_ends_though_a_request_hangs(tmp_path: Path):
    code = f"""
from pathlib import Path
from recsys.output.tracking import MLflow
from tests.output import followed
import sys
folder = Path({str(tmp_path)!r})
followed.follow(folder, MLflow(uri=sys.argv[1]), job=followed.job(), status="stopped", interrupted=True)
"""
    with listening() as uri:
        done = subprocess.run(
            [sys.executable, "-c", code, uri], cwd=ROOT, timeout=120, capture_output=True, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("code", "text", "cause"),
    [
        (507, "no space left", "no space left"),
        (500, '{"error_code": "INTERNAL_ERROR", "message": "disk full"}', "500"),
    ],
)
def test_a_full_server_costs_one_warning_a_run(
    code: int, text: str, cause: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    with answering(code, text) as uri:
        job, tracker = followed.many(), MLflow(uri=uri)
        run = followed.begin(tmp_path, job, (1, 2, 3), tracker.store)
        follower: Any = tracker.follow(run)
        for number in (1, 2, 3):
            followed.keep(run, job, number)
            follower.repeat()
            for _ in range(600):
                if follower._warned:
                    break
                time.sleep(0.1)
        said = follower.close(followed.write_files(run), interrupted=False)
    (warning,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert uri in warning and cause in warning and f"kept in {tmp_path}" in warning
    assert said is not None and "lacks 3 repeats and the summary" in said and cause in said


def test_the_sentence_shows_no_password(tmp_path: Path):
    said = followed.follow(tmp_path, MLflow(uri="http://me:secret@127.0.0.1:9"), job=followed.job())
    assert said is not None and "http://me:***@127.0.0.1:9" in said and "secret" not in said


def test_a_run_that_was_stopped_goes_on_in_the_same_place(tmp_path: Path):
    tracker, job, folder = MLflow(uri=f"sqlite:///{tmp_path}/runs.db"), followed.many(), tmp_path / "run"
    followed.follow(folder, tracker, job=job, repeats=(1, 2), status="stopped", interrupted=True)
    assert followed.follow(folder, tracker, job=job, repeats=(1, 2, 3)) is None
    run = followed.RunFolder(folder)
    assert followed.held(tracker.uri, run) == reference(run, tmp_path)


def test_a_killed_run_that_goes_on_says_so_while_it_runs(tmp_path: Path):
    tracker, job, folder = MLflow(uri=f"sqlite:///{tmp_path}/runs.db"), followed.many(), tmp_path / "run"
    followed.follow(folder, tracker, job=job, repeats=(1,), status="running")  # killed
    run = followed.begin(folder, job, (1, 2), tracker.store)
    follower: Any = tracker.follow(run)

    def status() -> str:
        return next(row[2] for row in followed.held(tracker.uri, run) if row[:2] == ("many", "run"))

    for _ in range(600):
        if status() == "RUNNING":
            break
        time.sleep(0.1)
    assert status() == "RUNNING"
    followed.keep(run, job, 2)
    run.update(status="finished")
    assert follower.close(followed.write_files(run), interrupted=False) is None
    assert followed.held(tracker.uri, run) == reference(run, tmp_path)


def test_eight_processes_start_at_once_on_a_database_that_is_not_there(tmp_path: Path):
    uri = f"sqlite:///{tmp_path}/runs.db"
    code = f"""
import sys
from pathlib import Path
from recsys.output import following
from recsys.output.tracking import MLflow
from tests.output import followed
following.PATIENCE = 100.0  # seconds: this is about what arrives, not about how soon on a busy machine
folder = Path({str(tmp_path)!r}) / sys.argv[1]
sys.exit(followed.follow(folder, MLflow(uri={uri!r}), job=followed.many()))
"""
    started: Sequence[subprocess.Popen[str]] = [
        subprocess.Popen([sys.executable, "-c", code, str(number)], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for number in range(8)
    ]
    said = [process.communicate(timeout=500)[1] for process in started]
    assert [(process.returncode, words) for process, words in zip(started, said, strict=True)] == [(0, "")] * 8
    for number in range(8):
        run = followed.RunFolder(tmp_path / str(number))
        assert followed.held(uri, run) == reference(run, tmp_path)


def test_a_database_that_others_write_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    tracker = MLflow(uri=f"sqlite:///{tmp_path}/runs.db")
    fails = [RuntimeError("(sqlite3.OperationalError) database is locked")] * 3
    begin = following.Sending

    def sometimes(*words: Any) -> Any:
        if fails:
            raise fails.pop()
        return begin(*words)

    monkeypatch.setattr(following, "Sending", sometimes)
    assert followed.follow(tmp_path / "run", tracker, job=followed.job()) is None
    assert not fails
