"""What MLflow gets of metrics that would only fill its pages."""

from __future__ import annotations

from dataclasses import replace

from recsys.execution.executor import Work
from recsys.output import metric_points
from recsys.results import Results
from tests import jobs


def test_the_share_that_no_model_changes_is_logged_at_ten_alone_and_counts_are_not():
    finished = Work(jobs.request().job(jobs.World().load()), 1).finish(1).finished
    names = ("rated/precision_at_10", "rated/all_candidates_listed_at_10", "rated/true_positives_at_10")
    values = dict.fromkeys((*names, *(name.replace("_10", "_5") for name in names)), 0.5)
    repeat = replace(finished, values=values)
    for points in (
        metric_points.of_repeat(repeat, "precision"),
        metric_points.of_all(Results.of([repeat, replace(repeat, number=2)], seed=3, units=None), "precision"),
    ):
        logged = {(name, step) for name, _, step in points if name.startswith("rated") and "precision" not in name}
        assert logged == {("rated/all_candidates_listed_at_10", 0)}
