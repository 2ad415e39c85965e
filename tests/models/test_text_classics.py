"""Classifiers on TF-IDF: what is kept of scikit-learn's models predicts as they do; naive Bayes by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression as SklearnRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from recsys.classifier import Classifier
from recsys.data.synthetic_texts import SyntheticTexts
from recsys.dataset import DataError
from recsys.models.decision_tree import DecisionTree
from recsys.models.logistic_regression import LogisticRegression
from recsys.models.naive_bayes import NaiveBayes
from recsys.models.svm import Svm
from recsys.texts import LabelledTexts, TrainSet

MODELS: list[tuple[Classifier, Any]] = [
    (Svm(c=0.5, balanced=True), LinearSVC(C=0.5, class_weight="balanced", random_state=3)),
    (LogisticRegression(c=5), SklearnRegression(C=5, max_iter=1000)),
    (NaiveBayes(alpha=0.3), MultinomialNB(alpha=0.3)),
    (DecisionTree(leaf=2), DecisionTreeClassifier(min_samples_leaf=2, random_state=3)),
]


@pytest.mark.parametrize(("model", "other"), MODELS)
@pytest.mark.parametrize("categories", [2, 4])
def test_categories_are_those_of_scikit_learns_model(model: Classifier, other: Any, categories: int):
    data = SyntheticTexts(texts=200, categories=categories).load()
    train, rest = data.take(np.arange(120)), data.take(np.arange(120, 200))
    fitted: Any = model.fit(TrainSet(train, rest), 3)
    other.fit(fitted.vectors.vectors(train.views), train.labels.argmax(axis=1))
    expected = other.predict(fitted.vectors.vectors(rest.views))
    assert fitted.predict(rest.views).labels.argmax(axis=1).tolist() == expected.tolist()


@pytest.mark.parametrize("model", [Svm(), NaiveBayes()])
def test_of_several_categories_each_is_asked_for_by_itself(model: Classifier):
    data = SyntheticTexts(texts=200, categories=3, several=True).load()
    fitted: Any = model.fit(TrainSet(data, data), 3)
    vectors = fitted.vectors.vectors(data.views)
    other: Any = LinearSVC(random_state=3) if isinstance(model, Svm) else MultinomialNB(alpha=0.1)
    alone = other.fit(vectors, data.labels[:, 1].astype(int)).predict(vectors).astype(bool)
    found = fitted.predict(data.views)
    assert (found.scores[:, 1] > 0).tolist() == alone.tolist()
    assert found.labels.any(axis=1).all()


@pytest.mark.parametrize("model", [Svm(validation=True), DecisionTree(validation=True)])
def test_validation_texts_are_learned_from_where_that_is_asked_for(model: Any):
    data = SyntheticTexts(texts=200, categories=3).load()
    first, second, rest = (data.take(np.arange(start, end)) for start, end in ((0, 80), (80, 120), (120, 200)))
    fitted: Any = model.fit(TrainSet(first, second), 3)
    as_one = replace(model, validation=False).fit(TrainSet(data.take(np.arange(120)), rest), 3)
    assert fitted.predict(rest.views).scores.tolist() == as_one.predict(rest.views).scores.tolist()
    alone = replace(model, validation=False).fit(TrainSet(first, second), 3)
    assert fitted.predict(rest.views).scores.tolist() != alone.predict(rest.views).scores.tolist()


def test_naive_bayes_by_hand():
    """Two words, no smoothing to speak of, so that p(w | k) are the shares of TF-IDF in each category."""
    data = LabelledTexts.of("made", {"title": ["deep", "deep", "graph"]}, [["A"], ["B"], ["B"]])
    scores = NaiveBayes(alpha=1.0).fit(TrainSet(data, data), 1).predict({"title": ["deep", "graph", "other"]}).scores
    # N_A = (1, 0), N_B = (1, 1): p(deep | A) = 2/3, p(graph | A) = 1/3, p(. | B) = 1/2; p(B) / p(A) = 2
    odds = scores[:, 1] - scores[:, 0]
    assert odds == pytest.approx(2 * np.log([2 * (1 / 2) / (2 / 3), 2 * (1 / 2) / (1 / 3), 2]), abs=1e-5)


def test_a_view_apart_is_not_drowned_by_a_longer_one():
    """Two words in each title tell the category; hundreds of words in the note are noise."""
    rng = np.random.default_rng(1)
    noise = [" ".join(f"n{number}" for number in rng.integers(0, 400, 150)) for _ in range(120)]
    own = ["A" if row % 2 else "B" for row in range(120)]
    titles = [("deep nets" if name == "A" else "graph walks") if row < 110 else "" for row, name in enumerate(own)]
    data = LabelledTexts.of("made", {"title": titles, "note": noise}, [[name] for name in own])
    train, test = data.take(np.arange(20)), data.take(np.arange(20, 110))
    right = [
        (Svm(joined=joined, c=0.1).fit(TrainSet(train, test), 1).predict(test.views).labels == test.labels).mean()
        for joined in (True, False)
    ]
    assert right[1] == 1
    assert right[0] < 1


def test_one_category_in_train_is_refused():
    data = LabelledTexts.of("made", {"title": ["a b", "c d"]}, [["A"], ["B"]]).take(np.array([0]))
    for model in (Svm(), DecisionTree()):
        with pytest.raises(DataError, match="made: expected texts of two categories or more to learn from, got one"):
            model.fit(TrainSet(data, data), 1)
