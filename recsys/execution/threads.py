"""How many threads a repeat may use, said to every library that starts some."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from threadpoolctl import threadpool_limits

from recsys import thread_pool
from recsys.environment import cores

logger = logging.getLogger(__name__)

VARIABLES = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS"),
    *("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"),
)
"""What libraries read once, as they are loaded; `recsys.nn` hands the last two to TensorFlow."""


@contextmanager
def limited(count: int) -> Generator[None]:
    """Inside, BLAS, OpenMP and TensorFlow use at most `count` threads, and users are ranked in as many.

    TensorFlow makes its pools at its first operation and keeps them as long as the process lives. Where it has made
    them with another count, a warning says so, once.
    """
    with variables(count), threadpool_limits(count), thread_pool.allowing(count):
        if "tensorflow" in sys.modules:
            _limit_tensorflow(sys.modules["tensorflow"], count)
        yield


@contextmanager
def variables(count: int) -> Generator[None]:
    """Inside, libraries that are loaded, and processes that are started, find `count` in the environment."""
    with exported(dict.fromkeys(VARIABLES, str(count))):
        yield


@contextmanager
def exported(variables: Mapping[str, str]) -> Generator[None]:
    """Inside, libraries that are loaded, and processes that are started, find these environment variables."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _limit_tensorflow(tf: Any, count: int) -> None:
    threading = tf.config.threading
    try:
        threading.set_intra_op_parallelism_threads(count)
        threading.set_inter_op_parallelism_threads(count)
    except RuntimeError:
        made = threading.get_intra_op_parallelism_threads() or cores()
        if made != count:
            _warn(made, count)


@cache
def _warn(made: int, count: int) -> None:
    logger.warning(
        "TensorFlow has started with %d threads in this process and keeps them, although %d are asked for; a process "
        "of its own (executor=process) gets as many as asked",
        made,
        count,
    )
