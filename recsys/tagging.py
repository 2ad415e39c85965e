"""What taggers share that learn by gradients: training, early stopping by entity F1 on validation, and prediction."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, TypeAlias

import numpy as np
from annotated_types import Ge, Gt
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys import progress
from recsys.bio import entities
from recsys.dataset import Array, read_only
from recsys.features.length_batches import batches
from recsys.features.viterbi import Transitions, viterbi
from recsys.features.word_forms import Lexicon
from recsys.recommender import Diverged
from recsys.tagger import Tagged
from recsys.texts import TaggedSentences

if TYPE_CHECKING:  # TensorFlow is loaded when a model is fitted, not before
    from recsys.nn.bilstm_tagger import Architecture

logger = logging.getLogger(__name__)

Size = Annotated[int, Ge(1)]
Weights: TypeAlias = Mapping[str, Array]
Tags: TypeAlias = Sequence[Sequence[str]]


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Training:
    """Adam on batches of sentences of about one length, with early stopping.

    batch_size      sentences
    learning_rate   of the first epoch; of epoch e it is divided by 1 + decay (e - 1)
    epochs          at most; it stops when the entity F1 of the validation sentences has not risen for `patience` epochs
    """

    batch_size: Size = 32
    learning_rate: Annotated[float, Gt(0)] = 4e-3
    decay: Annotated[float, Ge(0)] = 0.05
    epochs: Size = 20
    patience: Size = 5


@dataclass(frozen=True, slots=True)
class TagNetwork:
    """What was learned: scores of each token's tags, and the path of the highest score.

    scores       what is added to the network's: those of the CRF, within BIO where that is asked for
    best_epoch   whose weights were kept, from 1; best_f1: of the validation sentences, after it
    """

    lexicon: Lexicon
    names: tuple[str, ...]
    shape: Architecture
    weights: Weights
    scores: Transitions
    best_epoch: int = 0
    best_f1: float = 0.0

    def tags(self, sentences: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
        if not sentences:
            return []
        from recsys.nn.bilstm_tagger import network

        program = network(self.shape)
        program.write(self.weights)
        return decoded(program.score(self.lexicon.encode(sentences)), self.scores, self.names)

    @property
    def learned(self) -> Mapping[str, float]:
        """What fitting chose."""
        return {"best_epoch": self.best_epoch, "validation_f1": self.best_f1}


def train_network(
    model: str,
    shape: Architecture,
    training: Training,
    lexicon: Lexicon,
    names: tuple[str, ...],
    constraints: bool,
    unknown: float,
    tagged: Tagged,
    seed: int,
) -> TagNetwork:
    """The weights of the epoch with the highest entity F1 on the validation sentences.

    model         for words alone
    names         of the tags, by number
    constraints   whether I-X may stand after B-X and I-X alone
    unknown       the chance with which a word that train has once is read as an unknown one

    Raises `Diverged` where a loss is not finite.
    """
    from recsys.nn.bilstm_tagger import Batch, network

    train, validation = tagged.train, tagged.validation
    program, rng = network(shape), np.random.default_rng([seed, 1])
    encoded, held_out = lexicon.encode(train.tokens), lexicon.encode(validation.tokens)
    number = {tag: place for place, tag in enumerate(names)}
    targets = np.array([number[tag] for own in train.tags for tag in own], np.int32)

    def learned(epoch: int) -> TagNetwork:
        weights = {name: read_only(values) for name, values in program.read().items()}
        scores = _transitions(weights, len(names))
        scores = scores.within_bio(names) if constraints else scores
        return TagNetwork(lexicon, names, shape, weights, scores, epoch)

    program.start(int(rng.integers(1 << 31)))
    best = learned(0)
    for epoch in range(1, training.epochs + 1):
        rate = training.learning_rate / (1 + training.decay * (epoch - 1))
        losses: list[float] = []
        for rows in batches(encoded.lengths, training.batch_size, rng):
            batch = Batch.of(encoded, rows)
            replaced = lexicon.rare[batch.words] & (rng.random(batch.words.shape) < unknown)
            loss = program.train_step(batch.with_unknown(replaced), targets[encoded.tokens(rows)], rate)
            losses.append(float(loss))
        if not np.isfinite(losses).all():
            raise Diverged.at(model, f"epoch {epoch}", "model.training.learning_rate", training.learning_rate)
        now = learned(epoch)
        f1 = entity_f1(decoded(program.score(held_out), now.scores, names), validation.tags)
        logger.debug("%s, epoch %d: loss %.4f, validation F1 %.4f", model, epoch, np.mean(losses), f1)
        if f1 > best.best_f1 or not best.best_f1:  # the first epochs may find no entity
            best = replace(now, best_f1=f1)
        stopped = epoch - best.best_epoch == training.patience
        progress.report(f"{model}, epoch", epoch, epoch if stopped else training.epochs)
        if stopped:
            break
    return best


def tag_names(train: TaggedSentences) -> tuple[str, ...]:
    """In alphabetical order."""
    return tuple(sorted({tag for tags in train.tags for tag in tags}))


def decoded(emissions: Sequence[Array], scores: Transitions, names: Sequence[str]) -> list[tuple[str, ...]]:
    """The tags of each sentence; emissions: float32 (T, tags) of each."""
    return [tuple(names[int(tag)] for tag in viterbi(own, scores)) for own in emissions]


def entity_f1(predicted: Tags, true: Tags) -> float:
    """2 c / (p + t): c of p predicted entities are among the t true ones; 1 where there are none at all."""
    pairs = [(set(entities(own)), set(entities(other))) for own, other in zip(predicted, true, strict=True)]
    both = sum(len(own) + len(other) for own, other in pairs)
    return 2 * sum(len(own & other) for own, other in pairs) / both if both else 1.0


def _transitions(weights: Weights, tags: int) -> Transitions:
    """Those of the CRF, where there is one."""
    if "moves" not in weights:
        return Transitions.none(tags)
    return Transitions(*(weights[name] for name in ("moves", "start", "end")))
