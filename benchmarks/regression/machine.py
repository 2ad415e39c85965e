"""What decides the last digits of a number, and other processors that this one can stand for.

Sums come out in another order where a library chooses other kernels: numpy and scipy by OpenBLAS' target, TensorFlow by
oneDNN's instruction set and XLA's, all of them by their version.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any

from threadpoolctl import threadpool_info

FLAGS = frozenset(
    {"avx", "avx2", "fma", "sse4_1", "sse4_2", "avx_vnni", "amx_bf16", "amx_tile", "neon", "asimd", "sve"}
)
"""Beside all that begin with avx512: what kernels are chosen by."""
PACKAGES = (
    *("bm25s", "deepctr", "implicit", "numpy", "pandas", "scikit-learn"),
    *("scipy", "tensorflow", "tf-keras", "transformers"),
)
"""Those that numbers are computed by."""
VARIABLES = (
    *("OPENBLAS_CORETYPE", "NPY_DISABLE_CPU_FEATURES"),
    *("TF_ENABLE_ONEDNN_OPTS", "ONEDNN_MAX_CPU_ISA", "XLA_FLAGS"),
)
KINDS: Mapping[str, tuple[str, Mapping[str, str]]] = MappingProxyType(
    {
        "AVX2, oneDNN off": ("avx2", {"OPENBLAS_CORETYPE": "Haswell", "TF_ENABLE_ONEDNN_OPTS": "0"}),
        "AVX, no FMA": (
            "avx",
            {
                "OPENBLAS_CORETYPE": "Sandybridge",
                "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3",
                "ONEDNN_MAX_CPU_ISA": "AVX",
                "XLA_FLAGS": "--xla_cpu_max_isa=AVX",
            },
        ),
        "SSE4": (
            "sse4_2",
            {
                "OPENBLAS_CORETYPE": "Nehalem",
                "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3",
                "ONEDNN_MAX_CPU_ISA": "SSE41",
                "XLA_FLAGS": "--xla_cpu_max_isa=SSE4_2",
            },
        ),
        "AVX-512": ("avx512f", {"OPENBLAS_CORETYPE": "SkylakeX", "TF_ENABLE_ONEDNN_OPTS": "1"}),
    }
)
"""Name -> the flag of /proc/cpuinfo that it needs, and what makes libraries compute as such a processor would."""


def machine() -> dict[str, Any]:
    """What must be equal for numbers to be equal to the last digits; JSON."""
    return {
        "python": ".".join(platform.python_version_tuple()[:2]),
        "architecture": platform.machine(),
        "packages": {package: version(package) for package in PACKAGES},
        "processor": processor(),
        "openblas": sorted({str(pool.get("architecture")) for pool in threadpool_info() if pool["user_api"] == "blas"}),
        "variables": {name: os.environ.get(name, "") for name in VARIABLES},
    }


def processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> dict[str, Any]:
    """Vendor, family and the flags that kernels are chosen by; empty where the system does not tell."""
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    told = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in reversed(lines))}
    flags = (told.get("flags") or told.get("Features") or "").split()
    chosen = sorted(flag for flag in flags if flag in FLAGS or flag.startswith("avx512"))
    return {"vendor": told.get("vendor_id", ""), "family": told.get("cpu family", ""), "flags": chosen}


def kinds() -> dict[str, Mapping[str, str]]:
    """The other kinds of processor that this one can stand for."""
    flags = processor()["flags"]
    return {name: variables for name, (needed, variables) in KINDS.items() if needed in flags}
