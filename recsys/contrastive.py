"""What retrievers with a network share: an embedder's vectors, contrastive training with early stopping, validation."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import numpy as np
from annotated_types import Ge, Gt, Le, Lt
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys import progress
from recsys.dataset import Array, DataError
from recsys.features.contrastive_batches import Loss, Relevance, Similarity, View, shuffled_batches
from recsys.recommender import Diverged
from recsys.retriever import Judged
from recsys.text.embedder import Embedder, Embedding
from recsys.texts import Corpus

if TYPE_CHECKING:  # TensorFlow is loaded when a model is fitted, not before
    from recsys.nn.towers import Layout

logger = logging.getLogger(__name__)

Size = Annotated[int, Ge(1)]
Dropout = Annotated[float, Ge(0), Lt(1)]
Weights: TypeAlias = Mapping[str, Array]
CUTOFF = 10


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Training:
    """AdamW on a contrastive loss, with a cosine schedule and early stopping.

    loss                infonce or margin, see recsys.nn.contrastive
    temperature         of infonce
    margins             of margin: one network is trained with each, and the best on the validation queries is kept
    negatives           of a pair of query and relevant item: hard ones are drawn from the items that are most similar
                        to the query among those that are not relevant to it, random ones from all of these
    hard_share          how many of these count as most similar
    negatives_per_pair  beside the other items of the batch, which infonce takes as well
    refresh_epochs      after which negatives are found anew
    positives           relevant items of each query that an epoch sees, drawn anew each time
    batch_size          pairs; the paper has 16
    learning_rate       in the first epoch; in epoch e of E it is (1 + cos(pi (e - 1) / E)) / 2 of this
    weight_decay        of matrices
    epochs              at most; the paper has 200
    patience            epochs without a better nDCG@10 on the validation queries after which training stops
    """

    loss: Loss = "infonce"
    temperature: Annotated[float, Gt(0)] = 0.05
    margins: tuple[Annotated[float, Gt(-1), Lt(1)], ...] = (0.1, 0.3, 0.5)
    negatives: Literal["hard", "random"] = "hard"
    hard_share: Annotated[float, Gt(0), Le(1)] = 0.3
    negatives_per_pair: Size = 1
    refresh_epochs: Size = 3
    positives: Size = 2
    batch_size: Annotated[int, Ge(2)] = 64
    learning_rate: Annotated[float, Gt(0)] = 1e-3
    weight_decay: Annotated[float, Ge(0)] = 0.01
    epochs: Size = 40
    patience: Size = 15

    def __post_init__(self) -> None:
        if self.loss == "margin" and not self.margins:
            raise ValueError("expected at least one of margins with loss=margin, got none")

    def rate(self, epoch: int) -> float:
        """The learning rate of an epoch, from 1."""
        return self.learning_rate * (1 + np.cos(np.pi * (epoch - 1) / self.epochs)) / 2

    @property
    def scales(self) -> tuple[float, ...]:
        """The margins, or the temperature: with each of them a network is trained."""
        return self.margins if self.loss == "margin" else (self.temperature,)

    @property
    def scale_name(self) -> str:
        return "margin" if self.loss == "margin" else "temperature"


@dataclass(frozen=True, slots=True)
class Embedded:
    """The corpus as vectors of length 1, float32 (n, d).

    train, validation   of the queries
    items               of each view of the items
    """

    embedding: Embedding
    train: Array
    validation: Array
    items: Mapping[View, Array]

    @classmethod
    def of(cls, embedder: Embedder, judged: Judged, seed: int) -> Embedded:
        """The embedder is fitted to the items, title and description together; raises `DataError` without validation
        queries."""
        train, validation = judged.train, judged.validation
        if not len(validation):
            raise DataError(
                f"{train.name}: expected validation queries with relevant items, got none; choose a split "
                "that has some: early stopping goes by them"
            )
        documents = [f"{title} {text}" for title, text in zip(train.titles, train.texts, strict=True)]
        embedding = embedder.fit(documents, seed)
        items: dict[View, Array] = {
            "title": embedding.embed(train.titles),
            "description": embedding.embed(train.texts),
        }
        return cls(embedding, embedding.embed(train.query_texts), embedding.embed(validation.query_texts), items)

    @property
    def dim(self) -> int:
        return self.train.shape[1]


@dataclass(frozen=True, slots=True)
class History:
    """How a training went; epochs count from 1, and epoch 0 is the start.

    scale_name   "margin", or "temperature"
    scale        the margin that was chosen, or the temperature
    best_epoch   whose weights were kept
    loss         float64 (epochs,): the mean over each epoch's batches
    ndcg         float64 (epochs + 1,): nDCG@10 of the validation queries, before the first epoch and after each
    """

    scale_name: str
    scale: float
    best_epoch: int
    loss: Array
    ndcg: Array

    @property
    def learned(self) -> Mapping[str, float]:
        """What fitting chose."""
        return {
            self.scale_name: self.scale,
            "best_epoch": self.best_epoch,
            "validation_ndcg_at_10": float(self.ndcg.max()),
        }


def train_network(
    model: str,
    layout: Layout,
    training: Training,
    embedded: Embedded,
    judged: Judged,
    scores: Callable[[Weights], Array],
    similarity: Callable[[Weights], Similarity],
    seed: int,
) -> tuple[Weights, History]:
    """The best network of those that `training` asks for, by nDCG@10 of the validation queries.

    model        for words alone
    scores       weights to float32 (validation queries, n_items)
    similarity   weights to the similarities of train queries by which hard negatives are found

    Raises `DataError` where there is nothing to learn from, and `Diverged` where a loss is not finite.
    """
    relevance = Relevance.of(judged.train)
    tried = [
        _trained(model, layout, training, scale, embedded, relevance, judged.validation, scores, similarity, seed)
        for scale in training.scales
    ]
    return max(tried, key=lambda one: one[1].ndcg.max())


def _trained(
    model: str,
    layout: Layout,
    training: Training,
    scale: float,
    embedded: Embedded,
    relevance: Relevance,
    validation: Corpus,
    scores: Callable[[Weights], Array],
    similarity: Callable[[Weights], Similarity],
    seed: int,
) -> tuple[Weights, History]:
    from recsys.nn import tf
    from recsys.nn.contrastive import program

    network = program(layout, training.loss, training.weight_decay)
    rng = np.random.default_rng([seed, 1])
    network.start(int(rng.integers(1 << 31)))
    views: dict[str, Any] = {view: embedded.items[view] for view in layout.views}
    vectors = {name: tf.constant(values) for name, values in (("query", embedded.train), *views.items())}
    share = training.hard_share if training.negatives == "hard" else 1.0
    epochs = shuffled_batches(
        relevance,
        training.positives,
        training.negatives_per_pair,
        share,
        training.refresh_epochs,
        training.batch_size,
        lambda rows: similarity(network.read())(rows),
        rng,
    )
    best, best_epoch = network.read(), 0
    losses: list[float] = []
    ndcg = [mean_ndcg(scores(best), validation)]
    for epoch in range(1, training.epochs + 1):
        losses.append(network.epoch(vectors, next(epochs), scale, training.rate(epoch)))
        weights = network.read()
        if not np.isfinite(losses[-1]) or not all(np.isfinite(values).all() for values in weights.values()):
            raise Diverged.at(model, f"epoch {epoch}", "model.training.learning_rate", training.learning_rate)
        ndcg.append(mean_ndcg(scores(weights), validation))
        logger.debug("%s, %g, epoch %d: loss %.4f, validation nDCG@10 %.4f", model, scale, epoch, losses[-1], ndcg[-1])
        if ndcg[-1] > max(ndcg[:-1]):
            best, best_epoch = weights, epoch
        stopped = epoch - best_epoch == training.patience
        progress.report(f"{model} {training.loss} {scale:g}, epoch", epoch, epoch if stopped else training.epochs)
        if stopped:
            break
    return best, History(training.scale_name, scale, best_epoch, np.array(losses), np.array(ndcg))


def mean_ndcg(scores: Array, corpus: Corpus) -> float:
    """The mean over queries of nDCG@10 with gains 2^grade - 1; equal scores in the order of the rows.

    Jarvelin and Kekalainen 2002, with the exponential gains of Burges et al. 2005.
    """
    gains = np.zeros(scores.shape, np.float32)
    gains[corpus.query, corpus.item] = 2**corpus.grade - 1
    judged = np.unique(corpus.query)
    order = np.argsort(-scores[judged], axis=1, kind="stable")[:, :CUTOFF]
    discount = 1 / np.log2(np.arange(2, order.shape[1] + 2))
    found = np.take_along_axis(gains[judged], order, axis=1) @ discount
    ideal = -np.sort(-gains[judged], axis=1)[:, :CUTOFF] @ discount
    return float((found / ideal).mean())


RERANKED = 3.0
"""Added to the scores of what is scored anew: all of them stand above cosines."""


def reranked(cosines: Array, count: int, anew: Callable[[Array], Array]) -> Array:
    """float32 (n_items,): one query's cosines, the `count` highest of them replaced by 3 + anew(rows).

    anew   rows of the items to scores between -1 and 1
    """
    rows = np.argsort(-cosines, kind="stable")[:count]
    scores = cosines.copy()
    scores[rows] = RERANKED + anew(rows)
    return scores


def by_query(vectors: Array, score: Callable[[Array], Array], n_items: int) -> Array:
    """float32 (n, n_items): of each of the vectors by itself, as products of several at once round by their number."""
    scores = np.empty((len(vectors), n_items), np.float32)
    for row, vector in enumerate(vectors):
        scores[row] = score(vector)
    return scores
