"""Where numbers come from: code, interpreter, packages and machine."""

from __future__ import annotations

import math
import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

FIT_MB = 2000
"""What a fit is taken to need: ten repeats of xdeepfm on ml-100k take 1,554 MB at most (results/ml-100k.md)."""
ROOT = Path(__file__).resolve().parents[1]
PACKAGES = (
    *("bm25s", "deepctr", "hydra-core", "implicit", "matplotlib", "mlflow", "numpy", "opencv-python-headless"),
    *(
        "optuna",
        "pandas",
        "pyarrow",
        "pydantic",
        "scikit-learn",
        "scipy",
        "skops",
        "tensorflow",
        "tf-keras",
        "transformers",
    ),
)


def environment() -> dict[str, object]:
    """All of it; JSON."""
    commit, dirty = revision()
    return {
        "commit": commit,
        "dirty": dirty,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": processor(),
        "cpus": os.cpu_count(),
        "packages": {package: _version(package) for package in PACKAGES},
    }


TOLD = "RECSYS_REVISION"
"""The environment variable that tells a process without a checkout its driver's revision."""


def revision() -> tuple[str, str]:
    """The code's git commit, and 'true' where files differ from it; without git, what `TOLD` says, or 'unknown'.

    What a program has written into results/ and docs/ so far is no difference.
    """
    written = (":(exclude)results", ":(exclude)docs")
    command = (("rev-parse", "HEAD"), ("status", "--porcelain", "--", ".", *written))
    try:
        commit, changes = (
            subprocess.run(["git", "-C", ROOT, *words], capture_output=True, text=True, check=True).stdout.strip()
            for words in command
        )
    except (OSError, subprocess.CalledProcessError):
        commit, _, changed = os.environ.get(TOLD, "unknown unknown").partition(" ")
        return commit, changed
    return commit, str(bool(changes)).lower()


def processor() -> str:
    """The processor's name, as far as the system tells."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def cores(root: Path = Path("/")) -> int:
    """How many cores this process may use: its affinity, within the quota of a container (cgroup 2), rounded up."""
    allowed = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    limit = root / "sys/fs/cgroup/cpu.max"
    if limit.exists():
        quota, period = limit.read_text(encoding="utf-8").split()
        if quota != "max":
            allowed = min(allowed, math.ceil(int(quota) / int(period)))
    return max(1, allowed)


def available_mb(root: Path = Path("/")) -> int | None:
    """What Linux reports as available, within the limit of a container (cgroup 2); None where it reports nothing."""
    info, group = root / "proc/meminfo", root / "sys/fs/cgroup"
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    limits = [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
    if (group / "memory.max").exists() and (limit := (group / "memory.max").read_text().strip()) != "max":
        limits.append(int(limit) - int((group / "memory.current").read_text()))
    return min(limits) // 10**6 if limits else None


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
