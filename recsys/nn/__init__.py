"""The only door to TensorFlow: import it, Keras and DeepCTR from here and nowhere else.

Importing this module takes about seven seconds, so models import it when they are fitted, not before.
"""

from __future__ import annotations

import os
import sys
from types import ModuleType

# Before TensorFlow is loaded: DeepCTR and TFBert are written for Keras 2 (without this, DeepCTR fails in add_weight).
os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def _no_version_check(version: str) -> None:
    """DeepCTR's own starts a thread that asks the package index for its newest version, whoever imports it."""


_quiet = ModuleType("deepctr.utils")
_quiet.__dict__["check_version"] = _no_version_check
sys.modules.setdefault("deepctr.utils", _quiet)

import tensorflow as tf  # noqa: E402
import tf_keras as keras  # noqa: E402
from deepctr.layers.core import DNN, PredictionLayer  # noqa: E402
from deepctr.layers.interaction import CIN  # noqa: E402
from deepctr.layers.utils import Linear  # noqa: E402

__all__ = ["CIN", "DNN", "Linear", "PredictionLayer", "keras", "tf"]
