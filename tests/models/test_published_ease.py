"""EASE on ml-1m.txt: both ways to learn its weights, and the figures that other code found."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from recsys.data.sequence_file import SequenceFile
from recsys.evaluation.protocols import Protocol
from recsys.evaluation.ranking_task import Rank
from recsys.evaluation.splits import LeaveOneOut
from recsys.models.ease import Ease, Form
from recsys.recommender import ByObjective

pytestmark = pytest.mark.slow
NEXT_ITEM = Protocol("next_item", "unseen", 0, "implicit", (10,))


@pytest.mark.parametrize(
    ("form", "here", "other"),
    [
        (Form("ratings", 500.0, recent=5), (0.2048, 0.1145), (0.2079, 0.1155)),
        (Form("ratings", 200.0), (0.1101, 0.0536), (0.1089, 0.0535)),
    ],
    ids=["the last 5 events", "all events"],
)
def test_without_each_users_last_event_but_one_the_weights_give_the_figure_of_other_code(
    form: Form, here: tuple[float, float], other: tuple[float, float]
):
    file = Path(os.environ.get("RECSYS_DATA", "")) / "ml-1m" / "ml-1m.txt"
    if not file.is_file():
        pytest.skip("needs RECSYS_DATA, the folder that holds ml-1m/ml-1m.txt")
    data = SequenceFile(str(file)).load()
    split = LeaveOneOut().split(data, 1)
    earlier = LeaveOneOut().split(split.train, 1).train  # without the last event of train, too
    model = Ease(implicit=form)

    def found(scorer: Any) -> tuple[float, ...]:
        measured = Rank().measure(split, NEXT_ITEM, scorer)
        return tuple(round(float(measured.curves[name][0]), 4) for name in ("hit_rate", "ndcg"))

    scorer: Any = model.fit(split.train, 1)
    assert found(scorer) == here
    earlier_weights: Any = model.fit(earlier, 1).models["implicit"]
    profile = scorer.models["implicit"].profile
    assert found(ByObjective({"implicit": replace(earlier_weights, profile=profile)})) == other
