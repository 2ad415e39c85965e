"""Golden outputs of the classifiers of texts, of the stratified split, and of the measures of categories, on made-up
texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from recsys.classifier import Classifier, Predicted, Views
from recsys.data.synthetic_texts import SyntheticTexts
from recsys.dataset import Array
from recsys.evaluation.classify_protocol import CategoryMatch
from recsys.evaluation.classify_task import Classify
from recsys.evaluation.parted_split import TextSplit
from recsys.evaluation.text_splits import Texts
from recsys.models.decision_tree import DecisionTree
from recsys.models.logistic_regression import LogisticRegression
from recsys.models.naive_bayes import NaiveBayes
from recsys.models.svm import Svm
from recsys.models.text_cnn import TextCnn
from recsys.models.text_rcnn import TextRcnn
from recsys.reading import Reader, Settings, Training

TRAINING = Training(batch_size=8, learning_rate=0.1, epochs=3, patience=3, mask=0.2, contrastive=0.1, temperature=0.5)
SMALL: Mapping[str, Any] = MappingProxyType(
    {"words": 200, "word_vectors": "learned", "dim": 4, "longest": 30, "attention": 3, "dropout": 0.25}
)
MODELS: Mapping[str, Classifier] = MappingProxyType(
    {
        "text_rcnn": TextRcnn(units=6, filters=4, training=TRAINING, **SMALL),
        "text_cnn": TextCnn(filters=3, widths=(2, 3), fusion="concat", training=TRAINING, **SMALL),
        "svm": Svm(joined=False),
        "logistic_regression": LogisticRegression(balanced=True),
        "naive_bayes": NaiveBayes(),
        "decision_tree": DecisionTree(depth=4, leaf=2),
    }
)


@dataclass(frozen=True, slots=True)
class Fixed:
    """Categories that have nothing to do with the words."""

    categories: tuple[str, ...]
    views: tuple[str, ...] = ("title",)

    def predict(self, views: Views) -> Predicted:
        place, count = np.arange(len(views["title"])), len(self.categories)
        scores = np.stack([(3 * place + 5 * column) % 7 / 7 for column in range(count)], axis=1)
        return Predicted.of(scores, several=True, above=0.7)


def split(several: bool = False) -> TextSplit:
    data = SyntheticTexts(name="golden", texts=90, categories=3, several=several).load()
    return Texts().split(data, 1)


def network(fusion: str, several: bool) -> Mapping[str, Any]:
    """Fused views and scores of texts of several lengths, some without keywords; the loss and gradients of a batch;
    losses and weights of three steps, with dropout and two maskings."""
    from benchmarks.regression.golden.plain_sgd import fill, named, plain_sgd  # TensorFlow, when it is needed
    from recsys.nn import tf
    from recsys.nn.text_network import Architecture, TextNetwork

    train = split(several).train.train
    reader = Reader.of(train, Settings(words=200, longest=30))
    texts, rows = reader.encode(train.views), np.arange(6)
    lengths = np.stack([own.lengths for own in texts], axis=1)
    seen = np.tile(rows, 2)
    words = [own.padded(seen) for own in texts]
    second = [np.where(np.arange(12)[:, None] % 5 == 3, 0, own).astype(np.int32) for own in words]
    targets = train.labels[seen].astype(np.float32)
    with plain_sgd():
        program = TextNetwork(
            Architecture(
                words=len(reader.words.words),
                views=3,
                categories=len(train.categories),
                dim=4,
                units=6,
                filters=4,
                widths=(2, 3),
                fusion=fusion,  # pyright: ignore[reportArgumentType]
                attention=3,
                dropout=0.25,
                several=several,
                contrastive=0.3,
                temperature=0.5,
            )
        )
        fill(program.learned, 0.5)
        program.rng_state.assign([5, 0])
        fused = program.represent(texts)
        values: dict[str, Any] = {"lengths": lengths, "fused": fused, "scores": program.scores(fused)}
        tensors = [tf.constant(own) for own in second], tf.constant(lengths[seen], tf.int32), tf.constant(targets)
        with tf.GradientTape() as tape:
            loss = program.loss(*tensors, training=False)
        gradients = [tf.convert_to_tensor(part) for part in tape.gradient(loss, program.learned)]
        values["loss"] = loss.numpy()
        values |= {
            f"gradient {name}": part.numpy() for name, part in zip(named("of", program.learned), gradients, strict=True)
        }
        for step in range(3):
            values[f"loss {step}"] = program.train_step(second, lengths[seen], targets, 0.05)
        return values | named("weights", program.learned)


def fitted(name: str) -> Mapping[str, Any]:
    """A whole fit: words, masking, batches, epochs and early stopping; the test texts' scores."""
    made = split()
    if name not in ("text_rcnn", "text_cnn"):
        return {"scores": _finite(MODELS[name].fit(made.train, 3).predict(made.test.views).scores)}
    from benchmarks.regression.golden.plain_sgd import plain_sgd

    with plain_sgd():
        predictor: Any = MODELS[name].fit(made.train, 3)
        scores = predictor.predict(made.test.views).scores
    return {
        "scores": scores,
        "limits": np.array(predictor.reader.limits),
        "best": np.array([predictor.best_epoch, predictor.best_f1]),
        **{f"weights {weight}": values for weight, values in predictor.weights.items()},
    }


def measures() -> Mapping[str, Any]:
    """All metrics of fixed categories and of the references, and the rows of each part; texts of several categories."""
    made = split(several=True)
    task, protocol = Classify(), CategoryMatch()
    measured = task.measure(made, protocol, Fixed(made.test.categories))
    references = task.references(made, [protocol])
    return {
        **measured.per_unit,
        "numbers": np.array(list(measured.numbers.values())),
        "test rows": made.rows,
        "train rows": made.train.train.ids.ids,
        **{name: own["classify"].predict(made.test.views).labels for name, own in references.items()},
    }


def _finite(scores: Array) -> Array:
    return np.where(np.isfinite(scores), scores, -1e6)


def cases() -> dict[str, Callable[[], Mapping[str, Any]]]:
    networks = {
        "network text_rcnn": partial(network, "attention", several=False),
        "network text_rcnn, several categories": partial(network, "average", several=True),
    }
    return {**networks, **{f"model {name}": partial(fitted, name) for name in MODELS}, "measures of classify": measures}
