"""The benchmark of two stages: what it counts, and a small run of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.speed import two_stage
from recsys.models.popularity import Popularity
from recsys.models.random import Random
from recsys.models.two_stage import TwoStage
from tests.worlds import ratings, split

SMALL = ("users=60", "items=80", "ratings=2000")


def test_recall_is_the_mean_over_users_of_the_share_of_relevant_test_items_that_are_candidates():
    # item 0 is the most popular, then item 1; user 0 has neither, user 1 has item 0
    train = ratings([(1, 0, 5), (2, 0, 5), (3, 0, 5), (2, 1, 5), (3, 1, 5), (0, 4, 5)], users=4, items=5)
    test = split(train, [(0, 0, 5), (0, 3, 5), (1, 1, 4), (1, 2, 1), (2, 2, 2)])
    stage = TwoStage({"popularity": Popularity()}, candidates=1).fit(train, 1)
    assert two_stage.recall(stage, test, 4.0) == pytest.approx((1 / 2 + 1) / 2)


def test_the_whole_catalogue_comes_first_and_then_each_model_and_all_with_fewer_and_more_candidates():
    train = ratings([(0, 0, 5), (1, 1, 5), (1, 0, 4)], users=2, items=3)
    fitted = TwoStage({"popularity": Popularity(), "random": Random()}, Popularity(), candidates=500).fit(train, 1)
    names = [way.name for way in two_stage.ways(fitted, ["popularity", "random"], None)]
    assert names[:5] == ["whole catalogue", *["popularity, 3"] * 2, *["random, 3"] * 2]
    assert names[5:] == ["popularity and random, 3"] * 3


def test_one_user_is_asked_after_another():
    train = ratings([(0, 0, 5), (1, 1, 5)], users=2, items=3)
    assert len(two_stage.one_by_one(Popularity().fit(train, 1), np.array([0, 1, 1]))) == 3


@pytest.mark.slow
def test_a_run_writes_a_row_for_each_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    options = [*(f"dataset.{option}" for option in SMALL), "model.ranker.implicit.epochs=1"]
    small = ["--dataset", "synthetic-100k", "--users", "20", "--requests", "5", "--rounds", "1"]
    two_stage.main([*small, "--out", str(tmp_path / "two.md"), "model.recall.user_tower.epochs=1", *options])
    text = (tmp_path / "two.md").read_text()
    rows = [line.split(" | ")[0] for line in text.splitlines() if line.startswith("| ") and "**" in line]
    assert rows[0] == "| whole catalogue"
    assert rows[-1] == "| item_knn and user_tower, 80, reranked by 0.3"
    assert rows[-1] in capsys.readouterr().out
    assert "60 users, 80 items" in text
