"""Reads what users wrote and what was written on items: graphs of words, attention, and a factorisation machine.

All texts of a user become one graph of words, and so do all texts of an item (`recsys.features.side_texts`,
`recsys.graph.word_graph`); the network over the two, with its equations, is in `recsys.nn.review_graph`. Two objectives
are two networks:

    rating     minimises the mean of (r_ui - score)^2, over ratings
    implicit   minimises -log softmax over a like and items without a rating by its user, of the score of the like

Without the texts the score is mean + b_u + b_i and a factorisation machine of ids, and training begins at the damped
biases of `recsys.features.biases`: early stopping returns these where nothing that is learned beyond them helps.

Nothing that a rating is to be predicted from may give it away. The rows for early stopping are set apart first and
stand in no graph. A row that is learned from has its user's and its item's graph without the row's own text, exactly as
if it had not been written: counts of texts are kept for each word and each pair of words, and those of one text are
subtracted (`WordGraphs.batch`). In `implicit`, a negative shares the like's user graph, and its item loses a review at
random, since the like's has lost one: neither the presence nor the number of texts distinguishes them.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt, Lt
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys import progress
from recsys.dataset import Array, DataError, Dataset
from recsys.features import negative_sampling
from recsys.features.biases import Biases
from recsys.features.likes import expect_likes
from recsys.features.side_texts import SideTexts
from recsys.features.word_vectors import word_vectors
from recsys.graph.keywords import Keywords
from recsys.graph.word_graph import Batch, Limits, WordGraphs
from recsys.recommender import Diverged, Objective

if TYPE_CHECKING:  # TensorFlow is loaded when a model is fitted, not before
    from recsys.nn.review_graph import Side
    from recsys.nn.review_graph_scores import TrainedReviewGraph

logger = logging.getLogger(__name__)

Size = Annotated[int, Ge(1)]
NAME = "review_graph"


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Graphs:
    """How texts become graphs.

    window        keywords of a sentence that are fewer than so many places apart are neighbours
    max_nodes     words of a graph, those of the highest TF-IDF
    max_edges     pairs of neighbours of a graph, those of the highest sum of TF-IDF
    least_texts   texts that a word has to be in
    """

    window: Annotated[int, Ge(2)] = 3
    max_nodes: Size = 256
    max_edges: Size = 512
    least_texts: Size = 2

    @property
    def limits(self) -> Limits:
        return Limits(self.max_nodes, self.max_edges, self.least_texts)


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Training:
    """How one of the networks learns.

    l2              of all weights but the biases
    epochs          at most; it stops when the validation loss has not fallen for `patience` epochs, and keeps the
                    weights of the best, which may be those before the first
    negatives       items without a rating by the user drawn for each like, anew each epoch; `implicit` alone
    """

    l2: Annotated[float, Ge(0)] = 1e-4
    learning_rate: Annotated[float, Gt(0)] = 1e-3
    batch_size: Size = 128
    epochs: Size = 6
    patience: Size = 1
    negatives: Annotated[int, Ge(0)] = 0


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class ReviewGraph:
    """Zeng and Jiang, educational resource recommendation by review graphs (RGP).

    objective               rating or implicit: one network, which answers both; both: one for each
    like_threshold          a rating of at least this is a like
    graphs                  see `Graphs`
    dim                     of all embeddings and of the nodes
    layers                  of attention over edges
    ordered                 edges of three kinds, forward, backward and self; else all are of one
    interaction_attention   attention over nodes given the other side; else their mean
    graph                   else a side's text is the mean of its words' embeddings, without edges and attention
    ids                     embeddings of users and items beside their texts
    factors                 of the factorisation machine
    bias_damping            of the biases, at the start and while they are learned; see `recsys.features.biases`
    word_vectors            file of the words' embeddings at the start, in word2vec's text form; None: drawn
    validation_share        share of train that early stopping looks at
    rating, implicit        how the network of each objective learns
    """

    objective: Literal["rating", "implicit", "both"] = "both"
    like_threshold: float = 4.0
    graphs: Graphs = Graphs()
    dim: Size = 64
    layers: Size = 2
    ordered: bool = True
    interaction_attention: bool = True
    graph: bool = True
    ids: bool = True
    factors: Size = 8
    bias_damping: Annotated[float, Gt(0)] = 10.0
    word_vectors: str | None = None
    validation_share: Annotated[float, Gt(0), Lt(1)] = 0.1
    rating: Training = Training()
    implicit: Training = Training(negatives=2, epochs=3)

    def __post_init__(self) -> None:
        if self.objective != "rating" and not self.implicit.negatives:
            raise ValueError("expected implicit.negatives of 1 or more, got 0: a like is ranked above them")

    def fit(self, train: Dataset, seed: int) -> ReviewGraphScorer:
        """Raises `DataError` where there are no texts, no word in them, or no like, and `Diverged` where a loss is not
        finite."""
        texts = SideTexts.of(train, self.like_threshold)
        keywords = Keywords.of(texts.texts, self.graphs.least_texts)
        if not keywords.words:
            raise DataError(
                f"{train.name}: expected words that are in {self.graphs.least_texts} texts or more, found none in "
                f"{len(texts.texts):,} texts; lower model.graphs.least_texts, or load data with longer texts"
            )
        held_out = np.zeros(len(train.interactions), bool)
        rows = np.random.default_rng([seed, 1]).permutation(len(held_out))
        held_out[rows[: max(1, round(self.validation_share * len(rows)))]] = True
        if held_out.all():
            raise DataError(f"{train.name}: expected at least 2 train ratings, got {len(rows)}; use a larger train set")
        whole = self._graphs(keywords, texts.owner, texts.text, train, seed)
        kept = texts.without(train.interactions, held_out)
        learning = self._graphs(keywords, *kept, train, seed)
        networks: dict[Objective, TrainedReviewGraph] = {}
        for objective in ("rating", "implicit"):
            if self.objective in (objective, "both"):
                data = _Data(self, train, texts, *kept, learning, held_out, objective)
                networks[objective] = _trained(self, data, keywords, whole, seed)
        return ReviewGraphScorer(networks)

    def _graphs(self, keywords: Keywords, owner: Array, text: Array, train: Dataset, seed: int) -> WordGraphs:
        return WordGraphs.of(keywords, owner, text, len(train.users) + len(train.items), self.graphs.window, seed)


@dataclass(frozen=True, slots=True)
class AttendedWord:
    """A word and its share of the attention over the words of one side."""

    word: str
    of_user: bool
    strength: float

    @property
    def words(self) -> str:
        return f"{self.word} ({'of texts of the user' if self.of_user else 'of texts of the item'})"


@dataclass(frozen=True, slots=True)
class ReviewGraphScorer:
    """The trained networks by objective; one alone answers for both."""

    networks: Mapping[Objective, TrainedReviewGraph]
    probabilities: Collection[Objective] = ()

    @property
    def predicts_ratings(self) -> bool:
        return "rating" in self.networks

    def grid(self, users: Array, objective: Objective) -> Array:
        return self._network(objective).grid(users)

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        return self._network(objective).pairs(users, items)

    def explain(self, user: int, item: int, count: int) -> Sequence[AttendedWord]:
        """The words with the largest share of the attention over their side's nodes, a mean over layers."""
        found = [
            AttendedWord(str(word), side == "user", float(share))
            for side, words, shares in self._network("rating").attention(user, item)
            for word, share in zip(words, shares, strict=True)
        ]
        return sorted(found, key=lambda reason: (-reason.strength, reason.words))[:count]

    def _network(self, objective: Objective) -> TrainedReviewGraph:
        return self.networks.get(objective) or next(iter(self.networks.values()))


