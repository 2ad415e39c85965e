"""`python -m recsys demand`: a picture of daily ratings, fit and forecast."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import matplotlib.image as images
import numpy as np
import pytest

from recsys.cli import demand
from recsys.dataset import DataError
from recsys.environment import ROOT
from recsys.evaluation.global_time import GlobalTime
from recsys.features.demand import DAY
from recsys.models.seasonal_popularity import SeasonalPopularity
from tests.models.test_seasonal_popularity import world

pytest.importorskip("statsmodels", reason="needs the package statsmodels")


def test_the_picture_shows_a_panel_for_each_category_and_nothing_later_than_the_forecast(
    monkeypatch: pytest.MonkeyPatch,
):
    panels: list[object] = []
    plain = demand._panels  # pyright: ignore[reportPrivateUsage]

    def kept(count: int) -> object:
        figure, axes = plain(count)
        panels.extend(axes)
        return figure, axes

    monkeypatch.setattr(demand, "_panels", kept)
    split = GlobalTime((0.8,)).split(world(), 1)
    picture = images.imread(io.BytesIO(demand.drawing(SeasonalPopularity(), split.train, split.test)))
    assert picture.ndim == 3 and picture[..., :3].std() > 0
    falling, rising = panels
    assert (falling.get_title(), rising.get_title()) == ("falling", "rising")  # by their ratings in train
    train, test, fitted, forecast = (line.get_xdata().astype(np.int64) // DAY for line in falling.lines)
    assert fitted.tolist() == train[:-1].tolist()
    assert forecast.tolist() == list(range(train[-1], train[-1] + 7))  # from the day that train ends within
    assert test.max() <= forecast[-1]


def test_too_few_days_are_told():
    split = GlobalTime((0.3,)).split(world(), 1)
    with pytest.raises(DataError, match="expected ratings of at least 21 full days, to fit a period of 7 days to, got"):
        demand.drawing(SeasonalPopularity(), split.train, split.test)


@pytest.mark.slow
def test_the_command_writes_the_picture_and_refuses_another_model_in_a_sentence(tmp_path: Path):
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "recsys", "demand", "--out", str(tmp_path / "demand.png"), *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)

    done = run("dataset=synthetic-100k")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "demand.png").read_bytes().startswith(b"\x89PNG")
    refused = run("dataset=synthetic-100k", "model=ease")
    assert refused.returncode == 1
    assert "demand draws what seasonal_popularity fits, and the model is ease" in refused.stderr
