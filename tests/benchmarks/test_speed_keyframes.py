"""The speed benchmark on a small video; how fast it is is no matter here."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.speed import keyframes

pytestmark = pytest.mark.slow


def test_it_measures_videos_whose_scenes_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(keyframes, "SIZE", (96, 160))
    keyframes.write(tmp_path / "film.mp4", "mp4v", 9)
    speed = keyframes.fastest(tmp_path / "film.mp4", 1)
    assert speed.n_keyframes == 3  # nine seconds, a cut every three
    assert speed.seconds > 0 and speed.cpu_seconds > 0 and speed.peak_mb > 10


def test_a_row_has_frames_a_second_and_multiples_of_real_time():
    speed = keyframes.Speed(n_keyframes=4, seconds=5.0, cpu_seconds=8.0, peak_mb=123.4)
    assert keyframes.row("MPEG-4", 20, speed) == "| MPEG-4 | 20 s | 4 | 100 | 4.0 | 62 | 2.5 | 123 |"
