"""What every classifier of texts of conf/model/ promises."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hydra.errors import InstantiationException

from recsys import pipeline
from recsys.classifier import CategoryPredictor, Classifier, Views
from recsys.data.synthetic_texts import SyntheticTexts
from recsys.evaluation.classify_protocol import CategoryMatch
from recsys.evaluation.classify_task import Classify
from recsys.evaluation.parted_split import TextSplit
from recsys.evaluation.text_splits import Texts
from recsys.execution import threads
from recsys.store import learned
from recsys.task import tasks_of
from recsys.texts import LabelledTexts
from tests import configuration
from tests.models.catalogue import CLASSIFIERS

NETWORKS = ("text_cnn", "text_rcnn")
SMALL = (
    *("model.dim=16", "model.filters=16", "model.dropout=0.2", "model.training.epochs=8", "model.training.mask=0.05"),
    *("model.training.learning_rate=0.01", "model.training.batch_size=16"),
)
"""What is promised here holds for small ones, too, however well they have learned."""

pytestmark = pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow if name in NETWORKS else ()) for name in CLASSIFIERS],
    scope="module",
)


def model(name: str, *changes: str) -> Any:
    small = SMALL if name in NETWORKS else ()
    units = ("model.units=16",) if name == "text_rcnn" else ()
    return configuration.model(f"model={name}", *small, *units, *changes)


def fit(name: str, data: LabelledTexts, *changes: str) -> CategoryPredictor:
    with threads.limited(1):
        return model(name, *changes).fit(Texts().split(data, 1).train, 3)


@pytest.fixture(scope="module")
def world() -> LabelledTexts:
    return SyntheticTexts(name="tiny", texts=300, categories=4).load()


@pytest.fixture(scope="module")
def split(world: LabelledTexts) -> TextSplit:
    return Texts().split(world, 1)


@pytest.fixture(scope="module")
def fitted(name: str, world: LabelledTexts) -> CategoryPredictor:
    return fit(name, world)


def some(world: LabelledTexts, rows: list[int]) -> Views:
    return {view: [texts[row] for row in rows] for view, texts in world.views.items()}


def test_it_is_a_frozen_dataclass_of_hyperparameters_that_says_its_task(name: str):
    made = model(name)
    assert dataclasses.is_dataclass(made)
    assert isinstance(made, Classifier)
    assert tasks_of(made) == ("classify",)
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.anything = 1


def test_a_misspelt_field_is_refused(name: str):
    with pytest.raises(InstantiationException):
        model(name, "+model.no_such_field=1")


def test_every_text_has_one_category_whatever_the_words(name: str, fitted: CategoryPredictor):
    titles = ["", "ужасы 東京 🎬 <b>'", "x" * 1000, "word " * 100_000]
    for views in ({"title": titles}, {"title": titles, "keywords": titles, "abstract": titles}):
        found = fitted.predict(views)
        assert found.labels.sum(axis=1).tolist() == [1] * 4
        assert np.isfinite(found.scores).all()
    assert fitted.views == ("title", "keywords", "abstract")


def test_a_texts_categories_do_not_depend_on_the_others(name: str, fitted: CategoryPredictor, world: LabelledTexts):
    together = fitted.predict(world.views)
    order = np.random.default_rng(2).permutation(len(world)).tolist()
    shuffled = fitted.predict(some(world, order))
    assert shuffled.scores.tobytes() == together.scores[order].tobytes()
    for row in range(5):
        assert fitted.predict(some(world, [row])).scores.tobytes() == together.scores[[row]].tobytes()


def test_a_missing_view_is_as_good_as_an_empty_one(name: str, fitted: CategoryPredictor, world: LabelledTexts):
    part = {view: world.views[view] for view in ("title", "abstract")}
    empty = {**part, "keywords": [""] * len(world)}
    assert fitted.predict(part).scores.tobytes() == fitted.predict(empty).scores.tobytes()


def test_only_the_views_that_are_named_are_read(name: str, world: LabelledTexts):
    epochs = ["model.training.epochs=1"] if name in NETWORKS else []
    made = fit(name, world, "model.views=[abstract]", *epochs)
    part = {"abstract": world.views["abstract"]}
    assert made.views == ("abstract",)
    assert made.predict(part).scores.tobytes() == made.predict(world.views).scores.tobytes()


def test_the_test_texts_are_not_seen(name: str, split: TextSplit, world: LabelledTexts):
    """What is learned of two splits that differ in the words of the test texts alone is the same."""
    epochs = ["model.training.epochs=1"] if name in NETWORKS else []
    tested = set(split.rows.tolist())
    other = {
        view: tuple("secret words" if row in tested else text for row, text in enumerate(texts))
        for view, texts in world.views.items()
    }
    changed = dataclasses.replace(world, views=other)
    assert Texts().split(changed, 1).digest == split.digest
    scores = [fit(name, data, *epochs).predict(world.views).scores for data in (world, changed)]
    assert scores[0].tobytes() == scores[1].tobytes()


def test_it_finds_what_is_planted_far_better_than_the_most_frequent_category(
    name: str, split: TextSplit, fitted: CategoryPredictor
):
    protocol = CategoryMatch()
    majority = Classify().references(split, [protocol])["majority"]["classify"]
    found, reference = (Classify().measure(split, protocol, one).numbers["macro_f1"] for one in (fitted, majority))
    assert found > reference + 0.2


def test_texts_may_have_several_categories(name: str):
    data = SyntheticTexts(name="tiny", texts=300, categories=3, several=True).load()
    found = fit(name, data).predict(data.views).labels
    assert found.any(axis=1).all()
    assert (found.sum(axis=1) > 1).any()


def test_a_category_that_train_does_not_have_is_never_found(name: str, world: LabelledTexts):
    epochs = ["model.training.epochs=1"] if name in NETWORKS else []
    wider = dataclasses.replace(
        world, labels=np.pad(world.labels, ((0, 0), (1, 0))), categories=("C0", *world.categories)
    )
    assert not fit(name, wider, *epochs).predict(wider.views).labels[:, 0].any()


def test_a_saved_predictor_loads_with_the_same_scores(
    name: str, fitted: CategoryPredictor, world: LabelledTexts, tmp_path: Path
):
    learned.save(fitted).write(tmp_path)
    loaded = learned.load(tmp_path)
    assert type(loaded) is type(fitted)
    assert loaded.categories == world.categories
    assert loaded.predict(world.views).scores.tobytes() == fitted.predict(world.views).scores.tobytes()


def test_the_same_seed_gives_the_same_bits_alone_and_among_others(name: str, world: LabelledTexts):
    made = model(name, *(["model.training.epochs=1"] if name in NETWORKS else []))
    with threads.limited(1):
        both = list(pipeline.run(Classify(), world, Texts(2), [CategoryMatch()], made))
        (alone,) = pipeline.run(Classify(), world, Texts(2, only=(2,)), [CategoryMatch()], made)
    scores = [run.measured["classify"].blocks[0].predictions.scores for run in (both[1], alone)]
    assert scores[0].tobytes() == scores[1].tobytes()
