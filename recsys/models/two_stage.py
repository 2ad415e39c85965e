"""Recall before ranking: cheap models choose some hundred candidates, and a costly one scores these alone.

    recall     the first `candidates` items that the user has not rated, by each of the recall models; of several models
               their lists are interleaved: the first of each, then the second of each ...
    ranking    score(u, i) of the ranker for the candidates; all other items come after them
    reranking  maximal marginal relevance over the candidates, for lists that are less alike; see
               `recsys.features.diversity`

Covington, Adams and Sargin 2016, Deep Neural Networks for YouTube Recommendations, RecSys, section 2.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Protocol, runtime_checkable

import numpy as np
from annotated_types import Ge, Le, MinLen
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked
from scipy import sparse

from recsys.dataset import Array, DataError, Dataset, read_only
from recsys.features.diversity import maximal_marginal_relevance
from recsys.features.item_item import matrix
from recsys.features.likeness import KINDS, compared_by
from recsys.features.tags import unit_rows
from recsys.features.top_k import top
from recsys.index.built import index_of
from recsys.index.exact import Exact
from recsys.index.nearest import IndexSettings
from recsys.recommender import Objective, Recommender, Scorer, pairs_from_grid


@runtime_checkable
class HasVectors(Protocol):
    """A scorer whose scores are cosines of these, so that an index finds the best; float32 (n, d), of length 1."""

    @property
    def user_vectors(self) -> Array: ...

    @property
    def item_vectors(self) -> Array: ...


@checked(frozen=True, config=ConfigDict(extra="forbid", arbitrary_types_allowed=True))
class TwoStage:
    """Settings.

    recall       any recommenders, by name
    ranker       any recommender; None: the order of recall
    candidates   items that are ranked
    diversity    of reranking, 0..1; 0: none
    reranked     places of a list that are chosen by it
    index        by which recall models with vectors are asked; of the others, all items' scores are sorted
    """

    recall: Annotated[Mapping[str, Recommender], MinLen(1)]
    ranker: Recommender | None = None
    candidates: Annotated[int, Ge(1)] = 200
    diversity: Annotated[float, Ge(0), Le(1)] = 0.0
    reranked: Annotated[int, Ge(1)] = 20
    index: IndexSettings = Exact()

    def fit(self, train: Dataset, seed: int) -> TwoStageScorer:
        """Raises `DataError` where reranking is asked for and nothing is known that items are alike by."""
        tags = None
        if self.diversity:
            counts = compared_by(train)
            if counts is None:
                raise DataError(
                    f"{train.name}: expected items' {', '.join(KINDS)} or texts, by which reranking tells which items "
                    "are alike, got none; set model.diversity=0"
                )
            tags = unit_rows(counts)
        interactions, shape = train.interactions, (len(train.users), len(train.items))
        recall = tuple(
            _Recall(model.fit(train, seed), read_only(np.random.default_rng([seed, number]).permutation(shape[1])))
            for number, model in enumerate(self.recall.values())
        )
        ranker = None if self.ranker is None else self.ranker.fit(train, seed)
        rated = matrix(interactions, np.ones(len(interactions)), *shape)
        count = min(self.candidates, shape[1])
        return TwoStageScorer(recall, ranker, self.index, count, self.diversity, self.reranked, rated, tags)


@dataclass(frozen=True, slots=True)
class _Recall:
    """One recall model; ties: int (n_items,), the places of equal scores."""

    scorer: Scorer
    ties: Array

    def best(self, users: Array, rated: Any, count: int, index: IndexSettings) -> Array:
        """int (len(users), count): items, best first; -1 where none is left that the user has not rated.

        rated   sparse (len(users), n_items)
        """
        if isinstance(self.scorer, HasVectors):
            return self._nearest(self.scorer, users, rated, count, index)
        scores = np.array(self.scorer.grid(users, "implicit"), np.float64)
        scores[np.repeat(np.arange(len(users)), np.diff(rated.indptr)), rated.indices] = -np.inf
        best = top(scores, self.ties, count)
        return np.where(np.isfinite(np.take_along_axis(scores, best, axis=1)), best, -1)

    @staticmethod
    def _nearest(scorer: HasVectors, users: Array, rated: Any, count: int, settings: IndexSettings) -> Array:
        index, queries = index_of(settings, scorer.item_vectors), scorer.user_vectors[users]
        best = np.full((len(users), count), -1, np.int64)
        for row, query in enumerate(queries):  # each asks for as many more as it has rated
            known = rated.indices[rated.indptr[row] : rated.indptr[row + 1]]
            found = index.search(query[None], min(count + len(known), len(index))).items[0]
            new = found[~np.isin(found, known)][:count]
            best[row, : len(new)] = new
        return best


@dataclass(frozen=True, slots=True)
class TwoStageScorer:
    """index, count, diversity, reranked: as set, count no more than there are items.

    rated   sparse (n_users, n_items), 1 for each train rating
    tags    sparse (n_items, t), rows of length 1 or 0; None: not asked for

    Both stages are for a whole catalogue, `implicit`. Where the candidates are given, `rating`, the ranker alone is
    asked, or without one the first recall model.
    """

    recall: tuple[_Recall, ...]
    ranker: Scorer | None
    index: IndexSettings
    count: int
    diversity: float
    reranked: int
    rated: Any
    tags: Any

    @property
    def probabilities(self) -> Collection[Objective]:
        return tuple(objective for objective in self._of_given.probabilities if objective == "rating")

    @property
    def _of_given(self) -> Scorer:
        return self.recall[0].scorer if self.ranker is None else self.ranker

    def grid(self, users: Array, objective: Objective) -> Array:
        """float64 for `implicit`: the ranker's scores of candidates, a step below all of them for other items."""
        if objective == "rating":
            return self._of_given.grid(users, objective)
        candidates = self.candidates(users)
        there = candidates >= 0
        scores = self._scores(users, candidates, there)
        low, high = scores.min(axis=1, initial=0, where=there), scores.max(axis=1, initial=0, where=there)
        grid = np.empty((len(users), self.rated.shape[1]))
        grid[:] = (low - (high - low) - 1)[:, None]
        for row, mask in enumerate(there):
            own, relevance = candidates[row, mask], scores[row, mask]
            grid[row, own] = relevance
            if self.tags is not None and len(own):
                depth = min(self.reranked, len(own))
                vectors = sparse.csr_matrix(self.tags[own]).toarray()
                chosen = maximal_marginal_relevance(relevance, vectors, self.diversity, depth)
                grid[row, own[chosen]] = high[row] + np.arange(depth, 0, -1)
        return grid

    def pairs(self, users: Array, items: Array, objective: Objective) -> Array:
        if objective == "rating":
            return self._of_given.pairs(users, items, objective)
        return pairs_from_grid(lambda distinct: self.grid(distinct, "implicit"), users, items)

    def candidates(self, users: Array) -> Array:
        """int (len(users), count): items in the order of recall; -1 where none is left."""
        rated = self.rated[users]
        lists = [recall.best(users, rated, self.count, self.index) for recall in self.recall]
        if len(lists) == 1:
            return lists[0]
        interleaved = np.stack(lists, axis=2).reshape(len(users), -1)
        candidates = np.full((len(users), self.count), -1, np.int64)
        for row, items in enumerate(interleaved):
            distinct, first = np.unique(items, return_index=True)
            kept = np.sort(first[distinct >= 0])[: self.count]
            candidates[row, : len(kept)] = items[kept]
        return candidates

    def _scores(self, users: Array, candidates: Array, there: Array) -> Array:
        """float64, as candidates; 0 where there is none."""
        if self.ranker is None:
            return np.where(there, -np.arange(candidates.shape[1], dtype=np.float64), 0)
        scores = np.zeros(candidates.shape)
        row, place = np.nonzero(there)
        scores[row, place] = self.ranker.pairs(users[row], candidates[row, place], "implicit")
        return scores
