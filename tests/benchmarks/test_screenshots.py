"""MLflow's own pages in a real browser: four runs of one command, as the run folders have them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks import screenshots
from benchmarks.screenshots import Pages
from recsys.evaluation.metric_name import MetricName

if TYPE_CHECKING:
    from playwright.sync_api import Page

MODELS = ("ease", "item_mean", "popularity", "content")
TINY = ("dataset=synthetic-100k", "dataset.users=60", "dataset.items=80", "dataset.ratings=2000", "split.repeats=2")
PROGRAM = screenshots.chromium()

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason=f"no browser here: none of {', '.join(screenshots.BROWSERS)}"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="module")
def summaries(folder: Path) -> dict[str, Any]:
    """Model -> summary.json."""
    return screenshots.sweep(MODELS, TINY, f"sqlite:///{folder}/mlflow.db", folder / "runs")


@pytest.fixture(scope="module")
def window(folder: Path) -> Iterator[Page]:
    assert PROGRAM is not None
    with screenshots.browse(PROGRAM) as page:
        yield page


@pytest.fixture(scope="module")
def pages(summaries: dict[str, Any], folder: Path, window: Page) -> Iterator[Pages]:
    uri = f"sqlite:///{folder}/mlflow.db"
    with screenshots.server(uri, folder / "server.log") as address:
        yield Pages(window, address, screenshots.experiment(uri, "synthetic-100k"))


def test_the_precision_charts_show_every_model_by_name_with_its_precision_at_every_k(
    pages: Pages, summaries: dict[str, Any]
):
    charts = pages.charts("/precision$", 2, MODELS)
    assert set(charts) == {"rated/precision", "full/precision"}
    for metric, curves in charts.items():
        assert {curve.name for curve in curves} == set(MODELS)
        for curve in curves:
            means = summaries[curve.name]["metrics"]
            assert curve.steps == (*range(1, 21), 30, 50)
            assert curve.values == pytest.approx(
                [means[str(MetricName.parse(f"{metric}@{k}"))]["mean"] for k in curve.steps]
            )


def test_comparing_the_four_runs_shows_their_means_side_by_side(pages: Pages, summaries: dict[str, Any]):
    metrics = [str(MetricName(protocol, "precision", k)) for protocol in ("rated", "full") for k in (1, 5, 10, 20)]
    pages.compare(MODELS)
    shown = pages.table([*metrics, "rated/gauc", "full/recall_at_10"])
    for metric, cells in shown.items():
        means = {model: summaries[model]["metrics"][metric]["mean"] for model in MODELS}
        assert {model: float(cell) for model, cell in cells.items()} == pytest.approx(means, abs=6e-4)  # three digits


def test_the_list_holds_one_run_a_model_and_no_repeat_among_them(pages: Pages):
    """Repeats are folded into their model's run."""
    assert sorted(pages.names()) == sorted(MODELS)
