"""What a model that finds items by text is: hyperparameters that, fitted to queries, give a searcher."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from recsys.dataset import Array
from recsys.texts import Corpus


@dataclass(frozen=True, slots=True)
class Judged:
    """What a retriever may see of a split. Both parts have all items, in the same rows.

    train        queries to learn from, and which items are relevant to them
    validation   other queries, to choose by: when to stop, weights, margins
    """

    train: Corpus
    validation: Corpus

    def __len__(self) -> int:
        """Relevance judgements in both."""
        return len(self.train) + len(self.validation)


class Searcher(Protocol):
    """What was learned; immutable."""

    def scores(self, queries: Sequence[str]) -> Array:
        """float32 (len(queries), n_items): higher is better. A query's scores do not depend on the others."""
        ...


@runtime_checkable
class Embeds(Protocol):
    """A searcher whose scores are cosines of a query's vector and an item's, so that an index can find the best.

    Optional; vectors are of length 1.
    """

    @property
    def item_vectors(self) -> Array:
        """float32 (n_items, d)."""
        ...

    def query_vectors(self, queries: Sequence[str]) -> Array:
        """float32 (len(queries), d)."""
        ...


@runtime_checkable
class Tells(Protocol):
    """A searcher that tells why it finds an item. Optional."""

    def why(self, query: str, item: int) -> str:
        """What speaks for the item (row number), in a few words; empty where nothing does."""
        ...


@runtime_checkable
class Retriever(Protocol):
    """A frozen dataclass of hyperparameters."""

    def fit(self, judged: Judged, seed: int) -> Searcher:
        """Learns from `judged` alone; the same queries and seed give the same scores."""
        ...
