"""Where numbers come from: code, interpreter, packages and machine."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = (
    *("bm25s", "deepctr", "hydra-core", "implicit", "matplotlib", "mlflow", "numpy", "opencv-python-headless"),
    *("pandas", "pyarrow", "pydantic", "scikit-learn", "scipy", "tensorflow", "tf-keras", "transformers"),
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


def revision() -> tuple[str, str]:
    """The code's git commit, and 'true' where files differ from it; 'unknown' twice without git."""
    command = (("rev-parse", "HEAD"), ("status", "--porcelain"))
    try:
        commit, changes = (
            subprocess.run(["git", "-C", ROOT, *words], capture_output=True, text=True, check=True).stdout.strip()
            for words in command
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown", "unknown"
    return commit, str(bool(changes)).lower()


def processor() -> str:
    """The processor's name, as far as the system tells."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
