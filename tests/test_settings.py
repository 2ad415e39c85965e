"""Settings of models that no experiment changes: each of them changes scores, or it could go."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest

from recsys.data.synthetic import Synthetic
from recsys.dataset import Array
from recsys.models.bert4rec import Bert4Rec
from recsys.models.biased_mf import BiasedMf
from recsys.models.fm import Fm
from recsys.models.knowledge_graph import KnowledgeGraph
from recsys.models.svdpp import SvdPp
from recsys.recommender import Recommender
from recsys.tuning.space import changed

ONE_NETWORK = changed(Fm(), {"objective": "rating", "rating.epochs": 1})
SHORT = changed(Bert4Rec(), {"training.epochs": 4, "training.eval_every": 2})


@pytest.mark.parametrize(
    ("model", "change"),
    [
        (BiasedMf(), {"init_sd": 0.5}),
        (SvdPp(), {"init_sd": 0.5}),
        (KnowledgeGraph(), {"semantic_weight_grid": (0.3,)}),
        pytest.param(ONE_NETWORK, {"target_encoding_damping": 100.0}, marks=pytest.mark.slow),
        pytest.param(ONE_NETWORK, {"item_item.knn_shrink": 5.0}, marks=pytest.mark.slow),
        pytest.param(SHORT, {"item_item.knn_shrink": 5.0}, marks=pytest.mark.slow),
        pytest.param(SHORT, {"rating_smoothing": 1.0}, marks=pytest.mark.slow),
        pytest.param(SHORT, {"training.lr_decay_start": 0.9}, marks=pytest.mark.slow),
        pytest.param(SHORT, {"training.validation_events_share": 0.8}, marks=pytest.mark.slow),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, dict) else "-".join(value),
)
def test_it_changes_scores(model: Recommender, change: Mapping[str, Any]):
    assert np.abs(scores(model) - scores(changed(model, change))).max() > 1e-4


@cache
def scores(model: Recommender) -> Array:
    """(users, items): of ratings, on a small set."""
    data = Synthetic(name="tiny", users=60, items=80, ratings=2000, seed=1).load()
    return model.fit(data, 3).grid(np.arange(60), "rating")
