"""The same work on both sides, and a report in seconds for 1,000 sequences."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.speed import bert4rec
from benchmarks.speed.paired import Pair, Spread

pytestmark = pytest.mark.slow


def test_both_sides_learn_the_same_masked_positions():
    task = bert4rec.Task.of(20)
    assert (np.take_along_axis(task.token, task.target_positions, axis=1) == bert4rec.ITEMS).all()
    assert (task.token == bert4rec.ITEMS).sum() == task.target_positions.size
    batch = bert4rec.Ours._batch(task, slice(0, 4))
    inputs = bert4rec.Theirs(task).inputs
    for row in range(4):
        has_label = inputs["labels"][row] != bert4rec.IGNORED
        assert sorted(np.flatnonzero(has_label)) == sorted(batch.sequences.target_positions[row].tolist())
        assert inputs["labels"][row, batch.sequences.target_positions[row]].tolist() == batch.label[row].tolist()


def test_the_report_scales_to_1000_sequences():
    pair = Pair(9.0, 2.0, Spread.of([5.12]), Spread.of([1.024]), Spread.of([5.0]))
    assert "| 50 | 9.0 | 2.0 | 10.00 (10.00 to 10.00) | 2.00 (2.00 to 2.00) | **5.00" in bert4rec.report(
        1, 1, {50: pair}
    )
