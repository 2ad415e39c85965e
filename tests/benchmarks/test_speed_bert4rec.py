"""The same work on both sides, and a report in its own units."""

from __future__ import annotations

import numpy as np

from benchmarks.speed import bert4rec
from benchmarks.speed.paired import Pair, Spread


def test_both_sides_learn_the_same_blanks():
    task = bert4rec.Task.of(20)
    assert (np.take_along_axis(task.token, task.asked, axis=1) == bert4rec.ITEMS).all()
    assert (task.token == bert4rec.ITEMS).sum() == task.asked.size
    lesson = bert4rec.Ours._lesson(task, slice(0, 4))
    theirs = bert4rec.Theirs(task).given
    for row in range(4):
        asked = theirs["labels"][row] != bert4rec.IGNORED
        assert sorted(np.flatnonzero(asked)) == sorted(lesson.sentences.asked[row].tolist())
        assert theirs["labels"][row, lesson.sentences.asked[row]].tolist() == lesson.label[row].tolist()


def test_the_report_scales_to_1000_sentences():
    pair = Pair(9.0, 2.0, Spread.of([5.12]), Spread.of([1.024]), Spread.of([5.0]))
    assert "| 50 | 9.0 | 2.0 | 10.00 (10.00 to 10.00) | 2.00 (2.00 to 2.00) | **5.00" in bert4rec.report(
        1, 1, {50: pair}
    )
