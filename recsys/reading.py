"""What networks that read texts share: words and their vectors, training, early stopping by macro F1 on validation, and
prediction."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import numpy as np
from annotated_types import Ge, Gt, Lt
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys import progress
from recsys.classifier import Labelled, Predicted, Views, chosen, columns
from recsys.dataset import Array, DataError, read_only
from recsys.features.length_batches import batches
from recsys.features.text_words import EncodedTexts, TextWords, words_of
from recsys.features.word_vectors import SPREAD, word_vectors
from recsys.recommender import Diverged
from recsys.text.lsa import Lsa
from recsys.texts import LabelledTexts

if TYPE_CHECKING:  # TensorFlow is loaded when a model is fitted, not before
    from recsys.nn.text_network import Architecture

logger = logging.getLogger(__name__)

Size = Annotated[int, Ge(1)]
Weights: TypeAlias = Mapping[str, Array]
Fusion: TypeAlias = Literal["attention", "concat", "average"]
LENGTH = 95
"""Per cent of train's texts that a view is not cut in."""


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Training:
    """Adam on batches of texts of about one length, with early stopping.

    batch_size      texts
    epochs          at most; it stops when the macro F1 of the validation texts has not risen for `patience` epochs, and
                    keeps the weights of the best one
    mask            share of the words that are masked in training, drawn anew each time
    contrastive     weight of the contrastive loss between two maskings of a text; 0: there is one masking
    temperature     of the contrastive loss
    """

    batch_size: Size = 32
    learning_rate: Annotated[float, Gt(0)] = 1.25e-3
    epochs: Size = 30
    patience: Size = 5
    mask: Annotated[float, Ge(0), Lt(1)] = 0.1
    contrastive: Annotated[float, Ge(0)] = 0.0
    temperature: Annotated[float, Gt(0)] = 0.1


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Reading:
    """What is read of texts, and how, by all networks that read them.

    views          those that are read, None: all
    words          that are known: the most frequent ones of train
    word_vectors   lsa: from train's texts first, see `lsa_vectors`; word2vec: from them by the package gensim; learned:
                   from the categories alone; else a file of vectors in word2vec's text form. They are learned on from
                   there
    dim            numbers of a word's vector
    longest        words of a view that are read, at most; each view is cut at the length that 95% of train's do not
                   exceed, where that is less
    fusion         of the views: attention, concat or average
    attention      units of the attention
    dropout        of word vectors, states and fused views in training
    """

    views: tuple[str, ...] | None = None
    words: Size = 6000
    word_vectors: str = "lsa"
    dim: Size = 100
    longest: Size = 500
    fusion: Fusion = "attention"
    attention: Size = 64
    dropout: Annotated[float, Ge(0), Lt(1)] = 0.5


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Settings(Reading):
    """Of networks that classify texts."""

    training: Training = Training()


@dataclass(frozen=True, slots=True)
class Reader:
    """Texts as the network reads them. limits: words of each view that are read."""

    views: tuple[str, ...]
    words: TextWords
    limits: tuple[int, ...]

    @classmethod
    def of(cls, train: LabelledTexts, settings: Reading) -> Reader:
        return cls.of_views(train.name, {view: train.views[view] for view in chosen(settings.views, train)}, settings)

    @classmethod
    def of_views(cls, name: str, views: Views, settings: Reading) -> Reader:
        """Of all these views; name: of the data set, for words alone."""
        words = TextWords.of([text for texts in views.values() for text in texts], settings.words)
        if not words.words:
            raise DataError(
                f"{name}: expected words of two letters or more in {', '.join(views)}, got none; cut the texts "
                "into words with blanks between them"
            )
        lengths = [words.encode(texts).lengths for texts in views.values()]
        limits = (int(np.percentile(own[own > 0], LENGTH, method="higher")) if own.any() else 1 for own in lengths)
        return cls(tuple(views), words, tuple(min(limit, settings.longest) for limit in limits))

    def encode(self, texts: Views) -> list[EncodedTexts]:
        """Of each view."""
        of_views = columns(texts, self.views)
        return [self.words.encode(own, limit) for own, limit in zip(of_views, self.limits, strict=True)]


@dataclass(frozen=True, slots=True)
class TextReader:
    """What was learned.

    best_epoch   whose weights were kept, from 1; best_f1: macro F1 of the validation texts, after it
    """

    reader: Reader
    categories: tuple[str, ...]
    shape: Architecture
    weights: Weights
    best_epoch: int = 0
    best_f1: float = -1.0

    @property
    def views(self) -> tuple[str, ...]:
        return self.reader.views

    def predict(self, views: Views) -> Predicted:
        """Scores are probabilities. Of several categories those above 1/2 are predicted, or the likeliest."""
        program = self._program()
        return predicted(program.scores(program.represent(self.reader.encode(views))), self.shape.several)

    def vectors(self, views: Views) -> Array:
        """float32 (n, d): the fused views of each text."""
        return self._program().represent(self.reader.encode(views))

    @property
    def learned(self) -> Mapping[str, float]:
        """What fitting chose."""
        return {"best_epoch": self.best_epoch, "validation_macro_f1": self.best_f1}

    def _program(self) -> Any:
        from recsys.nn.text_network import network

        program = network(self.shape)
        program.write(self.weights)
        return program


