"""Golden outputs of the taggers, of Viterbi, and of the measures of tags, on made-up sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from recsys.data.synthetic_sentences import SyntheticSentences
from recsys.evaluation.label_protocol import EntityMatch
from recsys.evaluation.label_task import Label
from recsys.evaluation.parted_split import SentenceSplit
from recsys.evaluation.sentence_splits import Sentences
from recsys.features.viterbi import Transitions, viterbi
from recsys.features.word_forms import Lexicon
from recsys.models.bilstm_crf import BiLstmCrf
from recsys.models.crf_features import CrfFeatures
from recsys.tagger import Tagger
from recsys.tagging import Training, tag_names

TRAINING = Training(batch_size=8, learning_rate=0.2, decay=0.5, epochs=4, patience=4)
SMALL = partial(
    BiLstmCrf, word_dim=4, character_dim=3, filters=4, length=5, case_dim=2, units=5, dropout=0.25, training=TRAINING
)
MODELS: Mapping[str, Tagger] = MappingProxyType(
    {
        "bilstm_crf": SMALL(),
        "bilstm_crf, softmax": SMALL(crf=False, constraints=False),
        "crf_features": CrfFeatures(training=TRAINING),
    }
)


@dataclass(frozen=True, slots=True)
class Fixed:
    """Tags that have nothing to do with the words, and are not always within BIO."""

    names: Sequence[str]

    def tags(self, sentences: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
        count = len(self.names)
        return [tuple(self.names[(3 * place + len(own)) % count] for place in range(len(own))) for own in sentences]


def split() -> SentenceSplit:
    """Words are of six characters, of which five are read, or of four."""
    data = SyntheticSentences(name="golden", sentences=60, kinds=2).load()
    tokens = tuple(tuple(token[-4 - 2 * (row % 2) :] for token in own) for row, own in enumerate(data.tokens))
    return Sentences(share=0.3, validation_share=0.2).split(replace(data, tokens=tokens), 1)


def network(crf: bool) -> Mapping[str, Any]:
    """Scores of a batch of several lengths; its losses and gradients; losses and weights of three steps, with dropout;
    the paths of the highest score."""
    from benchmarks.regression.golden.plain_sgd import fill, named, plain_sgd  # TensorFlow, when it is needed
    from recsys.nn import tf
    from recsys.nn.bilstm_tagger import Architecture, Batch, BiLstmTagger

    train = split().train.train
    lexicon, names = Lexicon.of(train.tokens, 5, 1), tag_names(train)
    encoded = lexicon.encode(train.tokens)
    targets = np.array([names.index(tag) for tags in train.tags for tag in tags], np.int32)
    rows = np.arange(6)
    batch, tags = Batch.of(encoded, rows), targets[encoded.tokens(rows)]
    sizes = {"words": len(lexicon.words) + 1, "characters": len(lexicon.characters) + 2, "tags": len(names)}
    features = len(lexicon.features or ())
    with plain_sgd():
        program = BiLstmTagger(
            Architecture(
                **sizes,
                features=features,
                word_dim=4,
                character_dim=3,
                filters=4,
                case_dim=2,
                units=5,
                dropout=0.25,
                crf=crf,
            )
        )
        fill(program.learned, 0.5)
        program.rng_state.assign([5, 0])
        inputs = batch.tensors()
        with tf.GradientTape() as tape:
            emissions = program.emissions(*inputs, training=False)
            losses = program.losses(emissions, tf.constant(tags), inputs[-1])
        gradients = [tf.convert_to_tensor(part) for part in tape.gradient(losses, program.learned)]
        values: dict[str, Any] = {"lengths": batch.lengths, "losses of a batch": losses.numpy()}
        values["scores"] = np.concatenate(program.score(encoded))
        values |= {
            f"gradient {name}": part.numpy() for name, part in zip(named("of", program.learned), gradients, strict=True)
        }
        scores = Transitions.none(len(names))
        if crf:
            weights = program.read()
            scores = Transitions(weights["moves"], weights["start"], weights["end"])
        for kind, moves in (("paths", scores), ("paths within BIO", scores.within_bio(names))):
            values[kind] = np.concatenate([viterbi(own, moves) for own in program.score(encoded)])
        for step in range(3):
            values[f"loss {step}"] = program.train_step(batch, tags, 0.1).numpy()
        return values | named("weights", program.learned)


def fitted(name: str) -> Mapping[str, Any]:
    """A whole fit: batches, rare words read as unknown ones, epochs and early stopping; the test sentences' tags."""
    from benchmarks.regression.golden.plain_sgd import plain_sgd

    made = split()
    with plain_sgd():
        predictor: Any = MODELS[name].fit(made.train, 3)
        tags = predictor.tags(made.test.tokens)
    numbers = [predictor.names.index(tag) for own in tags for tag in own]
    return {
        "tags": np.array(numbers),
        "best": np.array([predictor.best_epoch, predictor.best_f1]),
        **{f"weights {weight}": values for weight, values in predictor.weights.items()},
    }


def measures() -> Mapping[str, Any]:
    """All metrics of fixed tags, and the test rows."""
    made = split()
    measured = Label().measure(made, EntityMatch(), Fixed(tag_names(made.train.train)))
    return {**measured.per_unit, "numbers": np.array(list(measured.numbers.values())), "test rows": made.rows}


def cases() -> dict[str, Callable[[], Mapping[str, Any]]]:
    networks = {"network bilstm_crf": partial(network, True), "network bilstm_crf, softmax": partial(network, False)}
    return {**networks, **{f"model {name}": partial(fitted, name) for name in MODELS}, "measures of label": measures}
