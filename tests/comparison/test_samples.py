"""Means over samples of the users of a run."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.comparison import samples
from recsys.comparison.runs import Refused, Run
from recsys.evaluation.metric_name import MetricName
from tests.comparison import worlds

NAME = MetricName("full", "precision", 1)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    return [Run.read(folder) for folder in worlds.runs(tmp_path_factory.mktemp("runs"))]


def test_a_sample_of_all_users_is_the_mean_over_them_whatever_the_draw(runs: list[Run]):
    of = runs[0].per_unit(NAME).mean(axis=1)
    found = samples.drawn(runs[:1], NAME, [1, len(of)], 30)[runs[0].label]
    assert found[len(of)] == pytest.approx(np.full(30, of.mean()))
    assert set(found[1].tolist()) == set(of.tolist())  # each user is the first of some of 30 draws


def test_all_rows_are_measured_on_the_same_draws(runs: list[Run]):
    twin = Run("twin", runs[0].folder, runs[0].summary, runs[0].environment)
    found = samples.drawn([runs[0], twin], NAME, [1, 2], 9)
    for size in (1, 2):
        assert found["twin"][size].tolist() == found[runs[0].label][size].tolist()


def test_a_table_has_a_row_for_each_run_and_size(runs: list[Run]):
    made, found = samples.table(runs, "full", [NAME.under("")], [1, 2], 4)
    assert made.head == ("model", "users in a sample", "P@1")
    assert [row[:2] for row in made.rows] == [(run.label, size) for run in runs for size in ("1", "2")]
    means = found[NAME.under("")][runs[0].label][1]
    assert made.rows[0][2] == f"{means.mean():.4f} ± {means.std(ddof=1):.4f}"


def test_more_users_than_there_are_are_refused(runs: list[Run]):
    with pytest.raises(Refused, match=r"expected 99 users or more with a value in each row, found \d+; draw smaller"):
        samples.drawn(runs, NAME, [2, 99], 3)
