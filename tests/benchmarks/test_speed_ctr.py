"""The arithmetic of the comparison by hand, and that both sides are fed the same rows."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.speed.ctr import Scored, report
from benchmarks.speed.paired import Pair, Spread, paired
from benchmarks.speed.recbole import Epoch, section
from benchmarks.speed.xdeepfm import Task, Theirs, rows
from recsys.data.synthetic import Synthetic

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def task() -> Task:
    return Task.of(Synthetic(name="tiny", users=30, items=40, ratings=500, seed=1).load())


def test_ten_epochs_are_the_first_and_nine_of_the_later_ones():
    later = Spread.of([2.0, 9.0, 1.0]), Spread.of([1.0])
    pair = Pair(10.0, 4.0, *later, ratio=Spread.of([2.0]))
    assert str(later[0]) == "2.00 (1.00 to 9.00)"
    assert pair.ratio_of_ten == pytest.approx((10 + 9 * 2) / (4 + 9 * 1))


def test_both_sides_run_in_turn():
    order: list[str] = []
    paired(lambda: order.append("theirs"), lambda: order.append("ours"), rounds=2)
    assert order == ["theirs", "ours"] * 3


def test_deepctr_is_fed_the_values_that_the_suite_has(task: Task):
    theirs, fields = Theirs(task, 4), task.fields
    interactions = task.train.interactions
    assert theirs.label.tolist() == rows(task.train).label.tolist()
    categorical = np.concatenate(
        [fields.user_categorical[interactions.user], fields.item_categorical[interactions.item]], axis=1
    )
    for name, ours in zip(fields.names[: categorical.shape[1]], categorical.T, strict=True):
        values = theirs.rows[name]
        assert values.min() >= 0
        # The same value where the suite has the same embedding, and only there.
        assert len(set(zip(values.tolist(), ours.tolist(), strict=True))) == len(np.unique(ours))
    ((_, size),) = fields.multi_hot
    flags = np.zeros((len(interactions), size + 1), bool)
    np.put_along_axis(flags, theirs.rows[fields.names[-1]].astype(int), True, axis=1)
    assert (flags[:, 1:] == (fields.item_multi_hot[interactions.item] > 0)).all()


def test_the_report_says_that_data_are_made_up_and_scales_by_the_pairs(task: Task):
    pair = Pair(5.0, 3.0, Spread.of([4.0]), Spread.of([2.0]), Spread.of([2.0]))
    text = report(task, 1, 1, {4: pair}, Scored({1024: 4.0}, 1024, pair, 100, 600), 10.0, "Not run.")
    assert "tiny, **made up: MovieLens-100k could not be had**" in text
    assert "| pairs a CPU second | 25 | 300 | **12.00 (12.00 to 12.00)** |" in text


def test_against_recbole_the_target_is_the_best_auc_that_both_reach():
    theirs = [Epoch(10, 0.70), Epoch(20, 0.75), Epoch(30, 0.74)]
    ours = [Epoch(2, 0.74), Epoch(4, 0.76), Epoch(6, 0.77)]
    text = section({"recbole": "1", "torch": "2"}, theirs, ours)
    assert "| epochs to AUC 0.7500 | 2 | 2 | |" in text
    assert "| CPU seconds to that AUC | 20.0 | 4.0 | **5.0** |" in text
