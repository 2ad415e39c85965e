"""What is left of the tags where constraints hold, what a fit reports, and training that diverges."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from recsys.bio import follows
from recsys.evaluation.parted_split import SentenceSplit
from recsys.evaluation.sentence_splits import Sentences
from recsys.execution import threads
from recsys.models.bilstm_crf import BiLstmCrf
from recsys.recommender import Diverged
from recsys.tagging import Training
from recsys.texts import TaggedSentences

pytestmark = pytest.mark.slow
SMALL = {"word_dim": 8, "filters": 0, "case_dim": 0, "units": 8, "dropout": 0.0, "unknown": 0.0}


def coins() -> TaggedSentences:
    """Two tokens that say nothing, both in entities of one kind, A or B by chance: only tags know of one another."""
    kinds = np.random.default_rng(1).choice(["A", "B"], 200).tolist()
    return TaggedSentences.of("coins", [[("x", f"B-{kind}"), ("y", f"I-{kind}")] for kind in kinds])


@pytest.fixture(scope="module")
def split() -> SentenceSplit:
    return Sentences().split(coins(), 1)


def model(**changes: object) -> BiLstmCrf:
    training = Training(batch_size=8, learning_rate=0.02, epochs=8, patience=8)
    return BiLstmCrf(**{**SMALL, "training": training, **changes})  # pyright: ignore[reportArgumentType]


def test_constraints_leave_no_tag_that_may_not_follow_whatever_was_learned(split: SentenceSplit):
    with threads.limited(1):
        fitted = model(training=Training(epochs=1)).fit(split.train, 1)
    for tags in fitted.tags([["y"], ["y", "x", "y", "y"]]):
        assert tags[0].startswith("B-")
        assert all(follows(tag, before) for before, tag in pairwise(tags))


def test_the_best_epoch_is_reported(split: SentenceSplit):
    with threads.limited(1):
        fitted = model(training=Training(epochs=2)).fit(split.train, 1)
    assert fitted.learned["best_epoch"] in (1, 2)
    assert 0 <= fitted.learned["validation_f1"] <= 1


def test_training_that_diverges_says_what_to_set(split: SentenceSplit):
    diverging = model(training=Training(learning_rate=1e38, epochs=2))
    with threads.limited(1), pytest.raises(Diverged, match=r"bilstm_crf: .* set the learning rate to less"):
        diverging.fit(split.train, 1)
