"""PTransE-CF: item-item collaborative filtering in which films are close where people rate them alike and where the
knowledge graph puts them side by side.

    close(i, j) = w S_ij + (1 - w) B_ij
    S = p ranked paths between i and j + (1 - p) cosine of their PTransE vectors, 0 where negative        semantic
    B = cosine of their ratings in train ^ sharpness                                                      behaviour

each of S, B and S's parts divided by its mean, so that weights compare. What is asked for decides the score's form:

    implicit    sum_j close(i, j) r_uj                                   over the nearest items of each i
    rating      m_u + sum_j close(i, j) (r_uj - m_u) / (sum_j close(i, j) + d)        over all that u rated

The graph holds no rating; ratings of train weigh the kinds of paths, and w where it is not given.
After Xu et al. 2020 (knowledge graph and collaborative filtering) and Lin et al. 2015 (PTransE).
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Gt, Le, Lt
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked
from scipy import sparse

from recsys.dataset import Array, Dataset, Interactions, read_only
from recsys.graph import path_ranking
from recsys.graph.path_ranking import Path, Ranked
from recsys.graph.ptranse import Embedding, PTransE
from recsys.graph.typed_graph import Graph, typed_graph
from recsys.recommender import Objective, pairs_from_grid

logger = logging.getLogger(__name__)

Share = Annotated[float, Ge(0), Le(1)]
OBJECTIVES: tuple[Objective, ...] = ("rating", "implicit")
TRIED = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
"""Semantic weights that the validation slice decides between."""
TOP = 10
"""Length of the lists by which it decides for `implicit`."""
REASONS = 20
"""Rated items whose paths an explanation looks at: those closest to the item by paths."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A path from a film that the user rated to the one recommended; strength: r_uj x weight x strength of the path."""

    words: str
    strength: float


@dataclass(frozen=True, slots=True)
class Ratings:
    """given, deviations, rated   sparse float32 (n_users, n_items): r_ui, r_ui - m_u, and 1, where u rated i
    mean                       float32 (n_users,): m_u; the mean of all ratings for a user without one
    """

    given: Any
    deviations: Any
    rated: Any
    mean: Array

    @classmethod
    def of(cls, interactions: Interactions, n_users: int, n_items: int) -> Ratings:
        count = np.bincount(interactions.user, minlength=n_users)
        mean = np.bincount(interactions.user, interactions.rating, n_users) / np.maximum(count, 1)
        mean[count == 0] = interactions.rating.mean()

        def matrix(values: Array) -> Any:
            return sparse.csr_matrix(
                (values.astype(np.float32), (interactions.user, interactions.item)), (n_users, n_items)
            )

        left = interactions.rating - mean[interactions.user]
        return cls(
            matrix(interactions.rating),
            matrix(left),
            matrix(np.ones(len(interactions))),
            read_only(mean.astype(np.float32)),
        )

    def cosine(self) -> Array:
        """float32 (n_items, n_items): of the items' columns of ratings, 0 on the diagonal."""
        length = np.sqrt(np.asarray(self.given.multiply(self.given).sum(axis=0)).ravel())
        columns = self.given @ sparse.diags(1 / np.where(length > 0, length, 1))
        found = (columns.T @ columns).toarray().astype(np.float32)
        np.fill_diagonal(found, 0)
        return found


