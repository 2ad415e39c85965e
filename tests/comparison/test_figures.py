"""Figures of labels that Matplotlib would read as formulas, or pass over."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from recsys.comparison import figures, samples
from recsys.comparison.differences import Comparison
from recsys.comparison.runs import Run
from recsys.comparison.tables import panels
from recsys.evaluation.metric_name import MetricName
from recsys.output import precision_curve
from recsys.results import Description
from recsys.store.run_folder import RunFolder
from tests.comparison import worlds

LABELS = (r"$\frac$ a_b^{", r"_50% \$x\$ <|&>")
PRECISION = MetricName.parse("precision@1")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    folders = worlds.runs(tmp_path_factory.mktemp("runs"))
    return [Run.read(folder, label) for folder, label in zip(folders, LABELS, strict=True)]


def texts(svg: str) -> list[str]:
    return [unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]


@pytest.mark.parametrize(
    "figure",
    [
        figures.curves,
        lambda runs: figures.levels(runs, PRECISION),
        lambda runs: figures.repeats(runs, PRECISION, centred=True),
        lambda runs: figures.samples({"P@1": samples.drawn(runs, PRECISION.under("full"), [1, 2], 3)}),
    ],
    ids=["curves", "levels", "repeats", "samples"],
)
def test_labels_are_drawn_as_they_are(figure: object, runs: list[Run]):
    assert callable(figure)
    drawn = texts(figures.svg(figure(runs)))
    assert set(LABELS) <= set(drawn)


def test_the_best_row_is_on_top_of_errors_too(runs: list[Run]):
    for metric in ("log_loss", "precision@1"):
        name = MetricName.parse(metric)
        means = {run.label: values.mean for run in runs if (values := run.metric(name.under("rated"))) is not None}
        assert len(set(means.values())) == 2
        drawn = figures.levels(runs, name).axes[0].get_yticklabels()
        best = (min if metric == "log_loss" else max)(means, key=lambda label: means[label])
        assert drawn[0].get_text() == figures.literal(best)


def test_a_forest_shows_the_reference_and_the_others_as_they_are(runs: list[Run]):
    drawn = texts(figures.svg(figures.forest(panels(Comparison.of(runs, None, [PRECISION])))))
    assert f"rated: ΔP@1 vs {LABELS[0]}" in drawn and LABELS[1] in drawn


def test_the_curves_are_of_the_metric_that_a_protocol_is_read_by_first(runs: list[Run]):
    summary = {**runs[0].summary, "read_by": {"rated": ["hit_rate@2"], "full": ["gauc"]}}
    drawn = texts(figures.svg(figures.curves([replace(runs[0], summary=summary)])))
    assert "hit rate@K" in drawn and "rated: the user's held-out items" in drawn
    assert not any(text.startswith("full") for text in drawn)  # a metric without a K has no curve


def test_a_runs_own_picture_takes_any_name(runs: list[Run], tmp_path: Path):
    assert runs[0].folder is not None
    run = RunFolder(runs[0].folder)
    parts = run.record.description.to_json() | {"model": LABELS[0], "dataset": LABELS[1]}
    precision_curve.draw(Description.from_json(parts), run.results(), tmp_path / "precision.png")
    assert (tmp_path / "precision.png").stat().st_size > 0
