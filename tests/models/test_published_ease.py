"""EASE on published files: both ways to learn its weights, and the figures that other code found."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest

from recsys.data.sequence_file import SequenceFile
from recsys.evaluation.protocols import Protocol
from recsys.evaluation.ranking_task import Rank
from recsys.evaluation.splits import LeaveOneOut
from recsys.models.ease import Ease, Form
from recsys.recommender import ByObjective

pytestmark = pytest.mark.slow
NEXT_ITEM = Protocol("next_item", "unseen", 0, "implicit", (10,))


ML_1M, BEAUTY = ("ml-1m/ml-1m.txt", "pairs"), ("amazon-beauty/Beauty.txt", "lines")


@pytest.mark.parametrize(
    ("of", "form", "here", "other"),
    [
        (ML_1M, Form("ratings", 500.0, recent=5), (0.2048, 0.1145), (0.2079, 0.1155)),
        (ML_1M, Form("ratings", 200.0), (0.1101, 0.0536), (0.1089, 0.0535)),
        (BEAUTY, Form("ratings", 100.0), (0.0781, 0.0434), (0.0694, 0.0374)),
    ],
    ids=["ml-1m.txt, the last 5 events", "ml-1m.txt, all events", "Beauty.txt"],
)
def test_without_each_users_last_event_but_one_the_weights_give_the_figure_of_other_code(
    of: tuple[str, Literal["pairs", "lines"]], form: Form, here: tuple[float, float], other: tuple[float, float]
):
    name, layout = of
    file = Path(os.environ.get("RECSYS_DATA", "")) / name
    if not file.is_file():
        pytest.skip(f"needs RECSYS_DATA, the folder that holds {name}")
    data = SequenceFile(str(file), format=layout).load()
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
