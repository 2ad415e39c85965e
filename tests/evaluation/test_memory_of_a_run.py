"""What measuring and writing take, where users times items would be 2 GB of scores."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from recsys.environment import ROOT

LIMIT = 1_500_000_000


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not hold a process to RLIMIT_AS")
def test_a_run_of_10000_users_and_50000_items_fits_into_1500_megabytes(tmp_path: Path):
    command = [sys.executable, "-m", "tests.evaluation.large_run", str(tmp_path), str(LIMIT)]
    one_thread = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")  # each has a stack and buffers mapped
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **one_thread}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lists = pq.ParquetFile(tmp_path / "rankings.parquet").metadata
    values = pq.ParquetFile(tmp_path / "per_user.parquet").metadata
    tested = pq.read_table(tmp_path / "splits.parquet").column("user").unique()
    assert lists.num_rows == len(tested) * 50 + 40_000  # each user's list of `full`, and all test rows in `rated`
    assert values.num_rows == len(tested) * (6 * 22 + 1 + 8 * 22)  # AUC has no cutoff, and `full` two metrics more
