"""EASE on the last 5 events of ml-1m.txt: both ways to learn its weights, and the figure that other code found."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys.data.sequence_file import SequenceFile
from recsys.evaluation.protocols import Protocol
from recsys.evaluation.ranking_task import Rank
from recsys.evaluation.splits import LeaveOneOut
from recsys.features.item_item import recent
from recsys.models.ease import Ease, Form
from recsys.recommender import ByObjective

pytestmark = pytest.mark.slow
NEXT_ITEM = Protocol("next_item", "unseen", 0, "implicit", (10,))


def test_without_each_users_last_event_but_one_the_weights_give_the_figure_of_other_code():
    file = Path(os.environ.get("RECSYS_DATA", "")) / "ml-1m" / "ml-1m.txt"
    if not file.is_file():
        pytest.skip("needs RECSYS_DATA, the folder that holds ml-1m/ml-1m.txt")
    data = SequenceFile(str(file)).load()
    split = LeaveOneOut().split(data, 1)
    earlier = LeaveOneOut().split(split.train, 1).train  # without the last event of train, too
    model = Ease(implicit=Form("ratings", 500.0, recent=5))

    def found(scorer: Any) -> list[float]:
        measured = Rank().measure(split, NEXT_ITEM, scorer)
        return [round(float(measured.curves[name][0]), 4) for name in ("hit_rate", "ndcg")]

    assert found(model.fit(split.train, 1)) == [0.2048, 0.1145]
    other: Any = model.fit(earlier, 1).models["implicit"]
    log, sizes = split.train.interactions, (len(data.users), len(data.items))
    profile = recent(log, np.ones(len(log), np.float32), *sizes, 5, 1.0)
    assert found(ByObjective({"implicit": replace(other, profile=profile)})) == [0.2079, 0.1155]
