"""What every model of conf/model/ promises, found by itself: a new yaml is tested without another line here."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from omegaconf import DictConfig

from recsys import pipeline, thread_pool
from recsys.data.synthetic import Synthetic
from recsys.dataset import Dataset
from recsys.evaluation.global_time import GlobalTime
from recsys.evaluation.protocols import Protocol
from recsys.evaluation.ranking_task import Rank
from recsys.evaluation.splits import RandomSplit
from recsys.recommender import Objective, PredictsRatings, Recommender, Scorer
from recsys.store import learned
from tests.configuration import composed
from tests.models.catalogue import MODELS, NETWORKS

EPOCHS = 4
OBJECTIVES: tuple[Objective, ...] = ("rating", "implicit")
PROTOCOLS = [
    Protocol("rated", "held_out", 4.0, "rating", (1, 5)),
    Protocol("full", "unseen", 4.0, "implicit", (1, 5)),
]

# Of module scope: pytest then runs the tests model by model, and a module's fixtures are made once for each.
SLOW = (*NETWORKS, "stacking")
pytestmark = pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in MODELS],
    scope="module",
)


def model(name: str, *changes: str) -> Any:
    """As its yaml says, but for the epochs: what is promised here holds however well a model has learned."""
    return instantiate(quick(composed(f"model={name}", *changes).model), _convert_="all")


def quick(config: DictConfig) -> DictConfig:
    for option, value in config.items():
        if isinstance(value, DictConfig):
            quick(value)
        elif option == "epochs":
            config[option] = min(value, EPOCHS)
    return config


@pytest.fixture(scope="module")
def world() -> Dataset:
    return Synthetic(name="tiny", users=60, items=80, ratings=2000, seed=1).load()


@pytest.fixture(scope="module")
def fitted(name: str, world: Dataset) -> Scorer:
    """The model, fitted once for all tests."""
    return model(name).fit(next(RandomSplit(1, seed=1, share=0.2).splits(world)).train, 3)


@pytest.fixture(scope="module")
def repeats(name: str, world: Dataset) -> list[pipeline.Repeat]:
    return list(pipeline.run(Rank(), world, RandomSplit(2, seed=1, share=0.2), PROTOCOLS, model(name)))


def test_it_is_a_frozen_dataclass_of_hyperparameters(name: str):
    made = model(name)
    assert dataclasses.is_dataclass(made)
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.anything = 1


def test_a_misspelt_field_is_refused(name: str):
    with pytest.raises(InstantiationException):
        model(name, "+model.no_such_field=1")


def test_scores_are_finite_and_of_the_promised_shape(name: str, fitted: Scorer):
    for objective in OBJECTIVES:
        grid = fitted.grid(np.array([5, 0, 59]), objective)
        assert grid.shape == (3, 80)
        assert np.isfinite(grid).all()


def test_users_and_items_without_a_train_rating_get_finite_scores(name: str, world: Dataset):
    interactions = world.interactions
    train = world.take((interactions.user >= 12) & (interactions.item >= 16))  # a fifth of each is new
    scorer = model(name).fit(train, 3)
    for objective in OBJECTIVES:
        assert np.isfinite(scorer.grid(np.arange(60), objective)).all()
        pairs = scorer.pairs(np.array([0, 0, 59]), np.array([0, 79, 0]), objective)
        assert np.isfinite(pairs).all()


def test_it_runs_on_a_split_by_time_where_users_and_items_are_new_as_they_come(name: str, world: Dataset):
    (repeat,) = pipeline.run(Rank(), world, GlobalTime(moments=(0.3,)), PROTOCOLS, model(name))
    assert min(repeat.split.facts[side] for side in ("new_users", "new_items")) > 0
    for measured in repeat.measured.values():
        assert np.isfinite(measured.curves["precision"]).all()


def test_pairs_are_cells_of_the_grid(name: str, fitted: Scorer):
    rng = np.random.default_rng(1)
    users, items = rng.integers(0, 60, 100), rng.integers(0, 80, 100)
    for objective in OBJECTIVES:
        grid = fitted.grid(np.arange(60), objective)
        pairs = fitted.pairs(users, items, objective)
        assert pairs == pytest.approx(grid[users, items], rel=1e-4, abs=1e-5)


def test_scores_and_ranks_do_not_depend_on_who_else_is_asked(name: str, fitted: Scorer):
    scorer, users = fitted, np.arange(60)
    order = np.random.default_rng(2).permutation(60)
    for objective in OBJECTIVES:
        together = scorer.grid(users, objective)
        alone = np.concatenate([scorer.grid(users[[user]], objective) for user in users])
        shuffled = np.empty_like(together)
        shuffled[order] = scorer.grid(order, objective)
        cells = np.repeat(users, 80), np.tile(np.arange(80), 60)
        pairs = scorer.pairs(*cells, objective).reshape(60, 80)
        mixed = np.random.default_rng(3).permutation(60 * 80)
        other_pairs = np.empty(60 * 80)
        for part in np.array_split(mixed, 7):
            other_pairs[part] = scorer.pairs(cells[0][part], cells[1][part], objective)
        for one, other in ((together, alone), (together, shuffled), (pairs, other_pairs.reshape(60, 80))):
            if is_network(scorer):
                close(one, other)
            else:
                assert (one == other).all()


def test_several_threads_may_score_users_of_two_fits_side_by_side(name: str, repeats: list[pipeline.Repeat]):
    asked = [
        (repeat.fitted, users, objective)
        for users in np.array_split(np.arange(60), 3)
        for objective in OBJECTIVES
        for repeat in repeats
    ]

    def grid(scorer: Scorer, users: np.ndarray, objective: Objective) -> np.ndarray:
        return scorer.grid(users, objective)

    with thread_pool.allowing(2), thread_pool.pool() as in_threads:
        side_by_side = list(in_threads(lambda parts: grid(*parts), asked))
    for parts, other in zip(asked, side_by_side, strict=True):
        assert (grid(*parts) == other).all()


def is_network(value: object) -> bool:
    """Whether any part of a scorer is TensorFlow's, whose products are float32 and of the shape that is asked for."""
    if dataclasses.is_dataclass(value):
        parts = [getattr(value, field.name) for field in dataclasses.fields(value)]
        return type(value).__module__.startswith("recsys.nn") or any(map(is_network, parts))
    if isinstance(value, Mapping):
        return any(map(is_network, value.values()))
    return isinstance(value, tuple) and any(map(is_network, value))


