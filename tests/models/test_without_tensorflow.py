"""The models that need no network run without loading TensorFlow, in a process of their own where nothing else can."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.models.catalogue import OTHERS

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
CODE = f"""
import sys
import hydra
import numpy as np
from recsys.data.synthetic import Synthetic

world = Synthetic(name="tiny", users=20, items=30, ratings=300, seed=1).load()
for name in {OTHERS}:
    with hydra.initialize_config_dir(version_base="1.3", config_dir="{ROOT}/conf"):
        config = hydra.compose("config", [f"model={{name}}"]).model
    model = hydra.utils.instantiate(config, _convert_="all")
    scorer = model.fit(world, 1)
    for objective in ("rating", "implicit"):
        scorer.grid(np.arange(20), objective)
    loaded = sorted({{"tensorflow", "tf_keras", "deepctr", "transformers"}} & set(sys.modules))
    if loaded:
        sys.exit(f"{{name}} loads {{loaded}}")
print("fitted")
"""


def test_no_such_model_loads_tensorflow():
    done = subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "fitted\n"
