"""Search by the cosine of vectors that an embedder learned from the items: latent semantic analysis by default."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as checked

from recsys.retriever import Judged
from recsys.task import TaskName
from recsys.text.embedder import Embedder
from recsys.text.embedding_search import EmbeddingSearch
from recsys.text.lsa import Lsa as LsaEmbedder


@checked(frozen=True, config=ConfigDict(extra="forbid", arbitrary_types_allowed=True))
class Lsa:
    """score(q, i) = e_q' e_i, with e the vector of the query, and of the item's title and text together."""

    tasks: ClassVar[tuple[TaskName, ...]] = ("retrieve",)
    embedder: Embedder = LsaEmbedder()

    def fit(self, judged: Judged, seed: int) -> EmbeddingSearch:
        return EmbeddingSearch.fit(self.embedder, judged.train.documents, seed)
