"""PTransE-CF: item-item collaborative filtering in which two films are similar where users rate them alike and where
they are close in the knowledge graph.

    s_ij = w S_ij + (1 - w) B_ij                                                                     item similarity
    S = p path ranking of i and j + (1 - p) cosine of their PTransE vectors, 0 where negative        semantic
    B = cosine of their ratings in train ^ similarity_exponent                                       behavioural

each of S, B and S's parts divided by its mean, so that weights compare. The objective decides the form of the score:

    implicit    sum_j s_ij r_uj                                          over the nearest items of each i
    rating      m_u + sum_j s_ij (r_uj - m_u) / (sum_j s_ij + d)         over all that u rated; m: mean rating of a user

The graph holds no rating; ratings of train weigh the kinds of paths, and w where it is not given.
After Xu et al. 2020 (knowledge graph and collaborative filtering) and Lin et al. 2015 (PTransE).
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Gt, Le, Lt, MinLen
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.dataset import Array, DataError, Dataset, Interactions, read_only
from recsys.features.centered_ratings import CenteredRatings
from recsys.features.likes import expect_both
from recsys.features.neighbors import nearest_in_rows
from recsys.features.top_k import top
from recsys.graph.explanation import PathReason, path_reasons
from recsys.graph.item_similarity import mean_scaled, mixture, semantic_similarity
from recsys.graph.path_ranking import Path, PathRanking, rank_paths
from recsys.graph.ptranse import Embedding, PTransE
from recsys.graph.typed_graph import Graph, typed_graph
from recsys.recommender import Objective, pairs_from_grid

logger = logging.getLogger(__name__)

Share = Annotated[float, Ge(0), Le(1)]
OBJECTIVES: tuple[Objective, ...] = ("rating", "implicit")
PAIR_BYTES = 40
"""What a fit takes for each pair of items, about: 33 on 3,000 items with genres and years."""
VALIDATION_K = 10
"""Length of the lists whose hits choose the semantic weight of `implicit`."""
USERS = 1024
"""Whose scores of all items are held at a time while it is chosen."""


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class KnowledgeGraph:
    """Hyperparameters; the symbols are those above.

    embedding              of the graph
    path_weight            p
    semantic_weight        w; None: for each objective the one of the grid that is best on a validation set
    semantic_weight_grid   the weights to choose from
    validation_share       share of train in the validation set
    like_threshold         a rating of at least this is a like; decides on the validation set alone
    similarity_exponent    of the behavioural cosine: more than 1 favours near neighbours over distant ones
    n_neighbors            nearest items that the implicit score sums over
    damping                d, in items of average similarity that the user rates as always
    max_items              with more it is refused, since its similarities are dense: 40 max_items^2 bytes
    """

    embedding: PTransE = PTransE()
    path_weight: Share = 0.413
    semantic_weight: Share | None = None
    semantic_weight_grid: Annotated[tuple[Share, ...], MinLen(1)] = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
    validation_share: Annotated[float, Gt(0), Lt(1)] = 0.1
    like_threshold: float = 4.0
    similarity_exponent: Annotated[float, Gt(0)] = 1.92
    n_neighbors: Annotated[int, Ge(1)] = 52
    damping: Annotated[float, Ge(0)] = 24.2
    max_items: Annotated[int, Ge(1)] = 15_000

    def fit(self, train: Dataset, seed: int) -> KnowledgeGraphScorer:
        """Raises `DataError` where items are too many, nothing is known of them, or the validation set cannot tell
        weights apart."""
        if len(train.items) > self.max_items:
            raise DataError(
                f"{train.name}: expected at most {self.max_items} items, got {len(train.items)}, whose similarities "
                f"take some {PAIR_BYTES * len(train.items) ** 2 / 1e9:.0f} GB; use model=item_knn or model=content, or "
                "set model.max_items to more where there is the memory"
            )
        graph = typed_graph(train)
        embedding = self.embedding.fit(graph, seed)
        shape = (len(train.users), len(train.items))
        in_validation = np.zeros(len(train.interactions), bool)
        if self.semantic_weight is None:
            rows = np.random.default_rng([seed, 1]).permutation(len(in_validation))
            in_validation[rows[: max(1, round(self.validation_share * len(in_validation)))]] = True
            part = f"the part of train that chooses semantic_weight (validation_share={self.validation_share:g})"
            remedy = ", or model.validation_share to more, or model.semantic_weight to a number"
            expect_both(train.name, train.interactions.rating[in_validation], self.like_threshold, part, remedy)
        fitting = CenteredRatings.of(train.interactions.take(~in_validation), *shape)
        whole = CenteredRatings.of(train.interactions, *shape)
        ranking = rank_paths(graph, fitting.item_cosine())
        semantic = semantic_similarity(ranking, embedding, self.path_weight)
        if self.semantic_weight is None:
            weights = self._choose(fitting, semantic, train.interactions.take(in_validation))
        else:
            weights = dict.fromkeys(OBJECTIVES, self.semantic_weight)
        counts = np.bincount(graph.relation, minlength=len(graph.relations)).tolist()
        sources = dict(zip(graph.relations, counts, strict=True))
        logger.info("knowledge_graph: semantic weight %s; triples: %s", weights, sources)
        behavioural = self._behavioural(whole)
        similarity = {objective: mixture(semantic, behavioural, weights[objective]) for objective in OBJECTIVES}
        return KnowledgeGraphScorer(
            graph,
            ranking,
            embedding,
            whole,
            weights,
            sources,
            read_only(similarity["rating"]),
            nearest_in_rows(similarity["implicit"], self.n_neighbors).T.tocsr(),
            self.damping,
        )

    def _behavioural(self, known: CenteredRatings) -> Array:
        return mean_scaled(known.item_cosine() ** np.float32(self.similarity_exponent))

    def _choose(self, fitting: CenteredRatings, semantic: Array, validation: Interactions) -> dict[Objective, float]:
        """The weights that rank the validation set's likes best; of equally good ones the first of the grid.

        rating: share of pairs (liked, not liked) of a user in the right order, among the validation ratings.
        implicit: likes among the VALIDATION_K best items without a rating in the rest of train.
        """
        best: dict[Objective, tuple[float, float]] = {}
        behavioural = self._behavioural(fitting)
        for weight in self.semantic_weight_grid:
            similarity = mixture(semantic, behavioural, weight)
            nearest = nearest_in_rows(similarity, self.n_neighbors).T.tocsr()
            quality = ranking_quality(fitting, similarity, nearest, self.damping, validation, self.like_threshold)
            for objective, value in quality.items():
                if objective not in best or value > best[objective][0]:
                    best[objective] = (value, weight)
        return {objective: weight for objective, (_, weight) in best.items()}


@dataclass(frozen=True, slots=True)
class KnowledgeGraphScorer:
    """What was learned.

    semantic_weight   w for each objective, as given or as chosen
    sources           number of triples of each relation
    item_similarity   float32 (n_items, n_items): s, for `rating`
    nearest           sparse float32 (n_items, n_items): s for `implicit`, the nearest items of i in column i
    """

    graph: Graph
    ranking: PathRanking
    embedding: Embedding
    known: CenteredRatings
    semantic_weight: Mapping[Objective, float]
    sources: Mapping[str, int]
    item_similarity: Array
    nearest: Any
    damping: float
    probabilities: Collection[Objective] = ()

    def grid(self, users: Array, objective: Objective) -> Array:
        if objective == "implicit":
            return (self.known.ratings[users] @ self.nearest).toarray()
        return rating_scores(self.known, self.item_similarity, users, self.damping)

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        return pairs_from_grid(lambda distinct: self.grid(distinct, objective), users, items)

    @property
    def learned(self) -> Mapping[str, float]:
        return {f"semantic_weight.{objective}": weight for objective, weight in self.semantic_weight.items()}

    def explain(self, user: int, item: int, count: int = 5) -> list[PathReason]:
        """Paths to the item from those that the user rated at least as high as on average, strongest first."""
        row = self.known.ratings[[user]]
        liked = (row.data >= self.known.mean[user]) & (row.indices != item)
        return path_reasons(self.graph, self.ranking, row.indices[liked], row.data[liked], item, count)

    def paths(self, first: int, second: int) -> list[Path]:
        """Every path between two items of a kind with a weight above 0, strongest first."""
        return self.ranking.between(self.graph, first, second)


def ranking_quality(
    known: CenteredRatings,
    similarity: Array,
    nearest: Any,
    damping: float,
    validation: Interactions,
    like_threshold: float,
) -> dict[Objective, float]:
    """How well validation likes are ranked by ratings that are known, in the two measures of `KnowledgeGraph._choose`.

    similarity, nearest   as in `KnowledgeGraphScorer`
    """
    users, row = np.unique(validation.user, return_inverse=True)
    liked = validation.rating >= like_threshold
    n_items, predicted, found = len(similarity), np.empty(len(validation), np.float32), 0
    depth = min(VALIDATION_K, n_items)
    for start in range(0, len(users), USERS):
        block = users[start : start + USERS]
        events = np.flatnonzero((row >= start) & (row < start + USERS))
        own, item = row[events] - start, validation.item[events]
        predicted[events] = rating_scores(known, similarity, block, damping)[own, item]
        relevant = np.zeros((len(block), n_items), bool)
        relevant[own[liked[events]], item[liked[events]]] = True
        sums = (known.ratings[block] @ nearest).toarray()
        sums[known.rated[block].nonzero()] = -np.inf
        found += int(np.take_along_axis(relevant, top(sums, np.arange(n_items), depth), axis=1).sum())
    return {"rating": grouped_auc(row, predicted, liked), "implicit": found / (len(users) * depth)}


def rating_scores(known: CenteredRatings, item_similarity: Array, users: Array, damping: float) -> Array:
    """float32 (len(users), n_items): the form of `rating`."""
    norm = np.asarray(known.rated[users] @ item_similarity) + damping * item_similarity.mean()
    deviations = np.asarray(known.deviations[users] @ item_similarity)
    return (known.mean[users][:, None] + deviations / np.where(norm > 0, norm, 1)).astype(np.float32)


def grouped_auc(group: Array, scores: Array, liked: Array) -> float:
    """Share of pairs (liked, not liked) within the groups whose scores are in that order; ties count half."""
    right = total = 0.0
    order = np.argsort(group, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(group[order])) + 1):
        positive, negative = scores[rows[liked[rows]]][:, None], scores[rows[~liked[rows]]][None]
        right += float((positive > negative).sum() + (positive == negative).sum() / 2)
        total += positive.size * negative.size
    return right / total if total else 0.5
