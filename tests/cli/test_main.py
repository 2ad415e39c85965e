"""The door of `python -m recsys`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from recsys.__main__ import COMMANDS, main

ROOT = Path(__file__).resolve().parents[2]


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    said = capsys.readouterr().out
    assert all(f"  {name} " in said for name in COMMANDS)


@pytest.mark.parametrize("words", [[], ["no-such-command"]])
def test_without_a_known_command_it_says_what_there_is(words: list[str], capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit, match="2"):
        main(words)
    assert "COMMAND" in capsys.readouterr().err


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_of_its_own(name: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit, match="0"):
        main([name, "--help"])
    assert f"python -m recsys {name}" in capsys.readouterr().out


def test_what_a_person_can_mend_is_said_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["features", str(tmp_path / "missing"), "--out", str(tmp_path / "table.parquet")]) == 2
    assert "expected a folder of videos and pictures" in capsys.readouterr().err


def test_a_command_is_imported_when_it_is_asked_for():
    code = "import sys, recsys.__main__; sys.exit('cv2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
