"""Errors in classifiers of texts and in how categories are measured; golden outputs alone run these, no row of
synthetic-100k."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.regression.damages.planted import Damage, Plant

ATTENTION, AVERAGE = "network text_rcnn", "network text_rcnn, several categories"
NETWORKS = (ATTENTION, AVERAGE)


def empty_views_attended(plant: Plant) -> None:
    from recsys.nn import tf
    from recsys.nn.text_network import TextNetwork

    plain: Any = TextNetwork.fuse
    plant.set(TextNetwork, "fuse", lambda self, parts, filled: plain(self, parts, tf.ones_like(filled)))


def backwards_from_the_longest(plant: Plant) -> None:
    from recsys.nn import text_network, tf

    plain: Any = text_network.bidirectional

    def bidirectional(inputs: Any, lengths: Any, forward: Any, backward: Any) -> Any:
        return plain(inputs, tf.fill(tf.shape(lengths), tf.shape(inputs)[1]), forward, backward)

    plant.set(text_network, "bidirectional", bidirectional)


def padding_read(plant: Plant) -> None:
    from recsys.nn import tf
    from recsys.nn.text_network import TextNetwork

    plain: Any = TextNetwork.read_view

    def read_view(self: Any, view: int, words: Any, lengths: Any, training: bool) -> Any:
        whole = tf.where(lengths > 0, tf.shape(words)[1], 0)
        return plain(self, view, words, whole, training)

    plant.set(TextNetwork, "read_view", read_view)


def dropout_left_on(plant: Plant) -> None:
    from recsys.nn.text_network import TextNetwork

    plain: Any = TextNetwork._dropped  # pyright: ignore[reportPrivateUsage]
    plant.set(TextNetwork, "_dropped", lambda self, values, layer, training: plain(self, values, layer, True))


def contrast_with_itself(plant: Plant) -> None:
    from recsys.nn import tf

    plant.set(tf.linalg, "set_diag", lambda values, diagonal: values)


def softmax_of_several(plant: Plant) -> None:
    from recsys.nn import tf
    from recsys.nn.text_network import TextNetwork

    def losses(self: Any, scores: Any, targets: Any) -> Any:
        return tf.nn.softmax_cross_entropy_with_logits(targets, scores)

    plant.set(TextNetwork, "losses", losses)


def words_never_masked(plant: Plant) -> None:
    from recsys.nn import text_network

    plant.set(text_network, "masked", lambda words, share, rng: words)


def stopped_by_the_last_epoch(plant: Plant) -> None:
    from recsys import reading

    scores = iter(range(1000))
    plant.set(reading, "macro_f1", lambda predicted, true: float(next(scores)))


def joined_views(plant: Plant) -> None:
    from recsys.text.view_tfidf import ViewTfIdf

    plain: Any = ViewTfIdf.fit
    plant.set(ViewTfIdf, "fit", lambda texts, views, joined, most: plain(texts, views, True, most))


def unbalanced(plant: Plant) -> None:
    from sklearn import linear_model

    plain: Any = linear_model.LogisticRegression

    def without(**settings: Any) -> Any:
        return plain(**{**settings, "class_weight": None})

    plant.set(linear_model, "LogisticRegression", without)


def averaged_over_texts(plant: Plant) -> None:
    from recsys.evaluation import classify_measurement

    def each(above: Any, below: Any) -> Any:
        return np.asarray(above) / np.maximum(below, 1)

    plant.set(classify_measurement, "linearised", each)


def not_stratified(plant: Plant) -> None:
    from recsys.evaluation import text_splits

    def drawn(labels: Any, shares: Any, rng: np.random.Generator) -> Any:
        return rng.choice(len(shares), len(labels), p=shares)

    plant.set(text_splits, "stratified", drawn)


def one_category_alone(plant: Plant) -> None:
    from recsys.classifier import Predicted

    plain: Any = Predicted.of
    plant.set(Predicted, "of", lambda scores, several, above: plain(scores, False, above))


MEASURES = ("measures of classify",)
CLASSIFIERS = (
    Damage("views without a word in the fusion", "network", empty_views_attended, (AVERAGE,), ()),
    Damage("backward LSTM of texts from the batch's last place", "network", backwards_from_the_longest, NETWORKS, ()),
    Damage("padding of texts read", "network", padding_read, NETWORKS, ()),
    Damage("dropout left on in readers' scores", "network", dropout_left_on, NETWORKS, ()),
    Damage("a masking contrasted with itself", "network", contrast_with_itself, NETWORKS, ()),
    Damage("softmax over several categories", "network", softmax_of_several, (AVERAGE,), ()),
    Damage("words never masked", "model", words_never_masked, ("model text_rcnn", "model text_cnn"), ()),
    Damage(
        "readers keep their last epoch", "model", stopped_by_the_last_epoch, ("model text_rcnn", "model text_cnn"), ()
    ),
    Damage("views joined where they stand apart", "model", joined_views, ("model svm",), ()),
    Damage("balanced weights left out", "model", unbalanced, ("model logistic_regression",), ()),
    Damage("macro F1 averaged over texts", "evaluation", averaged_over_texts, MEASURES, ()),
    Damage("texts split without strata", "evaluation", not_stratified, MEASURES, ()),
    Damage("one category where there are several", "evaluation", one_category_alone, MEASURES, ()),
)