def close(one: np.ndarray, other: np.ndarray) -> None:
    """Equal within a millionth of the largest score, and ranked alike where the gap is larger than that."""
    tolerance = 1e-6 * np.abs(one).max()
    assert np.abs(one - other).max() <= tolerance
    order = np.argsort(-one, axis=1)
    fall = -np.diff(np.take_along_axis(one, order, axis=1), axis=1)
    assert (-np.diff(np.take_along_axis(other, order, axis=1), axis=1)[fall > 2 * tolerance] > 0).all()


def test_what_it_calls_probabilities_lies_between_0_and_1(name: str, fitted: Scorer):
    for objective in fitted.probabilities:
        grid = fitted.grid(np.arange(60), objective)
        assert grid.min() >= 0
        assert grid.max() <= 1


def test_it_says_before_it_is_fitted_whether_it_predicts_ratings(name: str, fitted: Scorer):
    made = model(name)
    said, kept = (isinstance(part, PredictsRatings) and part.predicts_ratings for part in (made, fitted))
    assert said == kept


def test_a_saved_scorer_loads_with_the_same_scores(name: str, fitted: Scorer, tmp_path: Path):
    learned.save(fitted).write(tmp_path)
    loaded = learned.load(tmp_path)
    assert type(loaded) is type(fitted)
    users, items = np.repeat(np.arange(60), 3), np.arange(180) % 80
    for objective in OBJECTIVES:
        assert loaded.grid(np.arange(60), objective).tobytes() == fitted.grid(np.arange(60), objective).tobytes()
        assert loaded.pairs(users, items, objective).tobytes() == fitted.pairs(users, items, objective).tobytes()
    assert loaded.probabilities == fitted.probabilities


def test_fitting_leaves_the_train_set_and_the_model_as_they_were(name: str, world: Dataset):
    made: Recommender = model(name)
    before, fingerprint = repr(made), world.fingerprint
    made.fit(world, 1)
    assert repr(made) == before
    assert world.fingerprint == fingerprint


def test_the_same_seed_gives_the_same_bits(name: str, world: Dataset, repeats: list[pipeline.Repeat]):
    again = list(pipeline.run(Rank(), world, RandomSplit(2, seed=1, share=0.2), PROTOCOLS, model(name)))
    for one, other in zip(repeats, again, strict=True):
        same(one, other)


def test_a_repeat_alone_equals_that_repeat_among_others(name: str, world: Dataset, repeats: list[pipeline.Repeat]):
    (alone,) = pipeline.run(Rank(), world, RandomSplit(2, seed=1, share=0.2, only=(2,)), PROTOCOLS, model(name))
    same(repeats[1], alone)


def same(one: pipeline.Repeat, other: pipeline.Repeat) -> None:
    for protocol in ("rated", "full"):
        mine, theirs = (repeat.measured[protocol].blocks[0].predictions for repeat in (one, other))
        assert mine.items.tobytes() == theirs.items.tobytes()
        assert mine.scores.tobytes() == theirs.scores.tobytes()
