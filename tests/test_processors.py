"""Scores and ranks do not depend on who else is asked, whichever kernels the user's processor makes libraries choose.

OpenBLAS and oneDNN pick their kernels when they are loaded, so each choice is a process of its own. Kernels that this
processor cannot run are not among the parameters.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.models.catalogue import OTHERS

ROOT = Path(__file__).resolve().parents[1]
PROMISE = "tests/test_contract.py::test_scores_and_ranks_do_not_depend_on_who_else_is_asked"
pytestmark = pytest.mark.slow
BLAS = {"Haswell": "avx2", "Zen": "avx2", "SkylakeX": "avx512f"}
"""Kernel -> the flag of /proc/cpuinfo that it needs."""


def flags() -> set[str]:
    file = Path("/proc/cpuinfo")
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return {flag for line in lines if line.startswith("flags") for flag in line.partition(":")[2].split()}


def holds(names: Sequence[str], **settings: str) -> None:
    tests = [f"{PROMISE}[{name}]" for name in names]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert f"{len(names)} passed" in done.stdout


@pytest.mark.parametrize("kernel", [kernel for kernel, flag in BLAS.items() if flag in flags()])
def test_it_holds_under_this_kernel_of_openblas(kernel: str):
    holds(OTHERS, OPENBLAS_CORETYPE=kernel)


def test_it_holds_for_networks_of_both_kinds_on_a_processor_with_avx2_alone():
    holds(("bert4rec", "xdeepfm"), ONEDNN_MAX_CPU_ISA="AVX2")
