"""What every retriever of conf/model/ promises."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hydra.errors import InstantiationException

from recsys import pipeline
from recsys.data.synthetic_corpus import SyntheticCorpus
from recsys.dataset import Array
from recsys.evaluation.query_split import QuerySplit
from recsys.evaluation.query_splits import Queries
from recsys.evaluation.retrieval_protocol import Retrieval
from recsys.evaluation.retrieve_task import Retrieve
from recsys.execution import threads
from recsys.retriever import Embeds, Judged, Retriever, Searcher
from recsys.store import learned
from recsys.task import tasks_of
from recsys.texts import Corpus
from tests import configuration
from tests.models.catalogue import RETRIEVERS

TOWERS = ("dual_tower", "single_tower")
EMBED = ("dual_tower", "lsa")
pytestmark = pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow if name in TOWERS else ()) for name in RETRIEVERS],
    scope="module",
)


def model(name: str, *changes: str) -> Any:
    """As its yaml says, but for the epochs: what is promised here holds however well a model has learned."""
    quick = ["model.training.epochs=4"] if name in TOWERS else []
    return configuration.model(f"model={name}", *quick, *changes)


@pytest.fixture(scope="module")
def world() -> Corpus:
    return SyntheticCorpus(name="tiny", fields=4, subjects=3, items=5, queries=3).load()


@pytest.fixture(scope="module")
def split(world: Corpus) -> QuerySplit:
    return Queries(share=0.2).split(world, 1)


@pytest.fixture(scope="module")
def fitted(name: str, split: QuerySplit) -> Searcher:
    with threads.limited(1):
        return model(name).fit(split.train, 3)


def test_it_is_a_frozen_dataclass_of_hyperparameters_that_says_its_task(name: str):
    made = model(name)
    assert dataclasses.is_dataclass(made)
    assert isinstance(made, Retriever)
    assert tasks_of(made) == ("retrieve",)
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.anything = 1


def test_a_misspelt_field_is_refused(name: str):
    with pytest.raises(InstantiationException):
        model(name, "+model.no_such_field=1")


def test_scores_are_finite_float32_and_of_the_promised_shape(name: str, fitted: Searcher, world: Corpus):
    scores = fitted.scores(["one", "", "words that nobody knows", world.query_texts[0]])
    assert (scores.shape, scores.dtype) == ((4, len(world.items)), np.float32)
    assert np.isfinite(scores).all()


def test_a_querys_scores_do_not_depend_on_the_others(name: str, fitted: Searcher, world: Corpus):
    texts = world.query_texts
    together = fitted.scores(texts)
    order = np.random.default_rng(2).permutation(len(texts))
    alone = np.concatenate([fitted.scores([text]) for text in texts])
    shuffled = np.empty_like(together)
    shuffled[order] = fitted.scores([texts[row] for row in order])
    assert together.tobytes() == alone.tobytes() == shuffled.tobytes()


def test_the_test_queries_are_not_seen(name: str, split: QuerySplit, world: Corpus):
    """What is learned of two splits that differ in the test queries' relevance alone is the same."""
    turned = dataclasses.replace(world, grade=np.where(np.isin(world.query, split.queries), 9, world.grade))
    rows = [np.flatnonzero(np.isin(world.queries.ids, part.queries.ids)) for part in parts(split)]
    other = QuerySplit.of(turned, 1, split.seed, rows)
    assert other.digest == split.digest
    assert scores_of(name, other.train, world).tobytes() == scores_of(name, split.train, world).tobytes()


def parts(split: QuerySplit) -> tuple[Corpus, Corpus, Corpus]:
    return split.train.train, split.train.validation, split.test


def scores_of(name: str, judged: Judged, world: Corpus) -> Array:
    with threads.limited(1):
        return model(name).fit(judged, 3).scores(world.query_texts)


def test_it_finds_what_is_planted_far_more_often_than_chance(name: str, split: QuerySplit, fitted: Searcher):
    protocol = Retrieval()
    measured = Retrieve().measure(split, protocol, fitted)
    chance = Retrieve().measure(split, protocol, Retrieve().references(split, [protocol])["random"]["retrieve"])
    at = protocol.cutoffs.index(10)
    assert measured.curves["ndcg"][at] > 3 * chance.curves["ndcg"][at]


def test_a_saved_searcher_loads_with_the_same_scores(name: str, fitted: Searcher, world: Corpus, tmp_path: Path):
    learned.save(fitted).write(tmp_path)
    loaded = learned.load(tmp_path)
    assert type(loaded) is type(fitted)
    assert loaded.scores(world.query_texts).tobytes() == fitted.scores(world.query_texts).tobytes()


def test_those_that_embed_have_scores_that_are_their_vectors_products(name: str, fitted: Searcher, world: Corpus):
    assert isinstance(fitted, Embeds) == (name in EMBED)
    if isinstance(fitted, Embeds):
        products = fitted.query_vectors(world.query_texts) @ fitted.item_vectors.T
        assert fitted.scores(world.query_texts) == pytest.approx(products, abs=1e-5)


def test_fitting_leaves_the_queries_and_the_model_as_they_were(name: str, split: QuerySplit):
    made = model(name)
    before, fingerprints = repr(made), [part.fingerprint for part in parts(split)]
    made.fit(split.train, 1)
    assert repr(made) == before
    assert [part.fingerprint for part in parts(split)] == fingerprints


def test_the_same_seed_gives_the_same_bits_alone_and_among_others(name: str, world: Corpus):
    with threads.limited(1):
        both = list(pipeline.run(Retrieve(), world, Queries(2), [Retrieval()], model(name)))
        (alone,) = pipeline.run(Retrieve(), world, Queries(2, only=(2,)), [Retrieval()], model(name))
    one, other = (repeat.measured["retrieve"].blocks[0].predictions for repeat in (both[1], alone))
    assert one.items.tobytes() == other.items.tobytes()
    assert one.scores.tobytes() == other.scores.tobytes()
