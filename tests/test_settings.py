"""Settings that no experiment changes and no other test looks at: each of them changes scores, or it could go."""

from __future__ import annotations

from functools import cache
from typing import Any

import hydra
import numpy as np
import pytest

from recsys.data.synthetic import Synthetic
from recsys.dataset import Dataset
from recsys.index.hnsw import Hnsw
from recsys.recommender import Objective
from tests.models.catalogue import CONF

ONE_NETWORK = ("model.objective=rating", "model.rating.epochs=1")
SHORT = ("model.training.epochs=4", "model.training.eval_every=2")


@pytest.mark.parametrize(
    ("name", "short", "objective", "change"),
    [
        ("biased_mf", (), "rating", "model.init_sd=0.5"),
        ("svdpp", (), "rating", "model.init_sd=0.5"),
        ("knowledge_graph", (), "rating", "model.semantic_weight_grid=[0.3]"),
        pytest.param("fm", ONE_NETWORK, "rating", "model.target_encoding_damping=100", marks=pytest.mark.slow),
        pytest.param("fm", ONE_NETWORK, "rating", "model.item_item.knn_shrink=5", marks=pytest.mark.slow),
        *(
            pytest.param("bert4rec", SHORT, "rating", change, marks=pytest.mark.slow)
            for change in (
                "model.item_item.knn_shrink=5",
                "model.rating_smoothing=1",
                "model.training.lr_decay_start=0.9",
                "model.training.validation_events_share=0.8",
            )
        ),
    ],
)
def test_it_changes_scores(name: str, short: tuple[str, ...], objective: Objective, change: str):
    assert np.abs(scores(name, short, objective) - scores(name, (*short, change), objective)).max() > 1e-4


@pytest.mark.parametrize("change", ["connectivity", "expansion_add", "expansion_search"])
def test_a_graph_of_fewer_edges_or_candidates_finds_less(change: str):
    """usearch rounds small numbers up, so that they are far apart here."""
    vectors = np.random.default_rng(1).normal(size=(4000, 64)).astype(np.float32)
    asked = vectors[:50] + 1.0
    assert found(Hnsw(), vectors, asked) != found(Hnsw(**{change: 4}), vectors, asked)


def found(index: Hnsw, vectors: Any, asked: Any) -> bytes:
    return index.build(vectors).search(asked, 100).items.tobytes()


@cache
def world() -> Dataset:
    return Synthetic(name="tiny", users=60, items=80, ratings=2000, seed=1).load()


@cache
def scores(name: str, changes: tuple[str, ...], objective: Objective) -> Any:
    """float (users, items) of a model fitted with the given settings."""
    with hydra.initialize_config_dir(version_base="1.3", config_dir=str(CONF)):
        config = hydra.compose("config", [f"model={name}", *changes])
    model = hydra.utils.instantiate(config.model, _convert_="all")
    return model.fit(world(), 3).grid(np.arange(60), objective)
