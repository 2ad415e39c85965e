"""Golden outputs of the models that find items by text, and of their measures, on a made-up corpus."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from recsys.data.synthetic_corpus import SyntheticCorpus
from recsys.dataset import Array
from recsys.evaluation import query_pairs
from recsys.evaluation.query_split import QuerySplit
from recsys.evaluation.query_splits import Queries
from recsys.evaluation.retrieval_protocol import Retrieval
from recsys.evaluation.retrieve_task import Retrieve
from recsys.models.bm25_query import Bm25Query
from recsys.models.cf import Cf
from recsys.models.hybrid import Hybrid
from recsys.models.lsa import Lsa
from recsys.retriever import Retriever
from recsys.text.lsa import Lsa as LsaEmbedder

EMBEDDER = LsaEmbedder(6)
MODELS: Mapping[str, Retriever] = MappingProxyType(
    {
        "bm25_query": Bm25Query(),
        "cf": Cf(n_neighbors=5),
        "lsa": Lsa(EMBEDDER),
        "hybrid": Hybrid(Lsa(EMBEDDER)),
        "hybrid rrf": Hybrid(Lsa(EMBEDDER), fusion="rrf"),
    }
)


@dataclass(frozen=True, slots=True)
class Fixed:
    """Scores from 0 to 10 that have nothing to do with the query's words: lists with everything wrong somewhere."""

    items: int

    def scores(self, queries: Sequence[str]) -> Array:
        return np.array([[(7 * item + 3 * len(query)) % 11 for item in range(self.items)] for query in queries], "f4")


def split() -> QuerySplit:
    """Texts are of different lengths."""
    corpus = SyntheticCorpus(name="golden", fields=3, subjects=2, items=4, queries=5).load()
    texts = tuple(" ".join([text, *text.split()[: 3 * (row % 4)]]) for row, text in enumerate(corpus.texts))
    return Queries().split(replace(corpus, texts=texts), 1)


def fitted(name: str) -> Mapping[str, Any]:
    """Scores of the test queries for all items."""
    made = split()
    return {"scores": MODELS[name].fit(made.train, 3).scores(made.test.query_texts)}


def measures() -> Mapping[str, Any]:
    """All metrics of fixed scores, and the pairs."""
    made = split()
    measured = Retrieve().measure(made, Retrieval(cutoffs=(1, 5, 10)), Fixed(len(made.test.items)))
    return {**measured.per_unit, "pairs": made.test_pairs.item}


def pairs() -> Mapping[str, Any]:
    """The pairs that are classified, which of them are of low similarity, and metrics of every second one called so."""
    made = split()
    found = made.test_pairs
    called = (found.query + found.item) % 2 == 0
    columns = {"query": found.query, "item": found.item, "low": found.low.astype(int)}
    return {**columns, **query_pairs.per_query(found, called, len(made.test.queries))}


def cases() -> dict[str, Callable[[], Mapping[str, Any]]]:
    return {
        **{f"model {name}": partial(fitted, name) for name in MODELS},
        "measures of retrieve": measures,
        "pairs of retrieve": pairs,
    }
