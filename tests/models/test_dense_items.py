"""With more than `dense_items` items, or users, models score as with fewer: where they are exact, to the bit."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys.data.synthetic import Synthetic
from recsys.dataset import Array, DataError, Dataset
from recsys.features import nearest, ridge
from recsys.features.item_item import ItemItemModel, ItemItemSettings, tell_approximation
from recsys.features.out_of_fold import PairFeatureSettings, out_of_fold
from recsys.features.prior_scores import PriorScores
from recsys.models.bm25 import Bm25
from recsys.models.content import Content
from recsys.models.ease import Ease
from recsys.models.item_knn import ItemKnn, RecentCosine
from recsys.models.tag_weight import TagWeight
from recsys.models.user_knn import UserKnn
from recsys.recommender import Objective
from recsys.store.learned import load, save

EXACT: Mapping[str, Any] = {
    "item_knn": ItemKnn(implicit=RecentCosine(n_neighbors=10)),
    "user_knn": UserKnn(),
    "tag_weight": TagWeight(n_neighbors=20),
}
CLOSE: Mapping[str, Any] = {"ease": Ease(), "content": Content(sift=0.0), "bm25": Bm25(columns=("title", "genres"))}
OBJECTIVES: tuple[Objective, ...] = ("rating", "implicit")


@pytest.fixture(scope="module")
def world() -> Dataset:
    return Synthetic(name="tiny", users=60, items=80, ratings=2000, seed=1).load()


def grids(model: Any, world: Dataset) -> list[Array]:
    scorer = model.fit(world, 1)
    return [scorer.grid(np.arange(60), objective) for objective in OBJECTIVES]


@pytest.mark.parametrize("name", EXACT)
def test_neighbours_that_are_found_in_blocks_give_the_same_scores(
    name: str, world: Dataset, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(nearest, "CELLS", 7 * 80)
    for blocks, whole in zip(grids(replace(EXACT[name], dense_items=0), world), grids(EXACT[name], world), strict=True):
        assert np.ptp(whole) > 0
        assert (blocks == whole).all()


@pytest.mark.parametrize("name", CLOSE)
def test_other_ways_to_the_same_scores_round_otherwise(name: str, world: Dataset):
    for sparse, whole in zip(grids(replace(CLOSE[name], dense_items=0), world), grids(CLOSE[name], world), strict=True):
        assert np.ptp(whole) > 0
        assert sparse == pytest.approx(whole, rel=1e-4, abs=1e-4 * float(whole.std()))


def test_ease_inverts_nothing_for_ratings_that_data_do_not_have(world: Dataset, monkeypatch: pytest.MonkeyPatch):
    implicit = replace(world, interactions=replace(world.interactions, rating=np.ones_like(world.interactions.rating)))
    model, inverted = Ease(dense_items=59), list[Any]()
    cholesky = ridge.cholesky
    monkeypatch.setattr(ridge, "cholesky", lambda *arguments: inverted.append(arguments) or cholesky(*arguments))
    for sparse, whole in zip(grids(model, implicit), grids(replace(model, dense_items=80), implicit), strict=True):
        assert sparse == pytest.approx(whole, rel=1e-4, abs=1e-4)
    assert len(inverted) == 1


def test_ease_inverts_items_where_users_are_too_many_as_well(world: Dataset):
    model = Ease(dense_items=60)  # of 60 users and 80 items
    users, items = grids(model, world), grids(replace(model, dense_items=59), world)
    for dual, inverted in zip(users, items, strict=True):
        assert dual == pytest.approx(inverted, rel=1e-4, abs=1e-4)
        assert (dual != inverted).any()


def test_ease_refuses_more_items_than_its_limit_and_says_what_to_use(world: Dataset):
    model = Ease(dense_items=50, max_items=79)
    with pytest.raises(DataError, match=r"at most 79 items for model.solver=exact, got 80, .* use model.solver=sparse"):
        model.fit(world, 1)
    assert all(np.isfinite(grid).all() for grid in grids(replace(model, solver="sparse"), world))


def test_ease_from_a_few_neighbours_is_close_to_that_from_all(world: Dataset):
    exact = grids(Ease(), world)
    for n_neighbors, least in ((80, 0.99), (20, 0.9)):
        sparse = grids(Ease(solver="sparse", n_neighbors=n_neighbors), world)
        for near, whole in zip(sparse, exact, strict=True):
            assert np.corrcoef(near.ravel(), whole.ravel())[0, 1] > least


def test_the_log_says_where_inputs_are_approximated_and_only_there(world: Dataset, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING):
        tell_approximation(world, ("residual_knn",), 0)
        tell_approximation(world, ("ease",), 60)  # as many as there are users
        assert not caplog.records
        tell_approximation(world, ("ease",), 59)
    assert "60 users and 80 items, both more than dense_items=59" in caplog.text


@pytest.mark.parametrize("kind", ["ease", "residual_knn"])
def test_scores_that_serve_other_models_are_the_same(kind: ItemItemModel, world: Dataset):
    interactions = world.interactions
    settings = ItemItemSettings(ease_l2=50.0)
    few, many = (
        out_of_fold(world, 3, PairFeatureSettings(4.0, False, 1.0, (kind,), replace(settings, dense_items=limit)), 1)
        for limit in (5000, 60)
    )
    rows = [part.rows(interactions.user, interactions.item, part.fold) for part in (few, many)]
    assert np.ptp(rows[0]) > 1
    assert rows[1] == pytest.approx(rows[0], abs=1e-4)
    profile = few.whole.item_item_models[0].profile[:5]
    priors = [
        PriorScores.of(interactions, 60, 80, (kind,), replace(settings, dense_items=limit)).scores(abs(profile))
        for limit in (5000, 60)
    ]
    assert priors[1] == pytest.approx(priors[0], abs=1e-4)


@pytest.mark.parametrize("solver", ["exact", "sparse"])
def test_what_ease_learned_of_many_items_is_saved(solver: Any, world: Dataset, tmp_path: Path):
    scorer = Ease(solver=solver, dense_items=70).fit(world, 1)
    save(scorer).write(tmp_path)
    loaded = load(tmp_path)
    for objective in OBJECTIVES:
        assert (loaded.grid(np.arange(60), objective) == scorer.grid(np.arange(60), objective)).all()
