"""Reads what users wrote and what was written on items: graphs of words, attention, and a factorisation machine.

All texts of a user become one graph of words, and so do all texts of an item (`recsys.features.side_texts`,
`recsys.graph.word_graph`); the network over the two, with its equations, is in `recsys.nn.review_graph`. Objectives,
rows for early stopping and batches are those of all models of both sides' texts, see `recsys.reviews`.

Without the texts the score is mean + b_u + b_i and a factorisation machine of ids, and training begins at the damped
biases of `recsys.features.biases`: early stopping returns these where nothing that is learned beyond them helps.

A row that is learned from has its user's and its item's graph without the row's own text, exactly as if they had never
had it: counts of texts are kept for each word and each pair of words, and those of one text are subtracted
(`WordGraphs.batch`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt, Lt
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import Array, Dataset
from recsys.features.word_vectors import word_vectors
from recsys.graph.keywords import Keywords
from recsys.graph.word_graph import Batch, Limits, WordGraphs
from recsys.recommender import Objective
from recsys.reviews import Learning, Size, Texts, Training, expect_negatives, has_order, train_network

if TYPE_CHECKING:  # TensorFlow is loaded when a model is fitted, not before
    from recsys.nn.review_graph_scores import TrainedReviewGraph

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

    def window_of(self, keywords: Keywords, train: Dataset) -> int:
        """Of words that have no order, all of a text are neighbours."""
        return self.window if has_order(train) else max(2, keywords.longest)


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class ReviewGraph:
    """Zeng and Jiang, educational resource recommendation by review graphs (RGP).

    objective               rating or implicit: one network, which answers both; both: one for each
    like_threshold          a rating of at least this is a like
    graphs                  see `Graphs`
    dim                     of all embeddings and of the nodes
    layers                  of attention over edges
    ordered                 edges of three kinds, forward, backward and self; else all are of one, as they are in any
                            case where the data say that words have no order, such as tags
    interaction_attention   attention over nodes given the other side; else their mean
    graph                   else a side's text is the mean of its words' embeddings, without edges and attention
    ids                     embeddings of users and items beside their texts
    factors                 of the factorisation machine
    diversity               weight of the similarity of what is scored high, in `implicit`; see `recsys.nn.review_graph`
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
    diversity: Annotated[float, Ge(0)] = 0.0
    bias_damping: Annotated[float, Gt(0)] = 10.0
    word_vectors: str | None = None
    validation_share: Annotated[float, Gt(0), Lt(1)] = 0.1
    rating: Training = Training()
    implicit: Training = Training(l2=3.43e-5, learning_rate=2.41e-3, batch_size=256, epochs=20, patience=2, negatives=3)

    def __post_init__(self) -> None:
        expect_negatives(self)

    @property
    def predicts_ratings(self) -> bool:
        return self.objective != "implicit"

    def fit(self, train: Dataset, seed: int) -> ReviewGraphScorer:
        """Raises `DataError` where there are no texts, no word in them, or no like, and `Diverged` where a loss is not
        finite."""
        texts = Texts.of(self, train, self.graphs.least_texts, "model.graphs.least_texts", seed)
        whole = self._graphs(texts, texts.sides.owner, texts.sides.text, train, seed)
        learning = self._graphs(texts, texts.owner, texts.text, train, seed)
        networks: dict[Objective, TrainedReviewGraph] = {}
        for objective in ("rating", "implicit"):
            if self.objective in (objective, "both"):
                networks[objective] = self._trained(train, texts, learning, whole, objective, seed)
        return ReviewGraphScorer(networks)

    def _graphs(self, texts: Texts, owner: Array, text: Array, train: Dataset, seed: int) -> WordGraphs:
        owners = len(train.users) + len(train.items)
        # Of a window of 1 there are no pairs: without the graph nothing reads them.
        window = self.graphs.window_of(texts.keywords, train) if self.graph else 1
        stays = not texts.sides.of_reviews
        return WordGraphs.of(texts.keywords, owner, text, owners, window, seed, stays=stays)

    def _trained(
        self, train: Dataset, texts: Texts, graphs: WordGraphs, whole: WordGraphs, objective: Objective, seed: int
    ) -> TrainedReviewGraph:
        """graphs: what is learned from; whole: of all of train."""
        from recsys.nn.review_graph import Architecture, Side, review_graph
        from recsys.nn.review_graph_scores import TrainedReviewGraph

        def batch(owners: Array, left_out: Array) -> Batch:
            return graphs.batch(owners, left_out, self.graphs.limits)

        data = Learning(NAME, self, train, texts, batch, Side, objective)
        words = texts.keywords.words
        shape = Architecture(
            n_users=len(train.users),
            n_items=len(train.items),
            n_words=len(words),
            dim=self.dim,
            layers=self.layers if self.graph else 0,
            kinds=3 if self.ordered and has_order(train) else 1,
            factors=self.factors,
            interaction_attention=self.interaction_attention,
            ids=self.ids,
            loss="squared" if objective == "rating" else "softmax",
            l2=data.training.l2,
            bias_l2=data.bias_l2,
            diversity=self.diversity if objective == "implicit" else 0.0,
        )

        def start(rng: np.random.Generator) -> Mapping[str, Array]:
            if self.word_vectors is None:
                return data.biases()
            return data.biases() | {"words": word_vectors(self.word_vectors, words, self.dim, rng)}

        weights = train_network(data, review_graph(shape), start, seed)
        return TrainedReviewGraph(shape, weights, whole, self.graphs.limits)


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
