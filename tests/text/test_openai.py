"""The client of OpenAI's protocol against a real server on this machine: slow, refusing, of the wrong shape, silent."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys.dataset import DataError
from recsys.store import learned
from recsys.text.embedder import Embedder
from recsys.text.openai import OpenAi

pytest.importorskip("openai", reason="the optional package openai is not installed")
SECRET = "sk-of-these-tests-alone"


def vector(text: str) -> list[float]:
    """Of length 2: where it points to depends on the text."""
    angle = sum(text.encode())
    return [2 * float(np.cos(angle)), 2 * float(np.sin(angle)), 0.0]


def right(texts: list[str]) -> Any:
    data = [{"object": "embedding", "index": place, "embedding": vector(text)} for place, text in enumerate(texts)]
    return {"object": "list", "data": data[::-1], "model": "m", "usage": {"prompt_tokens": 1, "total_tokens": 1}}


@dataclass
class Server:
    """failures: statuses of the first answers; answer: of the others, to the texts that were sent."""

    url: str = ""
    failures: list[int] = field(default_factory=list)
    answer: Callable[[list[str]], Any] = right
    seconds: float = 0.0
    asked: list[list[str]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def embedder(self, cache: Path, **settings: Any) -> OpenAi:
        return replace(OpenAi(base_url=self.url, dimensions=3, cache=str(cache)), **settings)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.asked.append(body["input"])
            state.keys.append(self.headers["Authorization"])
            time.sleep(state.seconds)
            status = state.failures.pop(0) if state.failures else 200
            refused = {"error": {"message": f"no, {SECRET}"}}
            content = state.answer(body["input"]) if status == 200 else refused
            written = content if isinstance(content, bytes) else json.dumps(content).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(written)))
                self.send_header("Retry-After-Ms", "1")
                self.end_headers()
                self.wfile.write(written)
            except OSError:  # a client that waited no longer
                pass

        def log_message(self, format: str, *args: Any) -> None:
            pass

    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        state.url = f"http://127.0.0.1:{listening.server_port}/v1"
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield state
        listening.shutdown()
        thread.join()


def test_it_is_an_embedder():
    assert isinstance(OpenAi(), Embedder)


def test_vectors_are_in_the_order_of_the_texts_of_length_1_and_empty_texts_are_not_sent(server: Server, tmp_path: Path):
    fitted = server.embedder(tmp_path, batch_size=2).fit((), 1)
    texts = ("sun", "", "moon", " ", "star", "sun")
    expected = [np.array(vector(text)) / 2 if text.strip() else np.zeros(3) for text in texts]
    assert fitted.embed(texts) == pytest.approx(np.stack(expected), abs=1e-6)
    assert server.asked == [["sun", "moon"], ["star"]]
    assert set(server.keys) == {f"Bearer {SECRET}"}
    assert fitted.embed(()).shape == (0, 3)


def test_what_was_answered_is_not_asked_for_again_but_for_another_model(server: Server, tmp_path: Path):
    made = server.embedder(tmp_path)
    first = made.fit((), 1).embed(("sun", "moon"))
    again = made.fit((), 1).embed(("moon", "rain", "sun"))
    assert again[[2, 0]].tobytes() == first.tobytes()
    assert server.asked == [["sun", "moon"], ["rain"]]
    replace(made, model="another").fit((), 1).embed(("sun",))
    assert server.asked[2:] == [["sun"]]


def test_batches_before_a_failure_are_kept(server: Server, tmp_path: Path):
    made = server.embedder(tmp_path, batch_size=1, retries=0)
    server.answer = lambda texts: right(texts) if texts == ["sun"] else b"nonsense"
    with pytest.raises(DataError):
        made.fit((), 1).embed(("sun", "moon"))
    server.answer = right
    made.fit((), 1).embed(("sun", "moon"))
    assert server.asked == [["sun"], ["moon"], ["moon"]]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_that_refuses_for_a_while_is_asked_again(status: int, server: Server, tmp_path: Path):
    server.failures = [status, status]
    vectors = server.embedder(tmp_path, retries=2).fit((), 1).embed(("sun",))
    assert vectors[0] == pytest.approx(np.array(vector("sun")) / 2, abs=1e-6)
    assert server.asked == [["sun"]] * 3


@pytest.mark.parametrize(("status", "times"), [(429, 3), (500, 3), (400, 1), (401, 1)])
def test_one_that_goes_on_refusing_is_an_error_without_the_key(status: int, times: int, server: Server, tmp_path: Path):
    server.failures = [status] * 9
    with pytest.raises(DataError, match=f"expected embeddings, got status {status}: ") as caught:
        server.embedder(tmp_path, retries=2).fit((), 1).embed(("sun",))
    assert len(server.asked) == times
    assert SECRET not in str(caught.value)
    assert caught.value.__suppress_context__


def test_one_that_is_slow_is_given_up(server: Server, tmp_path: Path):
    server.seconds = 0.5
    with pytest.raises(DataError, match=r"got no answer within 0\.05 seconds, 1 times"):
        server.embedder(tmp_path, timeout=0.05, retries=0).fit((), 1).embed(("sun",))


def test_one_that_is_not_there_is_said_not_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    made = OpenAi(base_url="http://127.0.0.1:9/v1", retries=0, cache=str(tmp_path))
    with pytest.raises(DataError, match=r"127\.0\.0\.1:9/v1: expected embeddings, got no connection, 1 times"):
        made.fit((), 1).embed(("sun",))


def test_answers_of_another_shape_are_refused_and_not_kept(server: Server, tmp_path: Path):
    one = {"object": "embedding", "index": 0, "embedding": [1.0, 2.0, 3.0]}
    wrong: dict[str, Any] = {
        r"1 vectors of \[3\] numbers for 2 texts": {"data": [one]},
        r"2 vectors of \[2\] numbers": {"data": [one | {"embedding": [1.0, 2.0]}] * 2},
        r"2 vectors of \[2, 3\] numbers": {"data": [one, one | {"index": 1, "embedding": [1.0, 2.0]}]},
        "numbers that are not finite": b'{"data": [{"index": 0, "embedding": [NaN, 1, 2]}, '
        b'{"index": 1, "embedding": [1, 1, 2]}]}',
        r"an answer that is no list of embeddings": b"<html>log in first</html>",
        r"an answer that is no list": {"detail": "there is no such thing"},
    }
    fitted = server.embedder(tmp_path, retries=0).fit((), 1)
    for said, answer in wrong.items():
        server.answer = lambda texts, answer=answer: answer
        with pytest.raises(DataError, match=said):
            fitted.embed(("sun", "moon"))
    server.answer = right
    assert fitted.embed(("sun",))[0] == pytest.approx(np.array(vector("sun")) / 2, abs=1e-6)


def test_without_a_key_only_a_server_of_ones_own_is_asked(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("OPENAI_API_KEY")
    server.embedder(tmp_path).fit((), 1).embed(("sun",))
    assert server.asked == [["sun"]]
    with pytest.raises(DataError, match="expected a key in the environment variable OPENAI_API_KEY, found none"):
        OpenAi(cache=str(tmp_path)).fit((), 1).embed(("sun",))


def test_the_key_is_in_no_file_no_log_and_no_saved_model(
    server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    with caplog.at_level(logging.DEBUG):
        fitted = server.embedder(tmp_path / "cache").fit((), 1)
        before = fitted.embed(("sun",))
        learned.save(fitted).write(tmp_path / "model")
        assert learned.load(tmp_path / "model").embed(("sun",)).tobytes() == before.tobytes()
    assert server.asked == [["sun"]]
    assert SECRET not in repr(fitted)
    assert SECRET not in caplog.text
    files = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    assert files
    assert not any(SECRET.encode() in content for content in files)


def test_a_long_text_is_cut(server: Server, tmp_path: Path):
    server.embedder(tmp_path, max_characters=3).fit((), 1).embed(("sunlight",))
    assert server.asked == [["sun"]]


def test_a_damaged_cache_is_said_to_be(server: Server, tmp_path: Path):
    (tmp_path / "embeddings.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(DataError, match=r"embeddings\.sqlite: expected a file of embeddings that can be read"):
        server.embedder(tmp_path).fit((), 1).embed(("sun",))
