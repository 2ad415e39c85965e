"""Batches of queries, relevant items and negatives, for networks that learn by contrast."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from recsys.dataset import Array, DataError
from recsys.texts import Corpus

View = Literal["title", "description"]
Loss = Literal["infonce", "margin"]
Similarity = Callable[[Array], Array]
"""Rows of queries to float32 (len(rows), n_items)."""
BLOCK = 256
"""Queries whose similarities are held at a time."""


@dataclass(frozen=True, slots=True)
class Batches:
    """Of one epoch: s steps of b queries and m = b (1 + negatives) items.

    query     int32 (s, b): rows of the queries
    item      int32 (s, m): first the relevant item of each query, then a first negative of each, then a second ...
    related   bool (s, b, m): whether an item is relevant to a query; its own relevant item counts as if it were not
    """

    query: Array
    item: Array
    related: Array


@dataclass(frozen=True, slots=True)
class Relevance:
    """Which items are relevant to the queries that can be learned from: those with a relevant item and another one.

    queries   int32 (q,): their rows
    start     int64 (queries + 1,): where each query's items begin
    item      int32 (n,): by query, in ascending order
    n_items   of the corpus
    """

    queries: Array
    start: Array
    item: Array
    n_items: int

    @classmethod
    def of(cls, corpus: Corpus) -> Relevance:
        """Raises `DataError` where no query has both a relevant item and one that is not."""
        order = np.lexsort((corpus.item, corpus.query))
        counts = np.bincount(corpus.query, minlength=len(corpus.queries))
        queries = np.flatnonzero((counts > 0) & (counts < len(corpus.items))).astype(np.int32)
        if not len(queries):
            raise DataError(
                f"{corpus.name}: expected a train query with a relevant item and one that is not, got none among "
                f"{len(corpus.queries)} queries and {len(corpus.items)} items"
            )
        start = np.concatenate([[0], np.cumsum(counts)])
        return cls(queries, start, corpus.item[order], len(corpus.items))

    def items(self, query: int) -> Array:
        return self.item[self.start[query] : self.start[query + 1]]

    def related(self, query: Array, item: Array) -> Array:
        """bool, of the shape that both are broadcast to: whether an item is relevant to a query."""
        owner = np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))
        known = owner * self.n_items + self.item
        asked = query.astype(np.int64) * self.n_items + item
        return known[np.minimum(np.searchsorted(known, asked), len(known) - 1)] == asked

    def negatives(self, count: int, share: float, similarity: Similarity, rng: np.random.Generator) -> Array:
        """int32 (len(queries), count): of each query's items that are not relevant, from the most similar share.

        Drawn uniformly, with repetition. share 1: from all of them, and similarities are not asked for.
        """
        drawn = np.empty((len(self.queries), count), np.int32)
        for begin in range(0, len(self.queries), BLOCK):
            block = self.queries[begin : begin + BLOCK]
            near = np.zeros((len(block), self.n_items), np.float32) if share == 1 else similarity(block)
            for place, (query, values) in enumerate(zip(block, near, strict=True)):
                others = np.delete(np.arange(self.n_items, dtype=np.int32), self.items(query))
                size = max(1, round(share * len(others)))
                if size < len(others):
                    others = others[np.argpartition(-values[others], size - 1)[:size]]
                drawn[begin + place] = others[rng.integers(0, size, count)]
        return drawn

    def batches(self, negatives: Array, positives: int, batch_size: int, rng: np.random.Generator) -> Batches:
        """One epoch: `positives` relevant items of each query, drawn uniformly, in random order.

        negatives   int32 (len(queries), positives, k): of each of these pairs
        A last batch that is not full is filled up from the beginning.
        """
        place = np.concatenate([rng.permutation(len(self.queries)) for _ in range(positives)])
        turn = np.repeat(np.arange(positives), len(self.queries))
        query = self.queries[place]
        first, size = self.start[query], self.start[query + 1] - self.start[query]
        positive = self.item[first + (rng.random(len(query)) * size).astype(np.int64)]
        steps = -(-len(query) // batch_size)
        rows = np.resize(np.arange(len(query)), (steps, batch_size))
        own = negatives[place, turn][rows]  # (s, b, k)
        item = np.concatenate([positive[rows][:, None], own.transpose(0, 2, 1)], axis=1).reshape(steps, -1)
        related = self.related(query[rows][:, :, None], item[:, None, :])
        related[:, np.arange(batch_size), np.arange(batch_size)] = False
        return Batches(query[rows], item.astype(np.int32), related)


def shuffled_batches(
    relevance: Relevance,
    positives: int,
    negatives: int,
    share: float,
    refresh_epochs: int,
    batch_size: int,
    similarity: Similarity,
    rng: np.random.Generator,
) -> Generator[Batches]:
    """Epoch by epoch, without end; negatives are found anew every `refresh_epochs`, by `similarity` at that time."""
    while True:
        count = refresh_epochs * positives * negatives
        drawn = relevance.negatives(count, share, similarity, rng)
        drawn = drawn.reshape(len(drawn), refresh_epochs, positives, negatives)
        for epoch in range(refresh_epochs):
            yield relevance.batches(drawn[:, epoch], positives, batch_size, rng)