@dataclass(frozen=True, slots=True)
class _Data:
    """What one network learns from.

    owner, text, graphs   of what is not held out for early stopping
    """

    model: ReviewGraph
    train: Dataset
    texts: SideTexts
    owner: Array
    text: Array
    graphs: WordGraphs
    held_out: Array
    objective: Objective

    @property
    def training(self) -> Training:
        return self.model.rating if self.objective == "rating" else self.model.implicit

    def rows(self, *, held_out: bool) -> Array:
        """Rows of train: ratings, or likes; raises `DataError` where there is no like."""
        rows = np.flatnonzero(self.held_out == held_out)
        rating = self.train.interactions.rating[rows]
        if self.objective == "rating":
            return rows
        share = f"model.validation_share={self.model.validation_share:g}"
        part = f"the part of train for early stopping ({share})" if held_out else "train"
        expect_likes(self.train.name, rating, self.model.like_threshold, part)
        return rows[rating >= self.model.like_threshold]

    def batch(self, rows: Array, rng: np.random.Generator, *, held_out: bool) -> tuple[Side, Side, Array]:
        """users, items and target of some rows, their own texts left out; see `ReviewGraphNet.loss`."""
        from recsys.nn.review_graph import Side

        interactions, none = self.train.interactions, np.full(len(rows), -1)
        of_user, of_item = (none, none) if held_out else self.texts.left_out(interactions, rows)
        user, item, every = interactions.user[rows], interactions.item[rows], np.arange(len(rows))
        users = self.graphs.batch(user, of_user, self.model.graphs.limits)
        if self.objective == "rating":
            return Side(user, users, every), Side(item, self._items(item, of_item), every), interactions.rating[rows]
        # Where no negative can be drawn, the like stands in for it: a difference of equal scores has no gradient.
        repeated = np.repeat(every, 1 + self.training.negatives)
        candidates, left_out = item[repeated], of_item[repeated]
        negative = np.flatnonzero(np.arange(len(repeated)) % (1 + self.training.negatives))
        items, drawn = negative_sampling.draw_each(interactions, user[repeated[negative]], len(self.train.items), rng)
        candidates[negative[drawn]] = items[drawn]
        if self.texts.of_reviews and not held_out:
            left_out[negative[drawn]] = self._some_text(items[drawn], rng)
        graphs = self._items(candidates, left_out)
        sides = Side(user[repeated], users, repeated), Side(candidates, graphs, np.arange(len(candidates)))
        return *sides, np.zeros((len(rows), 1 + self.training.negatives))

    def _items(self, item: Array, left_out: Array) -> Batch:
        return self.graphs.batch(len(self.train.users) + item, left_out, self.model.graphs.limits)

    def _some_text(self, item: Array, rng: np.random.Generator) -> Array:
        """int (n,): one of each item's texts, -1 where it has none."""
        owner = len(self.train.users) + item
        first, end = (np.searchsorted(self.owner, owner, side=side) for side in ("left", "right"))
        drawn = first + (rng.random(len(item)) * (end - first)).astype(np.int64)
        return np.where(end > first, self.text[np.minimum(drawn, len(self.text) - 1)], -1)

    def start(self, keywords: Keywords, rng: np.random.Generator) -> dict[str, Array]:
        """What the weights begin with where they are not drawn."""
        values: dict[str, Array] = {}
        if self.objective == "rating":
            learning = self.train.interactions.take(~self.held_out)
            biases = Biases.of(learning, len(self.train.users), len(self.train.items), self.model.bias_damping)
            values = {"mean": np.array(biases.mean), "user_bias": biases.user, "item_bias": biases.item}
        if self.model.word_vectors is not None:
            values["words"] = word_vectors(self.model.word_vectors, keywords.words, self.model.dim, rng)
        return values


