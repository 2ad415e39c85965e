"""Limits on threads: said to libraries that are loaded already, to those that come later, and to TensorFlow."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from recsys.environment import ROOT
from recsys.execution import threads


def loaded() -> dict[str, int]:
    """Library -> the threads that it may use."""
    np.ones((2, 2)) @ np.ones((2, 2))
    return {library["filepath"]: library["num_threads"] for library in threadpool_info()}


def test_loaded_libraries_and_the_environment_are_limited_inside_and_as_before_outside(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    before, environment = loaded(), dict(os.environ)
    assert before
    with threads.limited(1):
        assert set(loaded().values()) == {1}
        assert {os.environ[name] for name in threads.VARIABLES} == {"1"}
    assert loaded() == before
    assert dict(os.environ) == environment


def test_an_error_inside_restores_them_too():
    before, environment = loaded(), dict(os.environ)
    with pytest.raises(ZeroDivisionError), threads.limited(1):
        raise ZeroDivisionError
    assert loaded() == before
    assert dict(os.environ) == environment


def tensorflow(made: int | None) -> SimpleNamespace:
    """Its settings of threads; made: the count of its pools once they are there, 0: by its own choice."""
    asked: list[int] = []

    def limit(count: int) -> None:
        if made is not None and count != made:
            raise RuntimeError("Intra op parallelism cannot be modified after initialization.")
        asked.append(count)

    threading = SimpleNamespace(
        set_intra_op_parallelism_threads=limit,
        set_inter_op_parallelism_threads=limit,
        get_intra_op_parallelism_threads=lambda: made,
    )
    return SimpleNamespace(config=SimpleNamespace(threading=threading), asked=asked)


def test_tensorflow_that_has_not_started_is_told(monkeypatch: pytest.MonkeyPatch):
    fresh = tensorflow(None)
    monkeypatch.setitem(sys.modules, "tensorflow", fresh)
    with threads.limited(3):
        assert fresh.asked == [3, 3]


@pytest.mark.parametrize(("made", "told"), [(5, 5), (0, 8)])
def test_tensorflow_that_runs_on_another_count_is_said_once(
    made: int, told: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    threads._warn.cache_clear()
    monkeypatch.setitem(sys.modules, "tensorflow", tensorflow(made))
    monkeypatch.setattr(threads, "cores", lambda: 8)
    for _ in range(3):
        with caplog.at_level(logging.WARNING), threads.limited(1):
            pass
    (message,) = caplog.messages
    assert f"with {told} threads" in message and "although 1 are asked for" in message
    threads._warn.cache_clear()


@pytest.mark.parametrize("made", [1, 0])
def test_tensorflow_that_runs_on_that_count_is_not_spoken_of(
    made: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setitem(sys.modules, "tensorflow", tensorflow(made))
    monkeypatch.setattr(threads, "cores", lambda: 1)
    with caplog.at_level(logging.WARNING), threads.limited(1):
        pass
    assert not caplog.messages


PRODUCTS = """
import os, sys, time
count = int(sys.argv[1])
from recsys.execution import threads
with threads.limited(count):
    import numpy as np
    from recsys.nn import tf
    a = np.random.default_rng(1).normal(size=(800, 800)).astype(np.float32)
    tensor = tf.constant(a)
    for product in (lambda: a @ a, lambda: tf.linalg.matmul(tensor, tensor).numpy()):
        product()
        wall, cpu = time.perf_counter(), time.process_time()
        while time.process_time() - cpu < 0.5:
            product()
        print((time.process_time() - cpu) / (time.perf_counter() - wall))
with threads.limited(count):  # its pools are made, and with this count: nothing to warn of
    made = tf.config.threading
    print(made.get_intra_op_parallelism_threads(), made.get_inter_op_parallelism_threads())
"""


@pytest.mark.slow
def test_one_thread_is_one_processor_for_numpy_and_tensorflow():
    done = subprocess.run(
        [sys.executable, "-c", PRODUCTS, "1"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=300
    )
    numpy, tensorflow, intra, inter = done.stdout.split()
    assert (intra, inter) == ("1", "1")
    assert float(numpy) < 1.2  # CPU seconds a second; other processes on the machine can only make it less
    assert float(tensorflow) < 1.2
    assert "although" not in done.stderr
