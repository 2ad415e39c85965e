"""Golden outputs of the models without TensorFlow: their scores of both objectives, fitted to the made-up world."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from benchmarks.regression.golden.world import ITEMS, USERS, world
from recsys.dataset import Dataset, read_only
from recsys.features.item_item import Cosine, Residual
from recsys.graph.ptranse import PTransE
from recsys.models.biased_mf import BiasedMf
from recsys.models.biases import Biases
from recsys.models.bm25 import Bm25
from recsys.models.content import Content
from recsys.models.content_ridge import ContentRidge
from recsys.models.ease import Ease, Form
from recsys.models.ials import Ials
from recsys.models.item_knn import ItemKnn, RecentCosine
from recsys.models.item_mean import ItemMean
from recsys.models.knowledge_graph import KnowledgeGraph
from recsys.models.popularity import Popularity
from recsys.models.random import Random
from recsys.models.seasonal_popularity import SeasonalPopularity
from recsys.models.stacking import Stacking
from recsys.models.svdpp import SvdPp
from recsys.models.svdpp import Training as SvdPpTraining
from recsys.models.tag_weight import TagWeight
from recsys.models.two_stage import TwoStage
from recsys.models.user_knn import UserKnn
from recsys.recommender import Objective, Recommender

BOTH: tuple[Objective, ...] = ("rating", "implicit")
MF = BiasedMf(factors=3, l2=2.0, sweeps=3)
ITEM_KNN = ItemKnn(Residual(8, 5.0, 1.0, 5.0), RecentCosine(10, recent=6, decay=0.9))
MODELS: Mapping[str, Recommender] = MappingProxyType(
    {
        "ease": Ease(rating=Form("residuals", 20.0), implicit=Form("ratings", 50.0)),
        "item_knn": ITEM_KNN,
        "user_knn": UserKnn(Residual(12, 5.0, 1.0, 5.0), Cosine(10)),
        # A single sweep: conjugate gradients in single precision make more of their rounding with each.
        "ials": Ials(factors=4, alpha=10.0, l2=5.0, sweeps=1),
        "biased_mf": MF,
        "svdpp": SvdPp(4, SvdPpTraining(0.0, 0.3, 0.02, 3), SvdPpTraining(0.33, 0.03, 0.05, 3)),
        "tag_weight": TagWeight(n_neighbors=12),
        "knowledge_graph": KnowledgeGraph(PTransE(dim=6, epochs=2, batch_size=64), n_neighbors=8),
        "bm25": Bm25(n_neighbors=8),
        "content": Content(n_neighbors=8),
        "content_ridge": ContentRidge(("genres", "year", "title"), l2=(0.1, 1.0, 10.0), folds=3),
        "popularity": Popularity(),
        # With smoothing of its own: an optimiser stops elsewhere on another machine.
        "seasonal_popularity": SeasonalPopularity(smoothing=(0.3, 0.1, 0.2)),
        "random": Random(),
        "item_mean": ItemMean(),
        "two_stage": TwoStage(
            {"item_knn": ITEM_KNN, "bm25": Bm25(n_neighbors=8)}, MF, candidates=12, diversity=0.3, reranked=5
        ),
        "biases": Biases(),
        "stacking": Stacking({"biased_mf": MF, "item_knn": ITEM_KNN}, folds=2, negatives=2),
    }
)


SEASONAL = "seasonal_popularity"


def over_weeks() -> Dataset:
    """The world, with an hour in place of each second: ratings of 43 days."""
    data = world()
    return replace(data, interactions=replace(data.interactions, time=read_only(data.interactions.time * 3600)))


def fitted(name: str) -> Mapping[str, Any]:
    """Scores of some users for all items, and of pairs."""
    scorer, users = MODELS[name].fit(over_weeks() if name == SEASONAL else world(), 3), np.arange(0, USERS, 2)
    values: dict[str, Any] = {f"{objective} grid": scorer.grid(users, objective) for objective in BOTH}
    return values | {f"{objective} pairs": scorer.pairs(users, users * 7 % ITEMS, objective) for objective in BOTH}


def cases() -> dict[str, Callable[[], Mapping[str, Any]]]:
    return {name: partial(fitted, name) for name in MODELS}
