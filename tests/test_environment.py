"""Where numbers come from."""

from __future__ import annotations

import platform
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
