"""What a comparison says of its runs."""

from __future__ import annotations

from typing import Any

import pytest

from recsys.comparison import confusion, notes, tables
from recsys.comparison.differences import Comparison
from recsys.comparison.runs import Run, same_for_all
from recsys.evaluation.metric_name import MetricName
from recsys.evaluation.protocols import Protocol
from tests.comparison import worlds


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    return [Run.read(folder) for folder in worlds.runs(tmp_path_factory.mktemp("runs"))]


def changed(run: Run, label: str, **parts: Any) -> Run:
    return Run(label, run.folder, {**run.summary, **parts}, run.environment)


@pytest.mark.parametrize(
    ("status", "asked", "words"),
    [
        ("finished", 2, None),
        ("stopped", 10, "early has 2 of 10 repeats (stopped)"),
        ("finished", 10, "early has 2 of 10 repeats (finished)"),
        ("failed", 2, "early has 2 of 2 repeats (failed)"),
    ],
)
def test_a_run_that_is_not_what_was_asked_for_is_named(runs: list[Run], status: str, asked: int, words: str | None):
    repeats = {"asked": list(range(1, asked + 1)), "finished": [1, 2]}
    early = changed(runs[1], "early", status=status, repeats=repeats)
    assert early.stopped_early == words
    said = notes.notes(Comparison.of([runs[0], early], None))
    assert (f"Stopped early: {words}." in said) == (words is not None)


def test_a_run_of_an_older_version_says_nothing_of_its_end(runs: list[Run]):
    old = {name: part for name, part in runs[0].summary.items() if name not in ("status", "repeats")}
    assert Run("old", None, old, {}).stopped_early is None


def test_notes_tell_whose_precision_no_model_changes(runs: list[Run]):
    # Repeat 1: users of 3 and of 2 candidates; repeat 2: of one each, so that at K = 1 it is half of them in the mean.
    said = (
        "`rated`: 50% of the users at K = 1 have K candidates or fewer: their precision@K is the same for every model."
    )
    assert said in notes.notes(Comparison.of(runs, None))
    assert same_for_all(runs, "rated") == [said]
    assert same_for_all(runs, "full") == []


def test_sampled_metrics_are_never_shown_without_the_warning(runs: list[Run]):
    protocol = Protocol("rated", "sampled", 0.0, "implicit", negatives=1234)
    stamp = {**runs[0].stamp, "protocols": {**runs[0].stamp["protocols"], "rated": protocol.stamp()}}
    said = notes.terms("rated", changed(runs[0], "sampled", stamp=stamp))
    assert "1,234 items at most are drawn for each user, uniformly without replacement" in said
    assert "metrics over sampled negatives can order models otherwise than full ranking does (Krichene and" in said
    assert "negatives" not in notes.terms("full", runs[0])


def test_rows_of_several_test_sets_are_told_one_by_one(runs: list[Run]):
    values = {"mean": 0.25, "sd": None, "low": None, "high": None, "repeats": [0.25]}
    name = "rated/all_candidates_listed_at_1"
    other = changed(runs[1], "10%", metrics={**runs[1].summary["metrics"], name: values})
    known, small = same_for_all([runs[0], other], "rated")
    assert known.startswith("known: `rated`: 50% of the users at K = 1 ")
    assert small.startswith("10%: `rated`: 25% of the users at K = 1 ")


def test_the_confusion_matrix_stands_beside_those_of_the_references(runs: list[Run]):
    # known, rated, K = 3. Repeat 1: 5 candidates, all listed, 3 of them liked; repeat 2: 2, both liked.
    table = confusion.table(runs, "rated", 3)
    assert table is not None
    assert table.head == ("model", "TP", "FP", "FN", "TN", "TP / (TP + FP)")
    assert table.rows[0] == ("known", "2.5", "1.0", "0.0", "0.0", "0.714")
    assert [row[0] for row in table.rows] == ["known", "reversed", "popularity", "random", "oracle"]
    assert confusion.tables(runs) == []  # these lists end at K = 3


def test_columns_are_what_the_protocol_is_read_by(runs: list[Run]):
    read_by = {"rated": ["hit_rate@2", "ndcg@3"], "full": ["precision@1"]}
    chosen = [changed(run, run.label, read_by=read_by) for run in runs]
    comparison = Comparison.of(chosen, None, [MetricName.parse("hit_rate@2")])
    first = tables.tables(comparison, "rated", None)[0]
    assert first.head == ("model", "HR@2", "NDCG@3", "ΔHR@2 vs known", "fit CPU s", "score CPU s")


def test_what_is_tested_stands_beside_it_but_for_what_the_table_beyond_accuracy_has(runs: list[Run]):
    chosen = [changed(run, run.label, read_by={"rated": ["ndcg@3"], "full": ["precision@1"]}) for run in runs]
    comparison = Comparison.of(chosen, None, tables.metrics("recall@2", "coverage@3"))
    assert tables.tables(comparison, "full", None)[0].head[:3] == ("model", "P@1", "recall@2")
