"""Where numbers come from."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path

import numpy as np
import pytest

from recsys import environment


def test_versions_are_those_that_run() -> None:
    found = environment.environment()
    assert found["python"] == platform.python_version()
    assert isinstance(found["packages"], dict)
    assert found["packages"]["numpy"] == np.__version__


def test_without_git_the_revision_is_unknown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    assert environment.revision() == ("unknown", "unknown")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert environment.revision() == ("unknown", "unknown")


def test_without_git_the_revision_is_what_the_driver_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setenv(environment.TOLD, "1f0c true")
    assert environment.revision() == ("1f0c", "true")


def test_what_is_written_into_results_and_docs_does_not_differ_from_the_commit(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def git(*words: str) -> None:
        subprocess.run(["git", "-C", tmp_path, "-c", "user.name=a", "-c", "user.email=a@b", *words], check=True)

    git("init", "-q")
    files = [tmp_path / name for name in ("results/a.json", "docs/a.md", "recsys/a.py")]
    for file in files:
        file.parent.mkdir()
        file.write_text("before")
    git("add", ".")
    git("commit", "-qm", "all")
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    dirty: list[str] = []
    for file in files:
        file.write_text("after")
        dirty.append(environment.revision()[1])
    assert dirty == ["false", "false", "true"]


def machine(root: Path, free_kb: int, limit: str, used: int) -> Path:
    (root / "proc").mkdir(parents=True)
    (root / "proc/meminfo").write_text(f"MemTotal: 9999999 kB\nMemAvailable: {free_kb} kB\n")
    (root / "sys/fs/cgroup").mkdir(parents=True)
    (root / "sys/fs/cgroup/memory.max").write_text(f"{limit}\n")
    (root / "sys/fs/cgroup/memory.current").write_text(f"{used}\n")
    return root


def test_free_memory_is_what_the_machine_and_the_container_leave(tmp_path: Path):
    assert environment.available_mb(machine(tmp_path / "bare", 3_000_000, "max", 0)) == 3072
    assert environment.available_mb(machine(tmp_path / "held", 3_000_000, "1000000000", 400_000_000)) == 600
    assert environment.available_mb(tmp_path / "other system") is None


def test_cores_are_those_of_the_process_and_the_container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(environment.sys, "platform", "linux")
    monkeypatch.setattr(environment.os, "sched_getaffinity", lambda process: {0, 1, 2, 5}, raising=False)
    limit = tmp_path / "sys/fs/cgroup/cpu.max"
    assert environment.cores(tmp_path) == 4
    limit.parent.mkdir(parents=True)
    for quota, expected in (
        ("max 100000", 4),
        ("250000 100000", 3),
        ("200000 100000", 2),
        ("900000 100000", 4),
        ("1000 100000", 1),
    ):
        limit.write_text(f"{quota}\n")
        assert environment.cores(tmp_path) == expected, quota


def test_other_systems_count_all_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(environment.sys, "platform", "darwin")
    monkeypatch.setattr(environment.os, "cpu_count", lambda: 6)
    assert environment.cores(tmp_path) == 6