def train_network(
    model: str, settings: Settings, units: int, filters: int, widths: tuple[int, ...], labelled: Labelled, seed: int
) -> TextReader:
    """The weights of the epoch with the highest macro F1 on the validation texts.

    model                     for words alone
    units, filters, widths    see `recsys.nn.text_network.Architecture`

    Raises `Diverged` where a loss is not finite, and `DataError` where there are no vectors of words.
    """
    from recsys.nn.text_network import Architecture, masked, network

    train, training = labelled.train, settings.training
    reader, rng = Reader.of(train, settings), np.random.default_rng([seed, 1])
    shape = Architecture(
        words=len(reader.words.words),
        views=len(reader.views),
        categories=len(train.categories),
        dim=settings.dim,
        units=units,
        filters=filters,
        widths=widths,
        fusion=settings.fusion,
        attention=settings.attention,
        dropout=settings.dropout,
        several=train.several,
        contrastive=training.contrastive,
        temperature=training.temperature,
    )
    program = network(shape)
    program.start(int(rng.integers(1 << 31)), starting_vectors(reader, settings, train.views, rng))
    texts, held_out = reader.encode(train.views), reader.encode(labelled.validation.views)
    lengths = np.stack([own.lengths for own in texts], axis=1)
    best = TextReader(reader, train.categories, shape, {})
    for epoch in range(1, training.epochs + 1):
        losses: list[float] = []
        for rows in batches(lengths.sum(axis=1), training.batch_size, rng):
            seen = np.tile(rows, 2) if training.contrastive else rows
            words = [masked(own.padded(seen), training.mask, rng) for own in texts]
            losses.append(program.train_step(words, lengths[seen], train.labels[seen], training.learning_rate))
        if not np.isfinite(losses).all():
            raise Diverged.at(model, f"epoch {epoch}", "model.training.learning_rate", training.learning_rate)
        found = predicted(program.scores(program.represent(held_out)), shape.several)
        f1 = macro_f1(found.labels, labelled.validation.labels)
        logger.debug("%s, epoch %d: loss %.4f, validation macro F1 %.4f", model, epoch, np.mean(losses), f1)
        if f1 > best.best_f1:
            weights = {name: read_only(values) for name, values in program.read().items()}
            best = replace(best, weights=weights, best_epoch=epoch, best_f1=f1)
        stopped = epoch - best.best_epoch == training.patience
        progress.report(f"{model}, epoch", epoch, epoch if stopped else training.epochs)
        if stopped:
            break
    return best


def predicted(scores: Array, several: bool) -> Predicted:
    """Scores to chances: by a softmax, or, of several categories, by a sigmoid each."""
    if several:
        return Predicted.of(np.exp(-np.logaddexp(0, -scores)), several=True, above=0.5)
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    return Predicted.of(odds / odds.sum(axis=1, keepdims=True), several=False, above=1)


def macro_f1(labels: Array, true: Array) -> float:
    """The mean of 2 c / (p + t) over the categories that are there; bool (n, c) each."""
    there = true.any(axis=0)
    right, both = (labels & true).sum(axis=0), labels.sum(axis=0) + true.sum(axis=0)
    return float((2 * right[there] / both[there]).mean()) if there.any() else 0.0


def starting_vectors(reader: Reader, settings: Reading, views: Views, rng: np.random.Generator) -> Array | None:
    """float (words, dim), or None, where they are learned from nothing; views: of the texts that they are made of."""
    if settings.word_vectors == "learned":
        return None
    words, dim = reader.words.words, settings.dim
    of_views = [views[view] for view in reader.views]
    if settings.word_vectors == "lsa":
        return lsa_vectors([" ".join(own) for own in zip(*of_views, strict=True)], words, dim, rng)
    if settings.word_vectors == "word2vec":
        texts = [list(words_of(text)) for own in of_views for text in own]
        return word2vec_vectors(texts, words, dim, int(rng.integers(1 << 31)))
    return word_vectors(settings.word_vectors, words, dim, rng)


def lsa_vectors(texts: Sequence[str], words: tuple[str, ...], dim: int, rng: np.random.Generator) -> Array:
    """float (words, dim): the rows of V of a latent semantic analysis of these texts, each of the length that vectors
    which are drawn have on average; of fewer texts than `dim`, the last numbers are drawn."""
    fitted = Lsa(dim).fit(texts, int(rng.integers(1 << 31)))
    place = {word: row for row, word in enumerate(fitted.words)}
    found = [row for row, word in enumerate(words) if word in place]
    own = fitted.components[[place[words[row]] for row in found]].astype(np.float64)
    own *= SPREAD * np.sqrt(dim) / np.maximum(np.linalg.norm(own, axis=1, keepdims=True), 1e-12)
    vectors = rng.normal(0, SPREAD, (len(words), dim))
    vectors[found, : own.shape[1]] = own
    return vectors


def word2vec_vectors(texts: list[list[str]], words: tuple[str, ...], dim: int, seed: int) -> Array:
    """float32 (words, dim): Mikolov et al. 2013's skip-gram with negative sampling on these texts, by gensim, scaled to
    the spread of vectors that are drawn. Raises `DataError` where gensim is not installed."""
    try:
        from gensim.models import Word2Vec  # pyright: ignore[reportMissingImports, reportUnknownVariableType]
    except ModuleNotFoundError as error:
        raise DataError(
            "model.word_vectors=word2vec: expected the package gensim, found none; run: pip install "
            "'gensim>=4.4,<5', or pass learned, lsa, or a file of vectors"
        ) from error
    made: Any = Word2Vec
    learned = made(texts, vector_size=dim, min_count=1, sg=1, epochs=20, workers=1, seed=seed).wv
    vectors = np.stack([learned[word] for word in words])
    return vectors * (SPREAD / max(float(vectors.std()), 1e-12))
