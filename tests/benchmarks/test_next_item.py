"""The tables of sequence models: rows that exist, numbers of the summary."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import ablation, next_item, speed_bert4rec
from benchmarks.leaderboard import ROOT, folder
from benchmarks.speed import Pair, Spread


def test_cells_are_the_mean_and_the_spread_over_seeds():
    metrics = {f"next_item/{name}": {"repeats": [0.1, 0.2, 0.3]} for name in next_item.METRICS.values()}
    metrics["next_item/mrr_at_10"] = {"repeats": [0.5, 0.5, 0.5]}
    lines = next_item.table({"one": {"metrics": metrics, "timings": {"fit_cpu_s": [1.0, 3.0]}}})
    assert lines[2] == "| one | 0.200 (0.100 to 0.300) | 0.200 (0.100 to 0.300) | 0.500 | 2.0 |"


@pytest.mark.parametrize("rows", [next_item.ROWS, *ablation.ROWS.values()])
def test_every_row_names_a_model_of_the_suite_and_has_a_folder_of_its_own(rows: dict[str, tuple[str, ...]]):
    known = {file.stem for file in (ROOT / "conf" / "model").glob("*.yaml")}
    assert {label.split(",")[0] for label in rows} <= known
    assert len({folder(ROOT, label) for label in rows}) == len(rows)


def test_both_sides_learn_the_same_blanks():
    task = speed_bert4rec.Task.of(20)
    assert (np.take_along_axis(task.token, task.asked, axis=1) == speed_bert4rec.ITEMS).all()
    assert (task.token == speed_bert4rec.ITEMS).sum() == task.asked.size
    lesson = speed_bert4rec.Ours._lesson(task, slice(0, 4))
    theirs = speed_bert4rec.Theirs(task).given
    for row in range(4):
        asked = theirs["labels"][row] != speed_bert4rec.IGNORED
        assert sorted(np.flatnonzero(asked)) == sorted(lesson.sentences.asked[row].tolist())
        assert theirs["labels"][row, lesson.sentences.asked[row]].tolist() == lesson.label[row].tolist()


def test_the_report_scales_to_1000_sentences():
    pair = Pair(9.0, 2.0, Spread.of([5.12]), Spread.of([1.024]), Spread.of([5.0]))
    assert "| 50 | 9.0 | 2.0 | 10.00 (10.00 to 10.00) | 2.00 (2.00 to 2.00) | **5.00" in speed_bert4rec.report(
        1, 1, {50: pair}
    )
