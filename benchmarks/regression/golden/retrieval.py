"""Golden outputs of the models that find items by text, and of their measures, on a made-up corpus."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from recsys.data.synthetic_corpus import SyntheticCorpus
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
        "hybrid": Hybrid(embedder=EMBEDDER),
        "hybrid rrf": Hybrid(fusion="rrf", embedder=EMBEDDER),
    }
)


def split() -> QuerySplit:
    return Queries().split(SyntheticCorpus(name="golden", fields=3, subjects=2, items=4, queries=5).load(), 1)


def fitted(name: str) -> Mapping[str, Any]:
    """Scores of the test queries for all items."""
    made = split()
    return {"scores": MODELS[name].fit(made.train, 3).scores(made.test.query_texts)}


def measures() -> Mapping[str, Any]:
    """All metrics of one model, and the pairs."""
    made = split()
    measured = Retrieve().measure(made, Retrieval(cutoffs=(1, 5, 10)), MODELS["cf"].fit(made.train, 3))
    return {**measured.per_unit, "pairs": made.test_pairs.item}


def cases() -> dict[str, Callable[[], Mapping[str, Any]]]:
    return {**{f"model {name}": partial(fitted, name) for name in MODELS}, "measures of retrieve": measures}