@dataclass(frozen=True, slots=True)
class KnowledgeGraphScorer:
    """What was learned.

    semantic_weight   w for each objective, as given or as chosen
    sources           number of triples of each relation
    close             float32 (n_items, n_items) for `rating`; nearest: sparse, transposed, for `implicit`
    """

    graph: Graph
    ranked: Ranked
    embedding: Embedding
    ratings: Ratings
    semantic_weight: Mapping[Objective, float]
    sources: Mapping[str, int]
    close: Array
    nearest: Any
    damping: float
    probabilities: Collection[Objective] = ()

    def grid(self, users: Array, objective: Objective) -> Array:
        if objective == "implicit":
            return (self.ratings.given[users] @ self.nearest).toarray()
        return _deviations(self.ratings, self.close, users, self.damping)

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        return pairs_from_grid(lambda chosen: self.grid(chosen, objective), users, items)

    @property
    def learned(self) -> Mapping[str, float]:
        return {f"semantic_weight.{objective}": weight for objective, weight in self.semantic_weight.items()}

    def explain(self, user: int, item: int, count: int = 5) -> list[Reason]:
        """The strongest paths to an item from those that the user rated at least as high as on average, best first.

        Of the paths that end over one entity by the same relations, the strongest: five films of one decade are one
        reason, not five.
        """
        row = self.ratings.given[[user]]
        liked = (row.data >= self.ratings.mean[user]) & (row.indices != item)
        items, rating = row.indices[liked], row.data[liked]
        first = np.argsort(-rating * self.ranked.similar[item, items], kind="stable")[:REASONS]
        best: dict[tuple[object, ...], Reason] = {}
        for place in first:
            for path in self.paths(int(items[place]), item):
                over = (path.relations, path.nodes[1:-1])
                strength = float(rating[place]) * path.strength
                if over not in best or strength > best[over].strength:
                    best[over] = Reason(path.words(self.graph), strength)
        return sorted(best.values(), key=lambda reason: (-reason.strength, reason.words))[:count]

    def paths(self, one: int, other: int) -> list[Path]:
        """Every path between two items that the ranking found worth something, strongest first."""
        return self.ranked.between(self.graph, one, other)


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class KnowledgeGraph:
    """Hyperparameters; the module's docstring says what they weigh.

    embedding         of the graph
    path_weight       p
    semantic_weight   w; None: for each objective the one of TRIED that ranks a slice of train best
    holdout           share of train in that slice
    threshold         a rating of at least this is a like; decides on the slice alone
    sharpness         exponent of the behavioural cosine: how much more close neighbours count than distant ones
    neighbours        nearest items that the implicit score looks at
    damping           d, in items of average closeness that the user rates as always
    """

    embedding: PTransE
    path_weight: Share
    semantic_weight: Share | None
    holdout: Annotated[float, Gt(0), Lt(1)]
    threshold: float
    sharpness: Annotated[float, Gt(0)]
    neighbours: Annotated[int, Ge(1)]
    damping: Annotated[float, Ge(0)]

    def fit(self, train: Dataset, seed: int) -> KnowledgeGraphScorer:
        """Raises `DataError` where nothing is known of the items."""
        graph = typed_graph(train)
        embedding = self.embedding.fit(graph, seed)
        sizes = (len(train.users), len(train.items))
        held = np.zeros(len(train.interactions), bool)
        if self.semantic_weight is None:
            rows = np.random.default_rng([seed, 1]).permutation(len(held))
            held[rows[: max(1, round(self.holdout * len(held)))]] = True
        learned, whole = Ratings.of(train.interactions.take(~held), *sizes), Ratings.of(train.interactions, *sizes)
        ranked = path_ranking.rank(graph, learned.cosine())
        vectors = _scaled(_cosine(embedding.nodes[: sizes[1]]))
        semantic = _scaled(_blend(_scaled(ranked.similar), vectors, self.path_weight))
        if self.semantic_weight is None:
            chosen = self._choose(learned, semantic, train.interactions.take(held))
        else:
            chosen = dict.fromkeys(OBJECTIVES, self.semantic_weight)
        relations = np.bincount(graph.relation, minlength=len(graph.relations)).tolist()
        sources = dict(zip(graph.relations, relations, strict=True))
        logger.info("knowledge_graph: semantic weight %s; triples: %s", chosen, sources)
        behaviour = _scaled(whole.cosine() ** np.float32(self.sharpness))
        close = {objective: _blend(semantic, behaviour, chosen[objective]) for objective in OBJECTIVES}
        return KnowledgeGraphScorer(
            graph,
            ranked,
            embedding,
            whole,
            chosen,
            sources,
            read_only(close["rating"]),
            _nearest(close["implicit"], self.neighbours),
            self.damping,
        )

    def _choose(self, learned: Ratings, semantic: Array, held: Interactions) -> dict[Objective, float]:
        """The weights under which the slice's likes stand highest; of equally good ones the smallest.

        rating: share of pairs (liked, not liked) of a user in the right order, among the slice's ratings.
        implicit: likes among the TOP best items without a rating in the rest of train.
        """
        users, row = np.unique(held.user, return_inverse=True)
        liked = held.rating >= self.threshold
        wanted = np.zeros((len(users), semantic.shape[0]), bool)
        wanted[row[liked], held.item[liked]] = True
        rated = learned.rated[users].toarray() > 0
        best: dict[Objective, tuple[float, float]] = {}
        behaviour = _scaled(learned.cosine() ** np.float32(self.sharpness))
        for weight in TRIED:
            close = _blend(semantic, behaviour, weight)
            grid = _deviations(learned, close, users, self.damping)
            sums = (learned.given[users] @ _nearest(close, self.neighbours)).toarray()
            top = np.argsort(-np.where(rated, -np.inf, sums), axis=1, kind="stable")[:, :TOP]
            quality: dict[Objective, float] = {
                "rating": _in_order(row, grid[row, held.item], liked),
                "implicit": float(np.take_along_axis(wanted, top, axis=1).mean()),
            }
            for objective, value in quality.items():
                if objective not in best or value > best[objective][0]:
                    best[objective] = (value, weight)
        return {objective: weight for objective, (_, weight) in best.items()}


def _blend(one: Array, other: Array, weight: float) -> Array:
    """weight x one + (1 - weight) x other, float32."""
    return (np.float32(weight) * one + np.float32(1 - weight) * other).astype(np.float32)


def _deviations(ratings: Ratings, close: Array, users: Array, damping: float) -> Array:
    """float32 (len(users), n_items): the rating score."""
    weight = np.asarray(ratings.rated[users] @ close) + damping * close.mean()
    left = np.asarray(ratings.deviations[users] @ close)
    return (ratings.mean[users][:, None] + left / np.where(weight > 0, weight, 1)).astype(np.float32)


def _nearest(close: Array, count: int) -> Any:
    """Sparse float32 (n_items, n_items), column i: the `count` largest entries of row i; of equal ones the first."""
    order = np.argsort(-close, axis=1, kind="stable")[:, :count]
    values = np.take_along_axis(close, order, axis=1)
    item = np.repeat(np.arange(len(close)), order.shape[1])
    return sparse.csr_matrix((values.ravel(), (order.ravel(), item)), close.shape)


def _cosine(vectors: Array) -> Array:
    """float32 (n, n), at least 0; 0 on the diagonal."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    found = np.maximum(unit @ unit.T, 0)
    np.fill_diagonal(found, 0)
    return found


def _scaled(matrix: Array) -> Array:
    mean = matrix.mean(dtype=np.float64)
    return (matrix / (mean if mean > 0 else 1)).astype(np.float32)


def _in_order(group: Array, scores: Array, liked: Array) -> float:
    """Share of pairs (liked, not liked) within the groups whose scores are in that order; ties count half."""
    right = total = 0.0
    order = np.argsort(group, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(group[order])) + 1):
        up, down = scores[rows[liked[rows]]][:, None], scores[rows[~liked[rows]]][None]
        right += float((up > down).sum() + (up == down).sum() / 2)
        total += up.size * down.size
    return right / total if total else 0.5
