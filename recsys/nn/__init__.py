"""The only door to TensorFlow: import it, Keras and DeepCTR from here and nowhere else.

Importing this module takes about seven seconds, so models import it when they are fitted, not before.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

# Before TensorFlow is loaded: DeepCTR and TFBert are written for Keras 2 (without this, DeepCTR fails in add_weight).
os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Else transformers says in every process that its TensorFlow classes, which the lock's version has, are deprecated.
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")


@contextmanager
def _silenced() -> Generator[None]:
    """Discards standard error, to which TensorFlow's C++ code writes on import, before it reads TF_CPP_MIN_LOG_LEVEL.
    An import that fails still raises."""
    sys.stderr.flush()
    stderr = os.dup(2)
    with Path(os.devnull).open("wb") as null:
        os.dup2(null.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


def _no_version_check(version: str) -> None:
    """DeepCTR's own starts a thread that asks the package index for its newest version, whoever imports it."""


_deepctr_utils = ModuleType("deepctr.utils")
_deepctr_utils.__dict__["check_version"] = _no_version_check
sys.modules.setdefault("deepctr.utils", _deepctr_utils)

with _silenced():
    import tensorflow
    import tf_keras
from deepctr.layers.core import DNN  # noqa: E402
from deepctr.layers.interaction import CIN  # noqa: E402
from transformers import BertConfig, TFBertForMaskedLM  # noqa: E402

# Their own types are incomplete and reject correct code, such as tensor[..., None]: to the checker they are unknown.
tf: Any = tensorflow
keras: Any = tf_keras

# TensorFlow reads these variables, too, but only at its first operation, and then does not tell what it found.
for _variable, _limit in (
    ("TF_NUM_INTRAOP_THREADS", tf.config.threading.set_intra_op_parallelism_threads),
    ("TF_NUM_INTEROP_THREADS", tf.config.threading.set_inter_op_parallelism_threads),
):
    if _count := os.environ.get(_variable):
        _limit(int(_count))

__all__ = ["CIN", "DNN", "BertConfig", "TFBertForMaskedLM", "keras", "tf"]
