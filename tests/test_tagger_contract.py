"""What every tagger of conf/model/ promises."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hydra.errors import InstantiationException

from recsys import pipeline
from recsys.data.synthetic_sentences import SyntheticSentences
from recsys.evaluation.label_protocol import EntityMatch
from recsys.evaluation.label_task import Label
from recsys.evaluation.parted_split import SentenceSplit
from recsys.evaluation.sentence_splits import Sentences
from recsys.execution import threads
from recsys.store import learned
from recsys.tagger import Tagged, Tagger, TagPredictor
from recsys.task import tasks_of
from recsys.texts import TaggedSentences
from tests import configuration
from tests.models.catalogue import TAGGERS

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("name", TAGGERS, scope="module")]
QUICK = (
    *("model.training.epochs=6", "model.training.batch_size=8", "model.training.learning_rate=0.02"),
    "model.training.decay=0",
)
SMALL = {"bilstm_crf": ("model.word_dim=16", "model.filters=16", "model.units=16", "model.dropout=0.1")}
"""What is promised here holds for small ones, too, however well they have learned."""


def model(name: str, *changes: str) -> Any:
    return configuration.model(f"model={name}", *QUICK, *SMALL.get(name, ()), *changes)


@pytest.fixture(scope="module")
def world() -> TaggedSentences:
    return SyntheticSentences(name="tiny", sentences=240, kinds=2).load()


@pytest.fixture(scope="module")
def split(world: TaggedSentences) -> SentenceSplit:
    return Sentences().split(world, 1)


@pytest.fixture(scope="module")
def fitted(name: str, split: SentenceSplit) -> TagPredictor:
    with threads.limited(1):
        return model(name).fit(split.train, 3)


def test_it_is_a_frozen_dataclass_of_hyperparameters_that_says_its_task(name: str):
    made = model(name)
    assert dataclasses.is_dataclass(made)
    assert isinstance(made, Tagger)
    assert tasks_of(made) == ("label",)
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.anything = 1


def test_a_misspelt_field_is_refused(name: str):
    with pytest.raises(InstantiationException):
        model(name, "+model.no_such_field=1")


def test_every_token_has_a_tag_that_train_has_whatever_the_words(
    name: str, fitted: TagPredictor, world: TaggedSentences
):
    sentences = [["a"], ["ужасы", "東京", "🎬", "<b>", "'"], ["x" * 1000] * 300, list(world.tokens[0])]
    found = fitted.tags(sentences)
    assert [len(tags) for tags in found] == [1, 5, 300, len(world.tokens[0])]
    assert {tag for tags in found for tag in tags} <= {tag for tags in world.tags for tag in tags}
    assert fitted.tags([]) == []


def test_a_sentences_tags_do_not_depend_on_the_others(name: str, fitted: TagPredictor, world: TaggedSentences):
    together = fitted.tags(world.tokens[:80])
    order = np.random.default_rng(2).permutation(80).tolist()
    shuffled = fitted.tags([world.tokens[row] for row in order])
    assert shuffled == [together[row] for row in order]
    assert [fitted.tags([tokens])[0] for tokens in world.tokens[:20]] == together[:20]


def test_tags_are_within_bio(name: str, fitted: TagPredictor, world: TaggedSentences):
    words = sorted({token for tokens in world.tokens for token in tokens})
    drawn = np.random.default_rng(1).choice(words, (50, 9)).tolist()
    made = [list(zip(tokens, tags, strict=True)) for tokens, tags in zip(drawn, fitted.tags(drawn), strict=True)]
    EntityMatch().check(TaggedSentences.of("found", made))


def test_the_test_sentences_are_not_seen(name: str, split: SentenceSplit, world: TaggedSentences):
    """What is learned of two splits that differ in the test sentences' tags alone is the same."""
    tested = set(split.rows.tolist())
    turned = tuple(("O",) * len(tags) if row in tested else tags for row, tags in enumerate(world.tags))
    other = Sentences().split(dataclasses.replace(world, tags=turned), 1)
    assert other.digest == split.digest
    assert tags_of(name, other.train, world) == tags_of(name, split.train, world)


def tags_of(name: str, tagged: Tagged, world: TaggedSentences) -> list[tuple[str, ...]]:
    with threads.limited(1):
        return model(name, "model.training.epochs=2").fit(tagged, 3).tags(world.tokens)


def test_it_finds_what_is_planted_far_better_than_each_tokens_most_frequent_tag(
    name: str, split: SentenceSplit, fitted: TagPredictor
):
    protocol = EntityMatch()
    frequent = Label().references(split, [protocol])["frequent_tag"]["label"]
    found, reference = (Label().measure(split, protocol, one).numbers["f1"] for one in (fitted, frequent))
    assert found > reference + 0.3


def test_a_saved_predictor_loads_with_the_same_tags(
    name: str, fitted: TagPredictor, world: TaggedSentences, tmp_path: Path
):
    learned.save(fitted).write(tmp_path)
    loaded = learned.load(tmp_path)
    assert type(loaded) is type(fitted)
    assert loaded.tags(world.tokens) == fitted.tags(world.tokens)


def test_fitting_leaves_the_sentences_and_the_model_as_they_were(name: str, split: SentenceSplit):
    made = model(name, "model.training.epochs=1")
    parts = split.train.train, split.train.validation
    before, fingerprints = repr(made), [part.fingerprint for part in parts]
    made.fit(split.train, 1)
    assert repr(made) == before
    assert [part.fingerprint for part in parts] == fingerprints


def test_the_same_seed_gives_the_same_bits_alone_and_among_others(name: str, world: TaggedSentences):
    made = model(name, "model.training.epochs=2")
    with threads.limited(1):
        both = list(pipeline.run(Label(), world, Sentences(2), [EntityMatch()], made))
        (alone,) = pipeline.run(Label(), world, Sentences(2, only=(2,)), [EntityMatch()], made)
    assert both[1].measured["label"].blocks[0].predictions == alone.measured["label"].blocks[0].predictions
    for weights, other in zip(both[1].fitted.weights.values(), alone.fitted.weights.values(), strict=True):
        assert weights.tobytes() == other.tobytes()