def _trained(model: ReviewGraph, data: _Data, keywords: Keywords, whole: WordGraphs, seed: int) -> TrainedReviewGraph:
    from recsys.nn.review_graph import Architecture, review_graph
    from recsys.nn.review_graph_scores import TrainedReviewGraph

    training, rng = data.training, np.random.default_rng([seed, 2])
    learning, validation = data.rows(held_out=False), data.rows(held_out=True)
    shape = Architecture(
        n_users=len(data.train.users),
        n_items=len(data.train.items),
        n_words=len(keywords.words),
        dim=model.dim,
        layers=model.layers if model.graph else 0,
        kinds=3 if model.ordered else 1,
        factors=model.factors,
        interaction_attention=model.interaction_attention,
        ids=model.ids,
        loss="squared" if data.objective == "rating" else "softmax",
        l2=training.l2,
        bias_l2=model.bias_damping / int(np.count_nonzero(~data.held_out)),
    )
    network = review_graph(shape)
    network.start(int(rng.integers(1 << 31)), data.start(keywords, rng))
    size = training.batch_size
    checked_on = [data.batch(rows, rng, held_out=True) for rows in _parts(validation, size)]

    def validation_loss() -> float:
        losses = [network.mean_loss(*batch) * len(batch[2]) for batch in checked_on]
        return float(np.sum(losses) / len(validation))

    def diverged(epoch: int) -> Diverged:
        return Diverged.at(NAME, f"epoch {epoch}", f"model.{data.objective}.learning_rate", training.learning_rate)

    best, best_loss, waited = network.read(), validation_loss(), 0
    logger.debug("%s, before epoch 1: validation loss %.4f", NAME, best_loss)
    for epoch in range(1, training.epochs + 1):
        for rows in _parts(rng.permutation(learning), size):
            loss = network.train_step(*data.batch(rows, rng, held_out=False), training.learning_rate)
            if not np.isfinite(loss):
                raise diverged(epoch)
        found = validation_loss()
        if not np.isfinite(found):
            raise diverged(epoch)
        logger.debug("%s, epoch %d: validation loss %.4f", NAME, epoch, found)
        if found < best_loss:
            best, best_loss, waited = network.read(), found, 0
        else:
            waited += 1
        stopped = waited == training.patience
        progress.report(f"{NAME} {data.objective}, epoch", epoch, epoch if stopped else training.epochs)
        if stopped:
            break
    return TrainedReviewGraph(shape, best, whole, model.graphs.limits)


def _parts(rows: Array, size: int) -> list[Array]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]
